// Data gradient from the pooled gradient (blocks_sparse.h): the run of one place of the image stays in registers while
// the output channels whose maximum lies there go by, each a broadcast gradient times its run of weights. Channels are
// sorted into such groups once an image, and taken in blocks whose weights stay in the first-level cache.
#pragma once
#include "blocks_sparse.h"

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

typedef void sparse_scatter_function(float *x, ptrdiff_t row, const sparse_group *groups, int32_t count,
                                     const int32_t *channel, const float *gradient, const float *weights);
#define SPARSE_SCATTER(R, V)                                                                                           \
    static void sparse_scatter_##R##_##V(float *x, ptrdiff_t row, const sparse_group *groups, int32_t count,           \
                                         const int32_t *channel, const float *gradient, const float *weights) {        \
        sparse_scatter(R, V, x, row, groups, count, channel, gradient, weights);                                       \
    }
#define SPARSE_SCATTER_ENTRY(R, V) [V][R] = sparse_scatter_##R##_##V,
SPARSE_SIZES(SPARSE_SCATTER)
static sparse_scatter_function *const sparse_scatters[GK_SUMS + 1][13] = {SPARSE_SIZES(SPARSE_SCATTER_ENTRY)};

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
