// What blocks_sparse.c and the instruction sets' own files share.
#pragma once
#include "block_paths.h"

typedef struct {
    const gk_block *block;
    int32_t places;    // of the output: rows * columns
    int32_t run;       // vectors of sixteen floats that hold the kw * in neighbours of a padded row
    ptrdiff_t row;     // floats of a padded row
    ptrdiff_t padded;  // floats of a padded image, room for reading a whole run at its last place included
    ptrdiff_t partial; // floats of one partial sum: [out][kh][run * 16], then the bias gradient [out]
    int32_t strip;     // pooled rows whose part of the padded image stays in the first-level cache
} gk_sparse_block;

/// Floats (or numbers of four bytes) of the lists beside the padded image in a worker's scratch memory.
static inline size_t sparse_weight_lists(const gk_sparse_block *s) {
    return 2 * 16 * (((size_t)s->places + 15) / 16 * 16);
}
/// Output channels whose weights (one part of a kernel row) stay in the first-level cache together.
#define SPARSE_CHANNELS 64
static inline size_t sparse_data_list(const gk_sparse_block *s) {
    return (size_t)s->places * (s->block->out_stored < SPARSE_CHANNELS ? s->block->out_stored : SPARSE_CHANNELS) + 16;
}
static inline size_t sparse_data_lists(const gk_sparse_block *s) {
    return 4 * sparse_data_list(s);
}

typedef struct {
    /// Partial weight and bias gradient of images first_image ..< end_image, output channels first ..< end.
    void (*weights)(const gk_sparse_block *s, const gk_block_tensors *tensors, int32_t first_image, int32_t end_image,
                    int32_t first, int32_t end, float *partial, float *scratch);
    /// Adds the partial sums in order; writes kernel row i for output channels o ..< o + 16 (the bias with row 0).
    void (*finish)(const gk_sparse_block *s, const float *partial, int32_t sums, int32_t i, int32_t o,
                   float *weight_gradient, float *bias_gradient);
    /// Packs the weights of kernel row i for `data`: floats out * kh * run * 16 in all.
    void (*pack)(const gk_sparse_block *s, const float *weights, int32_t i, float *packed);
    /// Input gradient of image n.
    void (*data)(const gk_sparse_block *s, const float *packed, const gk_block_tensors *tensors, int32_t n,
                 float *scratch);
} gk_sparse_kernels;

extern const gk_sparse_kernels gk_sparse_portable, gk_sparse_avx2, gk_sparse_avx512;
