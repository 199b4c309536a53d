// Direct forward of a convolutional block, one template for every instruction set: included by blocks_direct_SET.c
// after the target pragma, with GK_FMA, GK_TILE_PAIR (places a tile when it has two vectors of output channels; 0:
// never two) and GK_TILE_ONE (places a tile with one vector).
//
//     z[y,x,o] = bias[o] + sum over i, j, c of weight[i,j,c,o] * padded[y + i, x + j, c], then pool and leaky ReLU
//
// Layout: the image is copied, channels before columns, to padded[row][channel][column], so that the places of a tile
// (neighbours in a row) lie at constant distances of one float: one load-and-broadcast a place, one vector load a
// sixteen output channels. The sums of a tile stay in registers over all taps and channels, go to the small buffer
// z[pool row][column][channel of the group], and are pooled from there: the full map is never written.
// Cost: kh * kw * in / 16 * out multiply-adds a place; loads are 1 / (channel vectors) + 1 / (places) of them.
// Source: the register blocking of Goto & van de Geijn 2008, applied to shifted rows in place of a packed matrix.
#pragma once
#include "block_paths.h"
#include "blocks_direct_kernels.h"
#include "blocks_transpose.h"
#include <string.h>

/// Copies the rows of the image that the pooled rows first ..< end need, with their padding.
static void direct_pad(const gk_direct_block *d, const float *image, int32_t first, int32_t end, float *padded) {
    const gk_block_shape *s = &d->block->shape;
    const int32_t channels = d->block->in_stored, left = d->block->left, width = s->width;
    const ptrdiff_t line = d->line;
    int32_t from = first * s->pool_height - d->block->top;
    int32_t to = end * s->pool_height - d->block->top + s->kernel_height - 1;
    for (int32_t y = from; y < to; y++) {
        float *row = padded + (ptrdiff_t)(y - from) * d->row;
        if (y < 0 || y >= s->height) {
            memset(row, 0, sizeof(float) * (size_t)d->row);
            continue;
        }
        const float *in = image + (size_t)y * width * channels;
        if (channels == 1) {
            memset(row, 0, sizeof(float) * left);
            memcpy(row + left, in, sizeof(float) * width);
            memset(row + left + width, 0, sizeof(float) * (size_t)(line - left - width));
            continue;
        }
        memset(row, 0, sizeof(float) * (size_t)d->row);
        for (int32_t c = 0; c < channels; c += 16)
            for (int32_t x = 0; x < width; x += 16) { // spare lanes write zeros beyond the width, inside the line
                v16 block[16];
#pragma clang loop unroll(full)
                for (int32_t k = 0; k < 16; k++)
                    block[k] = x + k < width ? v16_load(in + (size_t)(x + k) * channels + c) : (v16){0};
                v16_transpose(block);
#pragma clang loop unroll(full)
                for (int32_t k = 0; k < 16; k++)
                    v16_store(row + (c + k) * line + left + x, block[k]);
            }
    }
}

/// One tile: `places` neighbours of a row times `vectors` * 16 output channels.
GK_INLINE void direct_tile(int places, int vectors, const gk_direct_block *d, const float *x, const float *weights,
                           const float *bias, float *z) {
    v16 sum[28];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
#pragma clang loop unroll(full)
        for (int p = 0; p < places; p++)
            sum[p * vectors + v] = v16_load(bias + v * 16);
    const int32_t inner = d->inner;
    const ptrdiff_t step = d->step;
    for (int32_t i = 0; i < d->block->shape.kernel_height; i++)
        for (int32_t j = 0; j < d->outer; j++) {
            const float *at = x + i * d->row + j;
#pragma clang loop unroll(disable)
            for (int32_t k = 0; k < inner; k++) {
                v16 w[2];
#pragma clang loop unroll(full)
                for (int v = 0; v < vectors; v++)
                    w[v] = v16_load(weights + v * 16);
#pragma clang loop unroll(full)
                for (int p = 0; p < places; p++) {
                    v16 value = v16_all(at[p]);
#pragma clang loop unroll(full)
                    for (int v = 0; v < vectors; v++)
                        sum[p * vectors + v] = v16_fma(w[v], value, sum[p * vectors + v]);
                }
                at += step;
                weights += vectors * 16;
            }
        }
#pragma clang loop unroll(full)
    for (int k = 0; k < places * vectors; k++)
        v16_store(z + k * 16, sum[k]);
}

typedef void direct_tile_function(const gk_direct_block *d, const float *x, const float *weights, const float *bias,
                                  float *z);

#define DIRECT_TILE(P)                                                                                                 \
    static void direct_one_##P(const gk_direct_block *d, const float *x, const float *weights, const float *bias,      \
                               float *z) {                                                                             \
        direct_tile(P <= GK_TILE_ONE ? P : 1, 1, d, x, weights, bias, z);                                              \
    }
#define DIRECT_PAIR(P)                                                                                                 \
    static void direct_pair_##P(const gk_direct_block *d, const float *x, const float *weights, const float *bias,     \
                                float *z) {                                                                            \
        direct_tile(P <= GK_TILE_PAIR ? P : 1, 2, d, x, weights, bias, z);                                             \
    }
#define DIRECT_UP_TO_14(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define DIRECT_15_TO_28(X) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28)
#define DIRECT_NAME_ONE(P) direct_one_##P,
#define DIRECT_NAME_PAIR(P) direct_pair_##P,

DIRECT_UP_TO_14(DIRECT_TILE)
#if GK_TILE_ONE > 14
DIRECT_15_TO_28(DIRECT_TILE)
#endif
static direct_tile_function *const direct_ones[] = {NULL, DIRECT_UP_TO_14(DIRECT_NAME_ONE)
#if GK_TILE_ONE > 14
                                                              DIRECT_15_TO_28(DIRECT_NAME_ONE)
#endif
};
#if GK_TILE_PAIR > 0
DIRECT_UP_TO_14(DIRECT_PAIR)
static direct_tile_function *const direct_pairs[] = {NULL, DIRECT_UP_TO_14(DIRECT_NAME_PAIR)};
#endif

/// One row of z for one group of channels, in tiles of nearly equal size.
static void direct_row(const gk_direct_block *d, int32_t vectors, const float *x, const float *weights,
                       const float *bias, float *z) {
    int32_t width = d->block->columns * d->block->shape.pool_width;
    int32_t most = vectors == 2 ? GK_TILE_PAIR : GK_TILE_ONE;
    int32_t tiles = (width + most - 1) / most, each = width / tiles, longer = width % tiles;
    for (int32_t t = 0, at = 0; t < tiles; t++) {
        int32_t places = each + (t < longer);
        float *to = z + (ptrdiff_t)at * vectors * 16;
#if GK_TILE_PAIR > 0
        if (vectors == 2)
            direct_pairs[places](d, x + at, weights, bias, to);
        else
#endif
            direct_ones[places](d, x + at, weights, bias, to);
        at += places;
    }
}

/// Pools, activates and stores one pooled row of one group of channels.
static void direct_pool(const gk_direct_block *d, int32_t vectors, const float *z, float *output, uint16_t *argmax) {
    const gk_block_shape *s = &d->block->shape;
    const int32_t ph = s->pool_height, pw = s->pool_width, out = d->block->out_stored;
    const ptrdiff_t place = vectors * 16, row = place * d->block->columns * pw;
    for (int32_t q = 0; q < d->block->columns; q++)
        for (int32_t v = 0; v < vectors; v++) {
            const float *from = z + q * pw * place + v * 16;
            v16 best = v16_load(from);
            v16i where = {0};
            for (int32_t i = 0, e = 0; i < ph; i++)
                for (int32_t j = 0; j < pw; j++, e++) {
                    v16 value = v16_load(from + i * row + j * place);
                    v16i larger = value > best;
                    best = v16_select(larger, value, best);
                    where = ((v16i){0} + e & larger) | (where & ~larger);
                }
            v16_store(output + q * out + v * 16, v16_leaky(best, s->slope));
            if (argmax) {
                typedef uint16_t u16x16 __attribute__((vector_size(32), aligned(2)));
                *(u16x16 *)(argmax + q * out + v * 16) = __builtin_convertvector(where, u16x16);
            }
        }
}

/// Pooled rows first ..< end of one image. `weights` is packed: [group][kh][kw][in][channels of the group].
static void direct_forward(const gk_direct_block *d, const float *image, const float *weights, const float *bias,
                           int32_t first, int32_t end, float *output, uint16_t *argmax, float *scratch) {
    const gk_block *b = d->block;
    const gk_block_shape *s = &b->shape;
    const ptrdiff_t taps = (ptrdiff_t)s->kernel_height * s->kernel_width * b->in_stored;
    float *padded = scratch, *z = scratch + d->padded;
    direct_pad(d, image, first, end, padded);
    for (int32_t o = 0; o < b->out_stored;) {
        int32_t vectors = direct_vectors(d, o);
        for (int32_t r = first; r < end; r++) {
            for (int32_t i = 0; i < s->pool_height; i++)
                direct_row(d, vectors, padded + ((ptrdiff_t)(r - first) * s->pool_height + i) * d->row,
                           weights + taps * o, bias + o, z + (ptrdiff_t)i * b->columns * s->pool_width * vectors * 16);
            size_t at = (size_t)r * b->columns * b->out_stored + o;
            direct_pool(d, vectors, z, output + at, argmax ? argmax + at : NULL);
        }
        o += vectors * 16;
    }
}
