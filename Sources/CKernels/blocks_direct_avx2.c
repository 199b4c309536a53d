// Direct forward for AVX2 with FMA: a v16 is two registers, 12 of 16 hold sums.
#if defined(__x86_64__)
#include "block_paths.h"
#include "blocks_direct_kernels.h"
#include <string.h>

#define GK_FMA 1
#define GK_TILE_PAIR 0
#define GK_TILE_ONE 6
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#pragma clang diagnostic ignored "-Wpsabi" // every v16 function is inlined
#include "blocks_direct.h"
#pragma clang attribute pop

const gk_direct_kernels gk_direct_avx2 = {.pair = 0, .forward = direct_forward};
#endif
