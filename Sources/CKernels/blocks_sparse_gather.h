// Weight gradient from the pooled gradient (blocks_sparse.h): for one output channel a run of sums, of some kernel rows
// at once, stays in registers while the places of a strip of the image go by, each a broadcast gradient times the run
// of the image at its arg-max. Sums of a block of images go to one partial sum; `sparse_finish` adds those in order.
// A strip is what the first-level cache holds; each run of sums is loaded and stored once a strip.
#pragma once
#include "blocks_sparse.h"

typedef float v8 __attribute__((vector_size(32)));
typedef float v8_unaligned __attribute__((vector_size(32), aligned(4)));

GK_INLINE void sparse_gather(int rows, int vectors, const float *x, ptrdiff_t row, const int32_t *offset,
                             const float *gradient, int32_t count, float *sums, ptrdiff_t sum_row) {
    v16 sum[GK_SUMS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++)
            sum[r * vectors + v] = v16_load(sums + r * sum_row + v * 16);
#pragma clang loop unroll(disable)
    for (int32_t k = 0; k < count; k++) {
        const float *at = x + offset[k];
        v16 g = v16_all(gradient[k]);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++, at += row)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++)
                sum[r * vectors + v] = v16_fma(g, v16_load(at + v * 16), sum[r * vectors + v]);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++)
            v16_store(sums + r * sum_row + v * 16, sum[r * vectors + v]);
}

/// The gather for one-channel inputs whose run is 17 to 24 numbers long: loads there cross cache lines, so the last
/// eight are loaded as eight.
GK_INLINE void sparse_gather_24(int rows, const float *x, ptrdiff_t row, const int32_t *offset, const float *gradient,
                                int32_t count, float *sums, ptrdiff_t sum_row) {
    v16 sum[12];
    v8 rest[12];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        sum[r] = v16_load(sums + r * sum_row);
        rest[r] = *(const v8_unaligned *)(sums + r * sum_row + 16);
    }
#pragma clang loop unroll(disable)
    for (int32_t k = 0; k < count; k++) {
        const float *at = x + offset[k];
        const float value = gradient[k];
        v16 g = v16_all(value);
        v8 h = {value, value, value, value, value, value, value, value};
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++, at += row) {
            sum[r] = v16_fma(g, v16_load(at), sum[r]);
#if GK_FMA
            rest[r] = __builtin_elementwise_fma(h, *(const v8_unaligned *)(at + 16), rest[r]);
#else
            rest[r] += h * *(const v8_unaligned *)(at + 16);
#endif
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        v16_store(sums + r * sum_row, sum[r]);
        *(v8_unaligned *)(sums + r * sum_row + 16) = rest[r];
    }
}

typedef void sparse_gather_function(const float *x, ptrdiff_t row, const int32_t *offset, const float *gradient,
                                    int32_t count, float *sums, ptrdiff_t sum_row);
#define SPARSE_GATHER(R, V)                                                                                            \
    static void sparse_gather_##R##_##V(const float *x, ptrdiff_t row, const int32_t *offset, const float *gradient,   \
                                        int32_t count, float *sums, ptrdiff_t sum_row) {                               \
        sparse_gather(R, V, x, row, offset, gradient, count, sums, sum_row);                                           \
    }
#define SPARSE_GATHER_ENTRY(R, V) [V][R] = sparse_gather_##R##_##V,
SPARSE_SIZES(SPARSE_GATHER)
static sparse_gather_function *const sparse_gathers[GK_SUMS + 1][13] = {SPARSE_SIZES(SPARSE_GATHER_ENTRY)};
#define SPARSE_GATHER_24(R, V)                                                                                         \
    static void sparse_gather_24_##R(const float *x, ptrdiff_t row, const int32_t *offset, const float *gradient,      \
                                     int32_t count, float *sums, ptrdiff_t sum_row) {                                  \
        sparse_gather_24(R, x, row, offset, gradient, count, sums, sum_row);                                           \
    }
#define SPARSE_GATHER_24_ENTRY(R, V) [R] = sparse_gather_24_##R,
SPARSE_ROWS_24(SPARSE_GATHER_24, 2)
static sparse_gather_function *const sparse_gathers_24[13] = {SPARSE_ROWS_24(SPARSE_GATHER_24_ENTRY, 2)};
static bool sparse_run_is_24(const gk_sparse_block *s) {
    return s->block->in_stored == 1 && s->block->shape.kernel_width > 16 && s->block->shape.kernel_width <= 24;
}

/// offsets and gradients [16][places rounded up to 16] of one image and sixteen channels from o; returns the stride of
/// both lists. Adds the gradients to the bias gradient.
static int32_t sparse_list_channels(const gk_sparse_block *s, const gk_block_tensors *t, size_t image, int32_t o,
                                    int32_t *offsets, float *gradients, float *bias) {
    const gk_block *b = s->block;
    const int32_t count = s->places, stride = (count + 15) / 16 * 16;
    v16 bias_sum = v16_load(bias + o);
    int32_t r = 0, q = 0;
    for (int32_t k = 0; k < count; k += 16) {
        v16 g[16], at[16];
        for (int32_t l = 0; l < 16; l++) {
            if (k + l >= count) {
                g[l] = at[l] = (v16){0};
                continue;
            }
            size_t from = (image + k + l) * b->out_stored + o;
            __builtin_prefetch(t->output_gradient + from + 16);
            __builtin_prefetch(t->output + from + 16);
            __builtin_prefetch(t->argmax + from + 16);
            g[l] = sparse_gradient(t, from, b->shape.slope);
            bias_sum += g[l];
            at[l] = (v16)(sparse_offsets(s, t->argmax + from) + sparse_window(s, r, q));
            if (++q == b->columns)
                q = 0, r++;
        }
        v16_transpose(g);
        v16_transpose(at);
        for (int32_t l = 0; l < 16; l++) {
            v16_store(gradients + (ptrdiff_t)l * stride + k, g[l]);
            *(v16i_unaligned *)(offsets + (ptrdiff_t)l * stride + k) = (v16i)at[l];
        }
    }
    v16_store(bias + o, bias_sum);
    return stride;
}

static void sparse_pad(const gk_sparse_block *s, const float *image, float *padded) {
    const gk_block *b = s->block;
    const int32_t rows = b->padded_rows;
    const size_t width = (size_t)b->shape.width * b->in_stored, left = (size_t)b->left * b->in_stored;
    for (int32_t y = 0; y < rows; y++) {
        float *to = padded + y * s->row;
        int32_t from = y - b->top;
        if (from < 0 || from >= b->shape.height) {
            memset(to, 0, sizeof(float) * (size_t)s->row);
            continue;
        }
        memset(to, 0, sizeof(float) * left);
        memcpy(to + left, image + from * width, sizeof(float) * width);
        memset(to + left + width, 0, sizeof(float) * ((size_t)s->row - left - width));
    }
    memset(padded + rows * s->row, 0, sizeof(float) * (size_t)(s->padded - rows * s->row));
}

/// Adds the products of some places to the sums of sixteen output channels.
static void sparse_gather_strip(const gk_sparse_block *s, sparse_cut cut, bool is_24, const float *padded,
                                const int32_t *offsets, const float *gradients, int32_t stride, int32_t count,
                                float *sums) {
    const ptrdiff_t sum_row = (ptrdiff_t)s->run * 16, sum_channel = sum_row * s->block->shape.kernel_height;
    for (int32_t i = 0; i < cut.row_parts; i++) {
        int32_t i0 = sparse_begin(cut.rows, cut.row_parts, i);
        int32_t rows = sparse_begin(cut.rows, cut.row_parts, i + 1) - i0;
        for (int32_t j = 0; j < cut.run_parts; j++) {
            int32_t j0 = sparse_begin(cut.run, cut.run_parts, j);
            int32_t vectors = sparse_begin(cut.run, cut.run_parts, j + 1) - j0;
            sparse_gather_function *gather = is_24 ? sparse_gathers_24[rows] : sparse_gathers[vectors][rows];
            for (int32_t l = 0; l < 16; l++)
                gather(padded + i0 * s->row + j0 * 16, s->row, offsets + (ptrdiff_t)l * stride,
                       gradients + (ptrdiff_t)l * stride, count, sums + l * sum_channel + i0 * sum_row + j0 * 16,
                       sum_row);
        }
    }
}

static void sparse_weights(const gk_sparse_block *s, const gk_block_tensors *t, int32_t first_image, int32_t end_image,
                           int32_t first, int32_t end, float *partial, float *scratch) {
    const gk_block *b = s->block;
    const gk_block_shape *shape = &b->shape;
    const ptrdiff_t sum_row = (ptrdiff_t)s->run * 16, sum_channel = sum_row * shape->kernel_height;
    const size_t list = sparse_weight_lists(s) / 2;
    float *padded = scratch, *gradients = scratch + s->padded, *bias = partial + sum_channel * b->out_stored;
    int32_t *offsets = (int32_t *)(gradients + list);
    const bool is_24 = sparse_run_is_24(s);
    sparse_cut cut = sparse_cut_for(s, GK_SUMS);
    if (is_24)
        cut.row_parts = (cut.rows + GK_ROWS_24 - 1) / GK_ROWS_24, cut.run_parts = 1;
    memset(partial + first * sum_channel, 0, sizeof(float) * (size_t)((end - first) * sum_channel));
    memset(bias + first, 0, sizeof(float) * (size_t)(end - first));
    for (int32_t n = first_image; n < end_image; n++) {
        sparse_pad(s, t->input + (size_t)n * shape->height * shape->width * b->in_stored, padded);
        for (int32_t o = first; o < end; o += 16) {
            int32_t stride = sparse_list_channels(s, t, (size_t)n * s->places, o, offsets, gradients, bias);
            for (int32_t r = 0; r < b->rows; r += s->strip) {
                int32_t last = r + s->strip < b->rows ? r + s->strip : b->rows;
                sparse_gather_strip(s, cut, is_24, padded, offsets + r * b->columns, gradients + r * b->columns, stride,
                                    (last - r) * b->columns, partial + o * sum_channel);
            }
        }
    }
}

static void sparse_finish(const gk_sparse_block *s, const float *partial, int32_t sums, int32_t i, int32_t o,
                          float *weight_gradient, float *bias_gradient) {
    const gk_block *b = s->block;
    const int32_t length = b->shape.kernel_width * b->in_stored;
    const ptrdiff_t sum_row = (ptrdiff_t)s->run * 16, sum_channel = sum_row * b->shape.kernel_height;
    if (i == 0 && bias_gradient) {
        v16 sum = {0};
        for (int32_t p = 0; p < sums; p++)
            sum += v16_load(partial + p * s->partial + sum_channel * b->out_stored + o);
        v16_store(bias_gradient + o, sum);
    }
    if (!weight_gradient)
        return;
    for (int32_t k = 0; k < length; k += 16) {
        v16 block[16];
#pragma clang loop unroll(full)
        for (int32_t l = 0; l < 16; l++) {
            const float *from = partial + (o + l) * sum_channel + i * sum_row + k;
            v16 sum = v16_load(from);
            for (int32_t p = 1; p < sums; p++)
                sum += v16_load(from + p * s->partial);
            block[l] = sum;
        }
        v16_transpose(block);
        float *to = weight_gradient + ((ptrdiff_t)i * length + k) * b->out_stored + o;
#pragma clang loop unroll(full)
        for (int32_t l = 0; l < 16; l++)
            if (k + l < length)
                v16_store(to + (ptrdiff_t)l * b->out_stored, block[l]);
    }
}
