// Backward of a convolutional block from the pooled gradient and the arg-max, one template for every instruction set:
// included by blocks_sparse_SET.c after the target pragma, with GK_FMA, GK_SUMS (vectors of sums that the registers
// hold; 24, 7 or 3), GK_SUMS_DATA (how many of them the
// scatter uses: its weights should stay in the first-level cache) and GK_COMPRESS (1 where lanes can be compressed by a
// mask: AVX-512).
//
// After a pool only one place in ph * pw has a gradient, another one for each output channel. With g[k,o] the gradient
// before the activation at pooled place k and (y, x) its arg-max:
//
//     weight gradient[i,j,c,o] = sum over k of g[k,o] * padded[y + i, x + j, c]           gather
//     padded gradient[y + i, x + j, c] += g[k,o] * weight[i,j,c,o]                        scatter
//
// Layout: padded[row][column][channel], so that the kw * in numbers under one kernel row are neighbours in memory (a
// "run"), whatever kw and in are. The gather keeps a run of sums (of some kernel rows) in registers over all places of
// one output channel; the scatter keeps the run of one place over all output channels whose maximum lies there.
// Cost: kh * kw * in / 16 multiply-adds and as many vector loads for each pooled place and output channel, 1 / (ph *
// pw) of the dense way's. Source: our own; the arg-max as an index is how frameworks undo a max pool, applied before
// the convolution instead.
#pragma once
#include "block_paths.h"
#include "blocks_sparse_kernels.h"
#include "blocks_transpose.h"
#include <string.h>

typedef uint16_t u16x16 __attribute__((vector_size(32), aligned(2)));
typedef v16i v16i_unaligned __attribute__((aligned(4)));
typedef float v8 __attribute__((vector_size(32)));
typedef float v8_unaligned __attribute__((vector_size(32), aligned(4)));

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
    SPARSE_ROWS_6(X, 4) SPARSE_ROWS_4(X, 5) SPARSE_ROWS_4(X, 6) SPARSE_ROWS_3(X, 7) SPARSE_ROWS_3(X, 8)                \
        SPARSE_ROWS_2(X, 9) SPARSE_ROWS_2(X, 10) SPARSE_ROWS_2(X, 11) SPARSE_ROWS_2(X, 12) X(1, 13) X(1, 14) X(1, 15)  \
            X(1, 16) X(1, 17) X(1, 18) X(1, 19) X(1, 20) X(1, 21) X(1, 22) X(1, 23) X(1, 24)
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

/// Output channels of one pooled place that have their maximum at the same place of the image.
typedef struct {
    int32_t offset; // of that place in the padded image
    int32_t end;    // in the list of channels; the next group begins here
} sparse_group;

GK_INLINE void sparse_scatter(int rows, int vectors, float *x, ptrdiff_t row, const sparse_group *groups, int32_t count,
                              const int32_t *channel, const float *gradient, const float *weights) {
    int32_t k = 0;
    for (int32_t i = 0; i < count; i++) {
        float *at = x + groups[i].offset;
        v16 sum[GK_SUMS];
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++)
                sum[r * vectors + v] = v16_load(at + r * row + v * 16);
#pragma clang loop unroll(disable)
        for (; k < groups[i].end; k++) {
            const float *w = weights + (ptrdiff_t)channel[k] * (rows * vectors * 16);
            v16 g = v16_all(gradient[k]);
#pragma clang loop unroll(full)
            for (int s = 0; s < rows * vectors; s++)
                sum[s] = v16_fma(g, v16_load(w + s * 16), sum[s]);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++)
                v16_store(at + r * row + v * 16, sum[r * vectors + v]);
    }
}

typedef void sparse_gather_function(const float *x, ptrdiff_t row, const int32_t *offset, const float *gradient,
                                    int32_t count, float *sums, ptrdiff_t sum_row);
typedef void sparse_scatter_function(float *x, ptrdiff_t row, const sparse_group *groups, int32_t count,
                                     const int32_t *channel, const float *gradient, const float *weights);
#define SPARSE_FUNCTIONS(R, V)                                                                                         \
    static void sparse_gather_##R##_##V(const float *x, ptrdiff_t row, const int32_t *offset, const float *gradient,   \
                                        int32_t count, float *sums, ptrdiff_t sum_row) {                               \
        sparse_gather(R, V, x, row, offset, gradient, count, sums, sum_row);                                           \
    }                                                                                                                  \
    static void sparse_scatter_##R##_##V(float *x, ptrdiff_t row, const sparse_group *groups, int32_t count,           \
                                         const int32_t *channel, const float *gradient, const float *weights) {        \
        sparse_scatter(R, V, x, row, groups, count, channel, gradient, weights);                                       \
    }
SPARSE_SIZES(SPARSE_FUNCTIONS)
#define SPARSE_GATHER_ENTRY(R, V) [V][R] = sparse_gather_##R##_##V,
#define SPARSE_SCATTER_ENTRY(R, V) [V][R] = sparse_scatter_##R##_##V,
static sparse_gather_function *const sparse_gathers[GK_SUMS + 1][13] = {SPARSE_SIZES(SPARSE_GATHER_ENTRY)};
static sparse_scatter_function *const sparse_scatters[GK_SUMS + 1][13] = {SPARSE_SIZES(SPARSE_SCATTER_ENTRY)};

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

// ---- lists ----
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

// ---- weight gradient ----
static void sparse_pad(const gk_sparse_block *s, const float *image, float *padded) {
    const gk_block *b = s->block;
    const int32_t rows = b->shape.height + b->shape.kernel_height - 1;
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

// ---- data gradient ----
/// packed[row part][run part][out][rows of the part][vectors of the part * 16]
static void sparse_pack(const gk_sparse_block *s, const float *weights, int32_t i, float *packed) {
    const gk_block *b = s->block;
    const int32_t length = b->shape.kernel_width * b->in_stored, out = b->out_stored;
    const sparse_cut cut = sparse_cut_for(s, GK_SUMS_DATA);
    int32_t part = 0;
    while (sparse_begin(cut.rows, cut.row_parts, part + 1) <= i)
        part++;
    const int32_t i0 = sparse_begin(cut.rows, cut.row_parts, part);
    const int32_t rows = sparse_begin(cut.rows, cut.row_parts, part + 1) - i0;
    for (int32_t j = 0; j < cut.run_parts; j++) {
        const int32_t j0 = sparse_begin(cut.run, cut.run_parts, j);
        const int32_t vectors = sparse_begin(cut.run, cut.run_parts, j + 1) - j0;
        float *to = packed + ((ptrdiff_t)i0 * cut.run + rows * j0) * out * 16 + (ptrdiff_t)(i - i0) * vectors * 16;
        for (int32_t o = 0; o < out; o += 16)
            for (int32_t v = 0; v < vectors; v++) {
                int32_t k = (j0 + v) * 16;
                const float *from = weights + ((ptrdiff_t)i * length + k) * out + o;
                v16 block[16];
#pragma clang loop unroll(full)
                for (int32_t l = 0; l < 16; l++)
                    block[l] = k + l < length ? v16_load(from + (ptrdiff_t)l * out) : (v16){0};
                v16_transpose(block);
#pragma clang loop unroll(full)
                for (int32_t l = 0; l < 16; l++)
                    v16_store(to + (ptrdiff_t)(o + l) * rows * vectors * 16 + v * 16, block[l]);
            }
    }
}

/// The lists of one image and `out` channels from `first`: channels in groups that share a place, groups in order of
/// pooled places. Returns the number of groups.
static int32_t sparse_list_places(const gk_sparse_block *s, const gk_block_tensors *t, size_t image, int32_t first,
                                  int32_t out, int32_t *channel, float *gradient, sparse_group *groups) {
    const gk_block *b = s->block;
    const int32_t window = b->shape.pool_height * b->shape.pool_width;
    int32_t count = 0, k = 0;
    for (int32_t r = 0; r < b->rows; r++)
        for (int32_t q = 0; q < b->columns; q++) {
            const size_t from = (image + (size_t)r * b->columns + q) * b->out_stored + first;
            const int32_t base = sparse_window(s, r, q);
            const uint16_t *argmax = t->argmax + from;
#if GK_COMPRESS
            if (window <= 16) {
                const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
                for (int32_t e = 0; e < window; e++) {
                    const int32_t start = k;
                    for (int32_t o = 0; o < out; o += 16) {
                        __m256i places = _mm256_loadu_si256((const __m256i *)(argmax + o));
                        __mmask16 mask = _mm256_cmpeq_epi16_mask(places, _mm256_set1_epi16((int16_t)e));
                        __m512 g = (__m512)sparse_gradient(t, from + o, b->shape.slope);
                        __m512i of = _mm512_add_epi32(lanes, _mm512_set1_epi32(o));
                        _mm512_storeu_si512(channel + k, _mm512_maskz_compress_epi32(mask, of));
                        _mm512_storeu_ps(gradient + k, _mm512_maskz_compress_ps(mask, g));
                        k += __builtin_popcount(mask);
                    }
                    if (k == start)
                        continue;
                    int32_t down = e / b->shape.pool_width, right = e % b->shape.pool_width;
                    groups[count++] = (sparse_group){(int32_t)(base + down * s->row) + right * b->in_stored, k};
                }
                continue;
            }
#endif
            int32_t offset[SPARSE_CHANNELS];
            for (int32_t o = 0; o < out; o += 16) {
                *(v16i_unaligned *)(offset + o) = sparse_offsets(s, argmax + o) + base;
                v16_store(gradient + k + o, sparse_gradient(t, from + o, b->shape.slope));
            }
            if (window > 16) { // few channels share a place: each on its own
                for (int32_t o = 0; o < out; o++) {
                    channel[k] = o;
                    groups[count++] = (sparse_group){offset[o], ++k};
                }
                continue;
            }
            // Counting sort by the place in the window.
            int32_t begin[17] = {0};
            float sorted[SPARSE_CHANNELS];
            for (int32_t o = 0; o < out; o++)
                begin[argmax[o] + 1]++;
            for (int32_t e = 0; e < window; e++)
                begin[e + 1] += begin[e];
            for (int32_t e = 0; e < window; e++)
                if (begin[e + 1] > begin[e])
                    groups[count++].end = k + begin[e + 1];
            int32_t group = count;
            for (int32_t e = window - 1; e >= 0; e--)
                if (begin[e + 1] > begin[e])
                    groups[--group].offset =
                        base + (int32_t)(e / b->shape.pool_width * s->row) + e % b->shape.pool_width * b->in_stored;
            for (int32_t o = 0; o < out; o++) {
                int32_t to = begin[argmax[o]]++;
                channel[k + to] = o;
                sorted[to] = gradient[k + o];
            }
            memcpy(gradient + k, sorted, sizeof(float) * (size_t)out);
            k += out;
        }
    return count;
}

static void sparse_data(const gk_sparse_block *s, const float *packed, const gk_block_tensors *t, int32_t n,
                        float *scratch) {
    const gk_block *b = s->block;
    const gk_block_shape *shape = &b->shape;
    const size_t list = sparse_data_list(s);
    float *padded = scratch, *gradient = scratch + s->padded;
    int32_t *channel = (int32_t *)(gradient + list);
    sparse_group *groups = (sparse_group *)(channel + list);
    memset(padded, 0, sizeof(float) * (size_t)s->padded);
    const sparse_cut cut = sparse_cut_for(s, GK_SUMS_DATA);
    for (int32_t o = 0; o < b->out_stored; o += SPARSE_CHANNELS) {
        int32_t out = b->out_stored - o < SPARSE_CHANNELS ? b->out_stored - o : SPARSE_CHANNELS;
        int32_t count = sparse_list_places(s, t, (size_t)n * s->places, o, out, channel, gradient, groups);
        for (int32_t i = 0; i < cut.row_parts; i++) {
            int32_t i0 = sparse_begin(cut.rows, cut.row_parts, i);
            int32_t rows = sparse_begin(cut.rows, cut.row_parts, i + 1) - i0;
            for (int32_t j = 0; j < cut.run_parts; j++) {
                int32_t j0 = sparse_begin(cut.run, cut.run_parts, j);
                int32_t vectors = sparse_begin(cut.run, cut.run_parts, j + 1) - j0;
                const float *weights = packed + ((ptrdiff_t)i0 * cut.run + rows * j0) * b->out_stored * 16 +
                                       (ptrdiff_t)o * rows * vectors * 16;
                sparse_scatters[vectors][rows](padded + i0 * s->row + j0 * 16, s->row, groups, count, channel, gradient,
                                               weights);
            }
        }
    }
    const size_t width = (size_t)shape->width * b->in_stored;
    float *to = t->input_gradient + (size_t)n * shape->height * width;
    const float *from = padded + b->top * s->row + (size_t)b->left * b->in_stored;
    for (int32_t y = 0; y < shape->height; y++, to += width, from += s->row)
        memcpy(to, from, sizeof(float) * width);
}
