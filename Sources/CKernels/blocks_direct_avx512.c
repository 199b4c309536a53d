// Direct forward for AVX-512: 28 of 32 registers hold sums.
#if defined(__x86_64__)
#include "block_paths.h"
#include "blocks_direct_kernels.h"
#include <string.h>

#define GK_FMA 1
#define GK_TILE_PAIR 14
#define GK_TILE_ONE 28
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))),                   \
                             apply_to = function)
#include "blocks_direct.h"
#pragma clang attribute pop

const gk_direct_kernels gk_direct_avx512 = {.pair = 1, .forward = direct_forward};
#endif
