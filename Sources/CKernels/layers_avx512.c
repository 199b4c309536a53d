// Kernels of single layers on AVX-512.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "layers.h"

#if defined(__x86_64__)
#define GK_FMA 1
#define GK_BITS 512
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "layers_kernels.h"
#pragma clang attribute pop

const layer_kernels gk_layers_avx512 = GK_LAYER_KERNELS;
#endif
