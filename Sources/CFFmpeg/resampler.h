#pragma once
#include <libswresample/swresample.h>

/// A mono float resampler of libswresample; NULL where it cannot be made (then `status` holds libav's code).
///
/// Kaiser-windowed sinc, beta 9, 64 taps at the lower rate, cut-off at 0.97 of the lower Nyquist frequency; filter
/// phases exact for the usual rates (ratios of up to 1024 phases), interpolated linearly otherwise; no dither. Output
/// sample k lies at the time of input position k * from / to: no delay.
SwrContext *gk_resampler(int from, int to, int *status);
