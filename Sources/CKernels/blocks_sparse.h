// Backward of a convolutional block from the pooled gradient and the arg-max: what the weight gradient
// (blocks_sparse_gather.h) and the data gradient (blocks_sparse_scatter.h) share. One template for every instruction
// set: included by blocks_sparse_SET.c after the target pragma, with GK_FMA, GK_SUMS (vectors of sums that the
// registers hold: 24, 7 or 3), GK_SUMS_DATA (how many of them the scatter uses, so that its weights stay in the
// first-level cache) and GK_COMPRESS (1 where lanes can be compressed by a mask: AVX-512).
//
// After a pool only one place in ph * pw has a gradient, another one for each output channel. With g[k,o] the gradient
// before the activation at pooled place k and (y, x) its arg-max:
//
//     weight gradient[i,j,c,o] = sum over k of g[k,o] * padded[y + i, x + j, c]           gather
//     padded gradient[y + i, x + j, c] += g[k,o] * weight[i,j,c,o]                        scatter
//
// Layout: padded[row][column][channel], so that the kw * in numbers under one kernel row are neighbours in memory (a
// "run"), whatever kw and in are.
// Cost: kh * kw * in / 16 multiply-adds, and as many vector loads, for each pooled place and output channel:
// 1 / (ph * pw) of the dense way's. Measured at 60 to 75 % of the multiply-adds that a core can do.
// Source: our own. A max pool is undone by its arg-max everywhere; here that comes before the convolution's backward.
#pragma once
#include "block_paths.h"
#include "blocks_sparse_kernels.h"
#include "blocks_transpose.h"
#include <string.h>

typedef uint16_t u16x16 __attribute__((vector_size(32), aligned(2)));
typedef v16i v16i_unaligned __attribute__((aligned(4)));

/// How a kernel of `rows` runs of `run` vectors is cut so that `most` vectors of sums fit: several whole rows together,
/// or parts of one row.
typedef struct {
    int32_t rows, run, row_parts, run_parts;
} sparse_cut;

static sparse_cut sparse_cut_for(const gk_sparse_block *s, int32_t most) {
    sparse_cut cut = {.rows = s->block->shape.kernel_height, .run = s->run};
    int32_t together = most / cut.run < 1 ? 1 : most / cut.run > 12 ? 12 : most / cut.run;
    cut.row_parts = (cut.rows + together - 1) / together;
    cut.run_parts = (cut.run + most - 1) / most;
    return cut;
}
/// Where part `part` of `parts` of `whole` begins.
static int32_t sparse_begin(int32_t whole, int32_t parts, int32_t part) {
    return (int32_t)((int64_t)whole * part / parts);
}

// ---- (rows, vectors) of sums at once: every pair that GK_SUMS allows ----
#define SPARSE_ROWS_2(X, V) X(1, V) X(2, V)
#define SPARSE_ROWS_3(X, V) SPARSE_ROWS_2(X, V) X(3, V)
#define SPARSE_ROWS_4(X, V) SPARSE_ROWS_3(X, V) X(4, V)
#define SPARSE_ROWS_6(X, V) SPARSE_ROWS_4(X, V) X(5, V) X(6, V)
#define SPARSE_ROWS_8(X, V) SPARSE_ROWS_6(X, V) X(7, V) X(8, V)
#define SPARSE_ROWS_12(X, V) SPARSE_ROWS_8(X, V) X(9, V) X(10, V) X(11, V) X(12, V)
#if GK_SUMS == 24
#define SPARSE_ROWS_24 SPARSE_ROWS_12
#define GK_ROWS_24 12
#define SPARSE_SIZES(X)                                                                                                \
    SPARSE_ROWS_12(X, 1)                                                                                               \
    SPARSE_ROWS_12(X, 2)                                                                                               \
    SPARSE_ROWS_8(X, 3)                                                                                                \
    SPARSE_ROWS_6(X, 4)                                                                                                \
    SPARSE_ROWS_4(X, 5)                                                                                                \
    SPARSE_ROWS_4(X, 6) SPARSE_ROWS_3(X, 7) SPARSE_ROWS_3(X, 8) SPARSE_ROWS_2(X, 9) SPARSE_ROWS_2(X, 10)               \
        SPARSE_ROWS_2(X, 11) SPARSE_ROWS_2(X, 12) X(1, 13) X(1, 14) X(1, 15) X(1, 16) X(1, 17) X(1, 18) X(1, 19)       \
            X(1, 20) X(1, 21) X(1, 22) X(1, 23) X(1, 24)
#elif GK_SUMS == 7
#define SPARSE_ROWS_24 SPARSE_ROWS_4
#define GK_ROWS_24 4
#define SPARSE_SIZES(X)                                                                                                \
    SPARSE_ROWS_6(X, 1) X(7, 1) SPARSE_ROWS_3(X, 2) SPARSE_ROWS_2(X, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7)
#elif GK_SUMS == 3
#define SPARSE_ROWS_24 SPARSE_ROWS_2
#define GK_ROWS_24 2
#define SPARSE_SIZES(X) SPARSE_ROWS_3(X, 1) X(1, 2) X(1, 3)
#endif

/// Gradients before the activation of sixteen channels.
GK_INLINE v16 sparse_gradient(const gk_block_tensors *t, size_t at, float slope) {
    v16 g = v16_load(t->output_gradient + at);
    return v16_select(v16_load(t->output + at) > 0, g, g * slope);
}
/// Offsets in the padded image of the arg-max of sixteen channels, from the window's first place.
GK_INLINE v16i sparse_offsets(const gk_sparse_block *s, const uint16_t *argmax) {
    const int32_t pw = s->block->shape.pool_width, channels = s->block->in_stored;
    v16i place = __builtin_convertvector(*(const u16x16 *)argmax, v16i);
    // Exact: the quotient is at least 1 / (2 pw) away from a whole number, the error below 1 / (64 pw).
    v16 quotient = (__builtin_convertvector(place, v16) + v16_all(0.5f)) * v16_all(1.0f / (float)pw);
    v16i down = __builtin_convertvector(quotient, v16i);
    return down * (int32_t)(s->row - (ptrdiff_t)pw * channels) + place * channels;
}
GK_INLINE int32_t sparse_window(const gk_sparse_block *s, int32_t r, int32_t q) {
    const gk_block_shape *shape = &s->block->shape;
    return (int32_t)(r * shape->pool_height * s->row) + q * shape->pool_width * s->block->in_stored;
}
