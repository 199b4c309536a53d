// Backward from pooled gradients for the compiler's baseline: a v16 is four registers.
#include "block_paths.h"
#include "blocks_sparse_kernels.h"
#include <string.h>

#if defined(__aarch64__)
#define GK_FMA 1
#define GK_SUMS 7
#define GK_SUMS_DATA 7
#else
#define GK_FMA 0
#define GK_SUMS 3
#define GK_SUMS_DATA 3
#endif
#define GK_COMPRESS 0
#pragma clang diagnostic ignored "-Wpsabi" // every v16 function is inlined
#include "blocks_sparse_gather.h"
#include "blocks_sparse_scatter.h"

const gk_sparse_kernels gk_sparse_portable = {
    .weights = sparse_weights, .finish = sparse_finish, .pack = sparse_pack, .data = sparse_data};
