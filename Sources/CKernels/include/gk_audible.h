// How loud short windows of sound are, apart from their mean: what silence is told by.
#pragma once
#include <stdint.h>

/// The audible power of each of `windows` windows of `length` samples: the mean of (x - m)^2 with the window's mean m, or
/// 0 where the window holds nothing but a constant: its greatest and least sample lie at most `unit` apart, or the mean
/// of (x - m)^2 is at most `share` * m^2.
///
/// The order of the sums is fixed: the same bits on every instruction set.
/// - samples: [windows][length], finite, magnitudes up to 2^20. length: above 0.
void gk_audible_powers(const float *samples, int64_t windows, int64_t length, float unit, float share, float *powers);
/// The formula as plain loops in double precision.
void gk_oracle_audible_powers(const float *samples, int64_t windows, int64_t length, float unit, float share,
                              float *powers);
