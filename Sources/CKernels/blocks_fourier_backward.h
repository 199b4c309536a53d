// Backward pass of one image in the Fourier domain (formulas and layouts: blocks_fourier.h): the pooled gradient goes
// back to its arg-max line by line, each line is transformed, and the spectra are multiplied with the conjugate spectra
// of the input (weight gradient) and of the weights (data gradient).
#pragma once
#include "blocks_fourier_forward.h"
#include <string.h>

/// Gradients of one pooled line before the activation, with their places as 32-bit numbers; adds them to `bias_sum`.
static void fourier_pooled_gradients(const gk_fourier_block *block, int pooled_line, int group, const float *output,
                                     const uint16_t *argmax, const float *output_gradient, float *gradient,
                                     int32_t *place, float *bias_sum) {
    const int channels = 16 * block->out_groups;
    const ptrdiff_t columns = block->shape.map_width / block->shape.pool_width;
    const ptrdiff_t step = block->columns ? columns * channels : channels;
    ptrdiff_t at = (block->columns ? channels : columns * channels) * pooled_line + 16 * group;
    const v16 zero = {0}, slope = v16_all(block->shape.slope);
    v16 sum = zero;
    for (int q = 0; q < block->along_pooled; q++, at += step) {
        v16 g = v16_load(output_gradient + at);
        g = v16_select(v16_load(output + at) > zero, g, g * slope);
        sum += g;
        *(v16 *)(gradient + 16 * q) = g;
        *(v16i *)(place + 16 * q) = __builtin_convertvector(*(const v16_place *)(argmax + at), v16i);
    }
    if (bias_sum)
        v16_store(bias_sum + 16 * group, v16_load(bias_sum + 16 * group) + sum);
}

/// One line of the gradient before the pool.
GK_INLINE void fourier_unpool_line(const gk_fourier_block *block, const int pool, int within, const float *gradient,
                                   const int32_t *place, float *line) {
    const int step = block->columns ? block->line_pool : 1, first = block->columns ? within : within * pool;
    for (int q = 0; q < block->along_pooled; q++) {
        v16 g = *(const v16 *)(gradient + 16 * q);
        v16i e = *(const v16i *)(place + 16 * q) - first;
        for (int t = 0; t < pool; t++)
            *(v16 *)(line + 16 * (q * pool + t)) = (v16)((v16i)g & (e == step * t));
    }
}

static void fourier_unpool(const gk_fourier_block *block, int within, const float *gradient, const int32_t *place,
                           float *line) {
    switch (block->along_pool) {
    case 1:
        return fourier_unpool_line(block, 1, within, gradient, place, line);
    case 2:
        return fourier_unpool_line(block, 2, within, gradient, place, line);
    default:
        return fourier_unpool_line(block, block->along_pool, within, gradient, place, line);
    }
}

/// What the weight gradient of one bin and sixteen channels out reads and adds to.
typedef struct {
    const float *x; // the first line, tap or channel of the tile
    ptrdiff_t x_line, x_plane;
    const float *y; // spectra of the gradient: planes a, b - a, a + b
    ptrdiff_t y_line;
    int lines;
    float *sum; // real and imaginary parts
    ptrdiff_t sum_step;
} fourier_correlation;

/// conj(x) y summed over lines for `count` neighbouring places of x: taps across where there is one channel, else
/// channels. With x = c + i d, y = a + i b: T = (c + d) a, U = d (b - a), V = c (a + b), real = T + U and
/// imaginary = V - T.
GK_INLINE void fourier_correlate_tile(const int count, const bool one, const fourier_correlation *p, int first) {
    v16 t[GK_TILE], u[GK_TILE], v[GK_TILE];
    GK_UNROLL for (int i = 0; i < count; i++) {
        const float *sum = p->sum + (first + i) * p->sum_step;
        t[i] = (v16){0};
        u[i] = v16_load(sum);
        v[i] = v16_load(sum + 16);
    }
    const ptrdiff_t line = one ? 1 : p->x_line, plane = one ? p->x_plane : 16;
    const float *x = p->x + first, *y = p->y;
    GK_ROLL for (int a = 0; a < p->lines; a++, x += line, y += p->y_line) {
        GK_FORGET(x);
        v16 real = v16_load(y), difference = v16_load(y + 16), sum = v16_load(y + 32);
        GK_UNROLL for (int i = 0; i < count; i++) {
            t[i] = v16_fma(v16_all(x[i]), real, t[i]);
            u[i] = v16_fma(v16_all(x[2 * plane + i]), difference, u[i]);
            v[i] = v16_fma(v16_all(x[plane + i]), sum, v[i]);
        }
    }
    GK_UNROLL for (int i = 0; i < count; i++) {
        float *sum = p->sum + (first + i) * p->sum_step;
        v16_store(sum, t[i] + u[i]);
        v16_store(sum + 16, v[i] - t[i]);
    }
}

static void fourier_correlate_taps(const fourier_correlation *p, int taps) {
    // Equal shares, for a short last tile would wait on its own sums.
    int tiles = (taps + GK_TILE - 1) / GK_TILE, share = (taps + tiles - 1) / tiles;
    for (int first = 0; first < taps; first += share) {
        switch (taps - first < share ? taps - first : share) {
#if GK_TILE >= 8
        case 8:
            fourier_correlate_tile(8, true, p, first);
            break;
        case 7:
            fourier_correlate_tile(7, true, p, first);
            break;
        case 6:
            fourier_correlate_tile(6, true, p, first);
            break;
        case 5:
            fourier_correlate_tile(5, true, p, first);
            break;
        case 4:
            fourier_correlate_tile(4, true, p, first);
            break;
        case 3:
            fourier_correlate_tile(3, true, p, first);
            break;
#endif
#if GK_TILE >= 2
        case 2:
            fourier_correlate_tile(2, true, p, first);
            break;
#endif
        default:
            fourier_correlate_tile(1, true, p, first);
            break;
        }
    }
}

static void fourier_correlate_channels(const fourier_correlation *p) {
    for (int first = 0; first < 16; first += GK_TILE)
        fourier_correlate_tile(GK_TILE, false, p, first);
}

/// Adds conj(X) D to the partial sums for the lines first ..< first + lines and the groups of a chunk from `begin`;
/// `gradient` begins at the first of the lines.
static void fourier_weight_gradient(const gk_fourier_block *block, const float *spectrum, int begin, int first,
                                    int lines, const float *gradient, float *partial) {
    const gk_fourier_layout *in = &block->input, *from = &block->gradient;
    const int groups = block->out_groups, taps = block->line_kernel;
    const int offset = block->padding_before - block->line_before + first;
    for (int k = 0; k < block->bins; k++)
        for (int g = begin; g < begin + block->chunk; g++) {
            fourier_correlation product = {
                .x_line = in->line,
                .x_plane = in->plane,
                .y = gradient + k * from->bin + (g - begin) * from->group,
                .y_line = from->line,
                .lines = lines,
                .sum_step = 32 * groups,
            };
            const float *x = spectrum + k * in->bin + offset * in->line;
            if (!block->in_groups) {
                product.x = x;
                product.sum = partial + ((size_t)k * taps * groups + g) * 32;
                fourier_correlate_taps(&product, taps);
                continue;
            }
            for (int h = 0; h < taps; h++)
                for (int c = 0; c < block->in_groups; c++) {
                    product.x = x + h * in->line + c * in->group;
                    product.sum = partial + ((((size_t)k * taps + h) * block->in_groups + c) * 16 * groups + g) * 32;
                    fourier_correlate_channels(&product);
                }
        }
}

/// The data gradient from the spectra of all lines; `gradient` begins with the room before the first line.
static void fourier_input_gradient(const gk_fourier_block *block, const float *gradient, const float *transposed,
                                   float *input_gradient, float *products, float *scratch) {
    const gk_fourier_layout *from = &block->gradient;
    const int groups = block->in_groups, channels = 16 * groups;
    const ptrdiff_t step = fourier_step_along(block, channels), across = fourier_step_across(block, channels);
    const ptrdiff_t line = 32 * groups, bin = line * block->lines + 16;
    const size_t bin_weights = block->weight_size / block->bins;
    for (int k = 0; k < block->bins; k++)
        for (int g = 0; g < groups; g++) {
            fourier_product product = {
                .x = gradient + k * from->bin,
                .x_line = from->line,
                .x_group = from->group,
                .x_plane = from->plane,
                .in_groups = block->out_groups,
                .taps = block->line_kernel,
                .w = transposed + k * bin_weights + 48 * g,
                .w_step = 48 * groups,
                .y = products + k * bin + g * 32,
                .y_line = line,
            };
            fourier_products(&product, block->lines);
        }
    for (int a = 0; a < block->lines; a++)
        for (int g = 0; g < groups; g++) {
            const float *values = fft_complex_to_real(&block->fft, products + a * line + g * 32, bin, (c16 *)scratch);
            float *to = input_gradient + a * across + 16 * g;
            for (int x = 0; x < block->along; x++)
                v16_store(to + x * step, v16_load(values + 16 * x));
        }
}

// MARK: - The data gradient of one channel

/// What the data gradient of one bin reads and adds to: lanes hold channels out, and become sums.
typedef struct {
    const float *x; // spectra of the gradient, taps - 1 lines of zeros at both sides: planes c, d - c, c + d
    ptrdiff_t x_line;
    int taps, groups;
    const float *w; // [tap, turned round][group][a + b, a, b] of the conjugate weights
    ptrdiff_t w_step;
    float *y;         // real parts of sixteen lines, then their imaginary ones; `y_block` floats to the next sixteen
    ptrdiff_t y_block;
    int y_first; // line of the input that belongs to the first line of x
} fourier_dots;

GK_INLINE float v16_total(v16 v) {
    float parts[16];
    v16_store(parts, v);
    for (int half = 8; half; half /= 2)
        GK_UNROLL for (int i = 0; i < half; i++) parts[i] += parts[i + half];
    return parts[0];
}

GK_INLINE void fourier_dots_tile(const int count, const fourier_dots *p, int first) {
    v16 k1[GK_TILE], k2[GK_TILE], k3[GK_TILE];
    GK_UNROLL for (int i = 0; i < count; i++) k1[i] = k2[i] = k3[i] = (v16){0};
    const float *tap = p->x + first * p->x_line, *row = p->w;
    const ptrdiff_t line = p->x_line;
    for (int h = 0; h < p->taps; h++, tap += line, row += p->w_step) {
        const float *x = tap, *w = row;
        GK_ROLL for (int g = 0; g < p->groups; g++, x += 48, w += 48) {
            GK_FORGET(x);
            v16 w0 = v16_load(w), w1 = v16_load(w + 16), w2 = v16_load(w + 32);
            GK_UNROLL for (int i = 0; i < count; i++) {
                const float *at = x + i * line;
                k1[i] = v16_fma(v16_load(at), w0, k1[i]);
                k2[i] = v16_fma(v16_load(at + 16), w1, k2[i]);
                k3[i] = v16_fma(v16_load(at + 32), w2, k3[i]);
            }
        }
    }
    for (int i = 0; i < count; i++) {
        int a = p->y_first + first + i;
        float *y = p->y + a / 16 * p->y_block + a % 16;
        y[0] += v16_total(k1[i] - k3[i]);
        y[16] += v16_total(k1[i] + k2[i]);
    }
}

/// Adds what the map's lines first ..< first + lines give to the spectrum of the data gradient, [sixteen lines][bin][32].
static void fourier_add_dots(const gk_fourier_block *block, int begin, int first, int lines, const float *gradient,
                             const float *transposed, float *sums) {
    const gk_fourier_layout *from = &block->gradient;
    const size_t bin_weights = block->weight_size / block->bins;
    const int taps = block->line_kernel, shift = first - block->line_before;
    const int start = shift < 0 ? -shift : 0; // line `b` here is line b + shift of the input
    const int end = lines + taps - 1 < block->lines - shift ? lines + taps - 1 : block->lines - shift;
    for (int k = 0; k < block->bins; k++) {
        fourier_dots dots = {
            .x = gradient + k * from->bin,
            .x_line = from->line,
            .taps = taps,
            .groups = block->chunk,
            .w = transposed + k * bin_weights + 48 * begin,
            .w_step = 48 * block->out_groups,
            .y = sums + k * 32,
            .y_block = (ptrdiff_t)32 * block->bins,
            .y_first = shift,
        };
        int b = start;
        for (; end - b >= GK_TILE; b += GK_TILE)
            fourier_dots_tile(GK_TILE, &dots, b);
        for (; b < end; b++)
            fourier_dots_tile(1, &dots, b);
    }
}

/// The data gradient of one channel from its spectrum.
static void fourier_write_data(const gk_fourier_block *block, const float *sums, float *input_gradient,
                               float *scratch) {
    const ptrdiff_t step = fourier_step_along(block, 1), across = fourier_step_across(block, 1);
    for (int a = 0; a < block->lines; a += 16, sums += (size_t)32 * block->bins) {
        const float *values = fft_complex_to_real(&block->fft, sums, 32, (c16 *)scratch);
        const int count = block->lines - a < 16 ? block->lines - a : 16;
        float *to = input_gradient + a * across;
        for (int x = 0; x < block->along; x++, to += step, values += 16)
            for (int l = 0; l < count; l++) to[l * across] = values[l];
    }
}

// MARK: - One image

static void fourier_backward(const gk_fourier_block *block, const float *spectrum, const float *transposed,
                             const float *output, const uint16_t *argmax, const float *output_gradient, float *partial,
                             float *bias_sum, float *input_gradient, float *scratch) {
    const gk_fourier_layout *to = &block->gradient;
    const int groups = block->out_groups, chunk = block->chunk, taps = block->line_kernel;
    const int lines = block->lines_pooled * block->line_pool;
    const bool one = !block->in_groups;
    const int before = !input_gradient ? 0 : one ? taps - 1 : taps - 1 - block->line_before;
    const size_t state = (size_t)16 * block->along_pooled;
    float *line = scratch + 32 * block->fft.length;
    float *gradient = line + (size_t)16 * (block->along > block->along_map ? block->along : block->along_map);
    int32_t *place = (int32_t *)(gradient + state * groups);
    float *spectra = (float *)place + state * groups;
    float *products = spectra + to->size;
    for (int x = 16 * block->along_pooled * block->along_pool; x < 16 * block->along_map; x++)
        line[x] = 0;
    if (input_gradient && one) {
        memset(products, 0, sizeof(float) * 32 * ((block->lines + 15) / 16) * block->bins);
        fourier_zero_lines(block, to, 0, before, spectra);
    }
    int tile_size = input_gradient && !one ? lines : block->gradient_tile;
    for (int begin = 0; begin < groups; begin += chunk)
        for (int first = 0; first < lines; first += tile_size) {
            int tile = lines - first < tile_size ? lines - first : tile_size;
            for (int a = 0; a < tile; a++) {
                int within = (first + a) % block->line_pool;
                for (int g = begin; g < begin + chunk; g++) {
                    if (within == 0)
                        fourier_pooled_gradients(block, (first + a) / block->line_pool, g, output, argmax,
                                                 output_gradient, gradient + state * g, place + state * g, bias_sum);
                    fourier_unpool(block, within, gradient + state * g, place + state * g, line);
                    fft_real_to_planes(FFT_DIFFERENCE, &block->fft, line, 16, block->along_map,
                                       spectra + (before + a) * to->line + (g - begin) * to->group, to->bin, to->plane,
                                       (c16 *)scratch);
                }
            }
            if (partial)
                fourier_weight_gradient(block, spectrum, begin, first, tile, spectra + before * to->line, partial);
            if (input_gradient && one) {
                fourier_zero_lines(block, to, before + tile, before + tile + taps - 1, spectra);
                fourier_add_dots(block, begin, first, tile, spectra, transposed, products);
            }
        }
    if (!input_gradient)
        return;
    if (one) {
        fourier_write_data(block, products, input_gradient, scratch);
        return;
    }
    fourier_zero_lines(block, to, 0, before, spectra);
    fourier_zero_lines(block, to, before + lines, block->lines + block->line_kernel - 1, spectra);
    fourier_input_gradient(block, spectra, transposed, input_gradient, products, scratch);
}

/// dw[d] = sum over bins of real(G exp(-2 pi i k d / N)) / N; both spectra came doubled, and the bins between the first
/// and the last stand for their mirror images too.
static void fourier_finish(const gk_fourier_block *block, int32_t row, const float *partial, int32_t count,
                           size_t stride, float *weight_gradient) {
    const int channels = block->in_groups ? 16 * block->in_groups : 1, groups = block->out_groups;
    const int h = row / channels, c = row % channels, rows = block->line_kernel * channels;
    for (int g = 0; g < groups; g++)
        for (int k = 0; k < block->bins; k++) {
            v16 real = {0}, imaginary = {0};
            for (int b = 0; b < count; b++) {
                const float *sum = partial + b * stride + (((size_t)k * rows + row) * groups + g) * 32;
                real += v16_load(sum);
                imaginary += v16_load(sum + 16);
            }
            float scale = (k == 0 || k == block->bins - 1 ? 0.25f : 0.5f) / (float)block->fft.length;
            for (int j = 0; j < block->along_kernel; j++) {
                const float *wave = fourier_wave(block, (int64_t)k * (j - block->along_before));
                float *to = weight_gradient + (fourier_tap(block, j, h) * channels + c) * 16 * groups + 16 * g;
                v16 value = k ? v16_load(to) : (v16){0};
                value = v16_fma(real, v16_all(wave[0] * scale), value);
                v16_store(to, v16_fma(imaginary, v16_all(wave[1] * scale), value));
            }
        }
}
