// The Fourier passes for any compiler target.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__aarch64__) // 32 registers, and fused multiply-add in every processor
#define GK_FMA 1
#define GK_TILE 2
#else
#define GK_FMA 0
#define GK_TILE 1
#endif
#include "blocks_fourier_backward.h"

extern const gk_fourier_passes gk_fourier_portable;
const gk_fourier_passes gk_fourier_portable = {
    .weights = fourier_weights,
    .input = fourier_input,
    .forward = fourier_forward,
    .backward = fourier_backward,
    .finish = fourier_finish,
};
