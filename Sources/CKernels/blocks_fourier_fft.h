// The plan of a real Fourier transform of even length N = 2 M: the complex transform of length M is cut into stages of
// small radices (Stockham's self-sorting scheme), each with its table of twiddle factors. The transforms themselves are
// in fft_lanes.h; a plan holds plain numbers only and suits every instruction set.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { GK_FFT_MAX_STAGES = 12 };

typedef struct {
    int32_t length; // N
    int32_t half;   // M
    int32_t stages;
    int32_t radix[GK_FFT_MAX_STAGES]; // each 2, 3, 4, 5, 6 or 8; their product is M
    // For each stage of n points and radix R, p = 0 ..< n / R and k = 1 ..< R: cos and sin of 2 pi p k / n.
    float *stage_twiddles;
    // For k = 0 ... M / 2: cos and sin of 2 pi k / N.
    float *real_twiddles;
} gk_fft;

/// Vector operations of one real transform of `length` values, or 0 where no plan is possible (odd, or a prime factor
/// above 5).
int64_t gk_fft_operations(int32_t length);
/// Makes the plan; false where none is possible or memory runs out.
bool gk_fft_create(gk_fft *fft, int32_t length);
void gk_fft_destroy(gk_fft *fft);
