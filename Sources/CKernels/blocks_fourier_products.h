// Products of spectra, and the spectra of the weights (formulas and layouts: blocks_fourier.h). Included once an
// instruction set, which defines GK_TILE: how many triples (K1, K2, K3) its registers hold.
#pragma once
#include "blocks_fourier.h"
#include "fft_lanes.h"

#define GK_UNROLL _Pragma("clang loop unroll(full)")
/// Keeps the compiler from carrying numbers that neighbouring places share from one round of a loop to the next: there
/// is no register for them.
#define GK_FORGET(pointer) __asm__("" : "+r"(pointer))
#define GK_ROLL _Pragma("clang loop unroll(disable)")

GK_INLINE const float *fourier_wave(const gk_fourier_block *block, int64_t turns) {
    int64_t length = block->fft.length;
    return block->waves + 2 * ((turns % length + length) % length);
}

/// Index of the weights' [stored in][stored out] for a tap along and one across.
GK_INLINE size_t fourier_tap(const gk_fourier_block *block, int along, int across) {
    int row = block->columns ? along : across, column = block->columns ? across : along;
    return (size_t)row * block->shape.kernel_width + column;
}

/// W[k] = sum over taps along d of w[d] exp(2 pi i k d / N) / (2 N): the inputs' spectra come doubled, and the inverse
/// transform lacks its 1 / N.
static void fourier_weights(const gk_fourier_block *block, int32_t bin, const float *weights, float *spectrum,
                            float *transposed) {
    const int in = block->in_groups ? 16 * block->in_groups : 1, groups = block->out_groups;
    const int out = 16 * groups, in_groups = block->in_groups, taps = block->line_kernel;
    const float scale = 0.5f / (float)block->fft.length;
    for (int h = 0; h < taps; h++)
        for (int c = 0; c < in; c++)
            for (int g = 0; g < groups; g++) {
                v16 real = {0}, imaginary = {0};
                for (int j = 0; j < block->along_kernel; j++) {
                    const float *wave = fourier_wave(block, (int64_t)bin * (j - block->along_before));
                    v16 w = v16_load(weights + (fourier_tap(block, j, h) * in + c) * out + 16 * g);
                    real = v16_fma(w, v16_all(wave[0] * scale), real);
                    imaginary = v16_fma(w, v16_all(wave[1] * scale), imaginary);
                }
                float *to = spectrum + ((((size_t)bin * taps + h) * in + c) * groups + g) * 48;
                v16_store(to, real);
                v16_store(to + 16, imaginary - real);
                v16_store(to + 32, real + imaginary);
                if (!transposed)
                    continue;
                if (!in_groups) {
                    float *at = transposed + (((size_t)bin * taps + (taps - 1 - h)) * groups + g) * 48;
                    v16_store(at, real - imaginary);
                    v16_store(at + 16, real);
                    v16_store(at + 32, -imaginary);
                    continue;
                }
                // The conjugate, taps across in reverse, channels in and out exchanged.
                size_t row = ((size_t)bin * taps + (taps - 1 - h)) * out + 16 * g;
                for (int o = 0; o < 16; o++) {
                    float *at = transposed + ((row + o) * in_groups + c / 16) * 48 + c % 16;
                    at[0] = -to[16 + o];
                    at[16] = real[o];
                    at[32] = -imaginary[o];
                }
            }
}

/// What a product of spectra reads and writes for one bin and sixteen channels out.
typedef struct {
    const float *x; // first line, first tap
    ptrdiff_t x_line, x_group, x_plane;
    int in_groups; // 0: one channel
    int taps;
    const float *w;
    ptrdiff_t w_step; // from one channel in to the next
    float *y;         // real and imaginary parts
    ptrdiff_t y_line;
} fourier_product;

GK_INLINE void fourier_product_tile(const int lines, const bool one, const fourier_product *p, int first) {
    v16 k1[GK_TILE], k2[GK_TILE], k3[GK_TILE];
    GK_UNROLL for (int i = 0; i < lines; i++) k1[i] = k2[i] = k3[i] = (v16){0};
    const ptrdiff_t line = one ? 1 : p->x_line, plane = one ? p->x_plane : 16;
    const ptrdiff_t w_step = p->w_step;
    const float *w = p->w;
    const float *tap = p->x + first * line;
    for (int h = 0; h < p->taps; h++, tap += line) {
        const float *group = tap;
        int groups = one ? 1 : p->in_groups;
        for (int g = 0; g < groups; g++, group += p->x_group) {
            const float *x = group;
            GK_ROLL for (int c = 0; c < (one ? 1 : 16); c++, x++, w += w_step) {
                GK_FORGET(x);
                v16 w0 = v16_load(w), w1 = v16_load(w + 16), w2 = v16_load(w + 32);
                GK_UNROLL for (int i = 0; i < lines; i++) {
                    const float *at = x + i * line;
                    k1[i] = v16_fma(v16_all(at[0]), w0, k1[i]);
                    k2[i] = v16_fma(v16_all(at[plane]), w1, k2[i]);
                    k3[i] = v16_fma(v16_all(at[2 * plane]), w2, k3[i]);
                }
            }
        }
    }
    GK_UNROLL for (int i = 0; i < lines; i++) {
        float *y = p->y + (first + i) * p->y_line;
        v16_store(y, k1[i] - k3[i]);
        v16_store(y + 16, k1[i] + k2[i]);
    }
}

GK_INLINE void fourier_product_lines(const bool one, const fourier_product *p, int lines) {
    int first = 0;
    for (; lines - first >= GK_TILE; first += GK_TILE)
        fourier_product_tile(GK_TILE, one, p, first);
#if GK_TILE > 4
    for (; lines - first >= 4; first += 4)
        fourier_product_tile(4, one, p, first);
#endif
#if GK_TILE > 1
    for (; lines - first >= 1; first += 1)
        fourier_product_tile(1, one, p, first);
#endif
}

static void fourier_products(const fourier_product *p, int lines) {
    if (p->in_groups)
        fourier_product_lines(false, p, lines);
    else
        fourier_product_lines(true, p, lines);
}
