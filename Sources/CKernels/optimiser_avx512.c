// Optimisers on AVX-512.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "optimiser.h"

#if defined(__x86_64__)
#define GK_FMA 1
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "optimiser_kernels.h"
#pragma clang attribute pop

const method_kernels gk_methods_avx512 = GK_METHODS;
#endif
