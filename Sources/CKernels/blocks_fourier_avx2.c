// The Fourier passes for AVX2 and FMA: 12 of 16 registers hold sums.
#if defined(__x86_64__)
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GK_FMA 1
#define GK_TILE 2
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "blocks_fourier_backward.h"
#pragma clang attribute pop

extern const gk_fourier_passes gk_fourier_avx2;
const gk_fourier_passes gk_fourier_avx2 = {
    .weights = fourier_weights,
    .input = fourier_input,
    .forward = fourier_forward,
    .backward = fourier_backward,
    .finish = fourier_finish,
};
#endif
