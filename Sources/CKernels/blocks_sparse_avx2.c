// Backward from pooled gradients for AVX2 with FMA: a v16 is two registers, 14 of 16 hold sums.
#if defined(__x86_64__)
#include "block_paths.h"
#include "blocks_sparse_kernels.h"
#include <string.h>

#define GK_FMA 1
#define GK_SUMS 7
#define GK_SUMS_DATA 7
#define GK_COMPRESS 0
#pragma clang diagnostic ignored "-Wpsabi" // every v16 function is inlined
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "blocks_sparse_gather.h"
#include "blocks_sparse_scatter.h"
#pragma clang attribute pop

const gk_sparse_kernels gk_sparse_avx2 = {
    .weights = sparse_weights, .finish = sparse_finish, .pack = sparse_pack, .data = sparse_data};
#endif
