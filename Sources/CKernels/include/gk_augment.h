// Changes to training segments [mels][frames] where they lie, before a step: gain, masks, mixing. One pass over 25 KB a
// segment, which is nothing beside a step, so plain loops.
#pragma once
#include <stdint.h>

/// What a gain does to ln(x + floor): value = ln(g (exp(value) - floor) + floor), with g = exp(log_gain).
/// - Where the floor no longer counts, that is value + log_gain within half a unit of the last place: ln(g) is added.
///   Values below ln(floor) are taken as ln(floor).
void gk_augment_gain(float *values, int64_t count, double log_gain, double floor);
/// The mean of `count` values, in double precision.
double gk_augment_mean(const float *values, int64_t count);
/// Sets mel bands mel ..< mel + mel_count in frames frame ..< frame + frame_count to `value`.
void gk_augment_mask(float *segment, int32_t frames, int32_t mel, int32_t mel_count, int32_t frame,
                     int32_t frame_count, float value);
/// Stretches levels away from `top` by `factor`: value = max(least, top - (top - value) * factor).
void gk_augment_depth(float *values, int64_t count, float top, float factor, float least);
/// Both at once: a' = share a + (1 - share) b, b' = share b + (1 - share) a. Nothing changes where share is 1.
void gk_augment_mix(float *a, float *b, int64_t count, float share);
