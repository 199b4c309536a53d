// The Fourier passes for AVX-512: 24 of 32 registers hold sums.
#if defined(__x86_64__)
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GK_FMA 1
#define GK_TILE 8
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
#include "blocks_fourier_backward.h"
#pragma clang attribute pop

extern const gk_fourier_passes gk_fourier_avx512;
const gk_fourier_passes gk_fourier_avx512 = {
    .weights = fourier_weights,
    .input = fourier_input,
    .forward = fourier_forward,
    .backward = fourier_backward,
    .finish = fourier_finish,
};
#endif
