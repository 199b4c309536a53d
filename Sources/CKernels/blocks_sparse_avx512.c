// Backward from pooled gradients for AVX-512: 24 of 32 registers hold sums.
#if defined(__x86_64__)
#include "block_paths.h"
#include "blocks_sparse_kernels.h"
#include <immintrin.h>
#include <string.h>

#define GK_FMA 1
#define GK_SUMS 24
#define GK_SUMS_DATA 8
#define GK_COMPRESS 1
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))),                   \
                             apply_to = function)
#include "blocks_sparse_gather.h"
#include "blocks_sparse_scatter.h"
#pragma clang attribute pop

const gk_sparse_kernels gk_sparse_avx512 = {
    .weights = sparse_weights, .finish = sparse_finish, .pack = sparse_pack, .data = sparse_data};
#endif
