// What blocks_direct.c and the instruction sets' own files share.
#pragma once
#include "block_paths.h"

typedef struct {
    const gk_block *block;
    int32_t pair;        // 1: channels go in groups of two vectors where two are left
    ptrdiff_t line, row; // floats of padded[row][channel][column]: between channels, between rows
    ptrdiff_t padded;    // floats of the padded image (a whole one)
    // The loop over a kernel row: `outer` columns, each `inner` steps of `step` floats (channels), or for one channel
    // a single round of kw steps of one float.
    int32_t outer, inner;
    ptrdiff_t step;
} gk_direct_block;

/// Vectors of sixteen output channels in the group that starts at channel o.
static inline int32_t direct_vectors(const gk_direct_block *d, int32_t o) {
    return d->pair && d->block->out_stored - o >= 32 ? 2 : 1;
}

typedef struct {
    int32_t pair;
    void (*forward)(const gk_direct_block *d, const float *image, const float *weights, const float *bias,
                    int32_t first, int32_t end, float *output, uint16_t *argmax, float *scratch);
} gk_direct_kernels;

extern const gk_direct_kernels gk_direct_portable, gk_direct_avx2, gk_direct_avx512;
