// The two passes over x of a norm with a max pool (gk_norm_pool.h), compiled once an instruction set: include after
// lanes.h.
#pragma once
#include "gk_norm_pool.h"
#include "gemm_kernels.h"
#include "lanes.h"

typedef v16i norm_places __attribute__((aligned(4)));

/// The choice of one window for `vectors` * 16 channels.
GK_INLINE void norm_choose_tile(const int vectors, const gk_norm_pool *l, int32_t first, const float *scale,
                                const float *x, float *chosen, int32_t *argmax) {
    const int32_t channels = l->norm.channels;
    v16i sign[4], best[4], where[4];
    GK_UNROLLED for (int v = 0; v < vectors; v++) {
        sign[v] = (v16i)(v16_load(scale + 16 * v) < 0) & ((v16i){0} + INT32_MIN);
        best[v] = (v16i)v16_load(x + (size_t)first * channels + 16 * v) ^ sign[v];
        where[v] = (v16i){0} + first;
    }
    for (int32_t i = 0; i < l->window_height; i++) {
        int32_t place = first + i * l->width;
        const float *at = x + (size_t)place * channels;
        for (int32_t j = 0; j < l->window_width; j++, place++, at += channels)
            GK_UNROLLED for (int v = 0; v < vectors; v++) {
                v16i value = (v16i)v16_load(at + 16 * v) ^ sign[v], larger = (v16)value > (v16)best[v];
                best[v] = (value & larger) | (best[v] & ~larger);
                where[v] = (((v16i){0} + place) & larger) | (where[v] & ~larger);
            }
    }
    GK_UNROLLED for (int v = 0; v < vectors; v++) {
        v16_store(chosen + 16 * v, (v16)(best[v] ^ sign[v]));
        if (argmax) *(norm_places *)(argmax + 16 * v) = where[v];
    }
}

/// One pooled row: x where scale x is greatest, the first of equal ones, and its place.
static void norm_choose(const gk_norm_pool *l, int32_t y, const float *x, float *chosen, int32_t *argmax) {
    const int32_t channels = l->norm.channels, columns = l->width / l->window_width;
    for (int32_t q = 0; q < columns; q++) {
        const int32_t first = y * l->window_height * l->width + q * l->window_width;
        for (int32_t c = 0; c < channels;) {
            const float *scale = l->norm.scale + c;
            const size_t to = (size_t)q * channels + c;
            int32_t *places = argmax ? argmax + to : NULL;
            if (channels - c >= 64) {
                norm_choose_tile(4, l, first, scale, x + c, chosen + to, places);
                c += 64;
            } else if (channels - c >= 32) {
                norm_choose_tile(2, l, first, scale, x + c, chosen + to, places);
                c += 32;
            } else {
                norm_choose_tile(1, l, first, scale, x + c, chosen + to, places);
                c += 16;
            }
        }
    }
}

GK_INLINE v16 norm_pool_place(v16 x, v16 mean, v16 own, v16 share) { return v16_fma(x - mean, own, share); }

/// dx of one image: what every place gets, and at the chosen ones the gradient besides.
static void norm_pool_gradient(const gk_norm_pool *l, const float *factor, const float *a, const float *b,
                               const float *x, const float *gradient, const int32_t *argmax, float *to) {
    const gk_norm *n = &l->norm;
    const int32_t channels = n->channels, columns = l->width / l->window_width, rows = l->height / l->window_height;
    const size_t line = (size_t)l->width * channels;
    for (int32_t y = 0; y < l->height; y++, x += line, to += line) {
        const int32_t r = y / l->window_height, covered = r < rows ? columns * l->window_width : 0;
        const float *g = gradient + (size_t)r * columns * channels;
        const int32_t *e = argmax + (size_t)r * columns * channels;
        for (int32_t c = 0; c < channels; c += 16) {
            const v16 f = v16_load(factor + c), mean = v16_load(n->mean + c);
            const v16 share = -(f * v16_load(a + c)), own = -(f * v16_load(b + c) * v16_load(n->inverse + c));
            int32_t at = y * l->width;
            const float *from = x + c;
            float *here = to + c;
            for (int32_t q = 0; q < (covered ? columns : 0); q++) {
                const v16 more = v16_load(g + (size_t)q * channels + c) * f;
                const v16i place = *(const norm_places *)(e + (size_t)q * channels + c);
                for (int32_t j = 0; j < l->window_width; j++, at++, from += channels, here += channels) {
                    v16 value = norm_pool_place(v16_load(from), mean, own, share);
                    v16_store(here, value + (v16)((v16i)more & (place == at)));
                }
            }
            for (int32_t j = covered; j < l->width; j++, from += channels, here += channels)
                v16_store(here, norm_pool_place(v16_load(from), mean, own, share));
        }
    }
}
