// Forward pass of one image in the Fourier domain: spectrum of the input, products, inverse transform line by line, and
// bias + max pool + arg-max + leaky as the lines come out (formulas and layouts: blocks_fourier.h).
#pragma once
#include "blocks_fourier_products.h"

typedef uint16_t v16_place __attribute__((vector_size(32), aligned(2)));

/// Steps between neighbouring pixels of an image with `channels` stored channels.
GK_INLINE ptrdiff_t fourier_step_along(const gk_fourier_block *block, int channels) {
    return block->columns ? (ptrdiff_t)block->shape.width * channels : channels;
}
GK_INLINE ptrdiff_t fourier_step_across(const gk_fourier_block *block, int channels) {
    return block->columns ? channels : (ptrdiff_t)block->shape.width * channels;
}

static void fourier_zero_lines(const gk_fourier_block *block, const gk_fourier_layout *layout, int from, int to,
                               float *spectrum) {
    if (from >= to)
        return;
    for (int k = 0; k < block->bins; k++)
        for (int plane = 0; plane < (layout->line == 1 ? 3 : 1); plane++) {
            float *at = spectrum + k * layout->bin + plane * layout->plane;
            for (ptrdiff_t i = from * layout->line; i < to * layout->line; i++)
                at[i] = 0;
        }
}

/// The input's form of a spectrum for one line of sixteen signals.
static void fourier_input_line(const gk_fourier_block *block, const float *values, ptrdiff_t step, float *to,
                               float *scratch) {
    fft_real_to_planes(FFT_SUM_FIRST, &block->fft, values, step, block->along, to, block->input.bin, block->input.plane,
                       (c16 *)scratch);
}

static void fourier_input(const gk_fourier_block *block, const float *image, float *spectrum, float *scratch) {
    const gk_fourier_layout *layout = &block->input;
    const int lines = block->lines, along = block->along, before = block->padding_before;
    if (block->in_groups) {
        const int channels = 16 * block->in_groups;
        const ptrdiff_t step = fourier_step_along(block, channels), across = fourier_step_across(block, channels);
        for (int a = 0; a < lines; a++)
            for (int g = 0; g < block->in_groups; g++)
                fourier_input_line(block, image + a * across + 16 * g, step,
                                   spectrum + (before + a) * layout->line + g * layout->group, scratch);
        fourier_zero_lines(block, layout, 0, before, spectrum);
        fourier_zero_lines(block, layout, before + lines, before + lines + block->padding_after, spectrum);
        return;
    }
    // One channel: sixteen lines at a time side by side in the lanes.
    const ptrdiff_t step = fourier_step_along(block, 1), across = fourier_step_across(block, 1);
    float *values = scratch + 32 * block->fft.length;
    fourier_zero_lines(block, layout, 0, before, spectrum);
    for (int a = 0; a < lines; a += 16) {
        for (int l = 0; l < 16; l++)
            for (int x = 0; x < along; x++)
                values[16 * x + l] = a + l < lines ? image[(a + l) * across + x * step] : 0;
        fourier_input_line(block, values, 16, spectrum + before + a, scratch);
    }
    int end = before + (lines + 15) / 16 * 16;
    fourier_zero_lines(block, layout, end, (int)layout->plane, spectrum);
}

/// Takes one line (`within` its pool window) of sixteen channels into the running maxima. The first maximum in
/// row-major order wins, also where the lines are columns.
GK_INLINE void fourier_pool_line(const bool columns, const int pool, int pooled, int other_pool, int within,
                                 const float *values, float *best, int32_t *place) {
    const int step = columns ? other_pool : 1, first = columns ? within : within * pool;
    for (int q = 0; q < pooled; q++, values += 16 * pool) {
        v16 m;
        v16i e;
        int t = 0;
        if (within == 0) {
            m = v16_load(values);
            e = (v16i){0};
            t = 1;
        } else {
            m = *(const v16 *)(best + 16 * q);
            e = *(const v16i *)(place + 16 * q);
        }
        for (; t < pool; t++) {
            v16 value = v16_load(values + 16 * t);
            v16i here = (v16i){0} + (first + step * t);
            v16i larger = value > m;
            if (columns)
                larger |= (value == m) & (here < e);
            m = v16_select(larger, value, m);
            e = (v16i)v16_select(larger, (v16)here, (v16)e);
        }
        *(v16 *)(best + 16 * q) = m;
        *(v16i *)(place + 16 * q) = e;
    }
}

static void fourier_pool(const gk_fourier_block *block, int within, const float *values, float *best, int32_t *place) {
    const int pool = block->along_pool, pooled = block->along_pooled, other = block->line_pool;
    if (block->columns)
        return fourier_pool_line(true, pool, pooled, other, within, values, best, place);
    switch (pool) {
    case 1:
        return fourier_pool_line(false, 1, pooled, other, within, values, best, place);
    case 2:
        return fourier_pool_line(false, 2, pooled, other, within, values, best, place);
    default:
        return fourier_pool_line(false, pool, pooled, other, within, values, best, place);
    }
}

static void fourier_write_pooled(const gk_fourier_block *block, int pooled_line, int group, const float *best,
                                 const int32_t *place, float *output, uint16_t *argmax) {
    const int channels = 16 * block->out_groups;
    const ptrdiff_t columns = block->shape.map_width / block->shape.pool_width;
    const ptrdiff_t step = block->columns ? columns * channels : channels;
    ptrdiff_t at = (block->columns ? channels : columns * channels) * pooled_line + 16 * group;
    for (int q = 0; q < block->along_pooled; q++, at += step) {
        v16_store(output + at, v16_leaky(*(const v16 *)(best + 16 * q), block->shape.slope));
        if (argmax)
            *(v16_place *)(argmax + at) = __builtin_convertvector(*(const v16i *)(place + 16 * q), v16_place);
    }
}

static void fourier_forward(const gk_fourier_block *block, const float *spectrum, const float *weight_spectrum,
                            const float *bias, float *output, uint16_t *argmax, float *scratch) {
    const gk_fourier_layout *in = &block->input, *out = &block->output;
    const int groups = block->out_groups, chunk = block->chunk;
    const int lines = block->lines_pooled * block->line_pool;
    const int offset = block->padding_before - block->line_before;
    const size_t bin_weights = block->weight_size / block->bins, state = (size_t)16 * block->along_pooled;
    c16 *transform = (c16 *)scratch;
    float *best = scratch + 32 * block->fft.length;
    int32_t *place = (int32_t *)(best + state * groups);
    float *products = (float *)place + state * groups;
    for (int begin = 0; begin < groups; begin += chunk)
        for (int first = 0; first < lines; first += block->output_tile) {
            int tile = lines - first < block->output_tile ? lines - first : block->output_tile;
            for (int k = 0; k < block->bins; k++)
                for (int g = 0; g < chunk; g++) {
                    fourier_product product = {
                        .x = spectrum + k * in->bin + (offset + first) * in->line,
                        .x_line = in->line,
                        .x_group = in->group,
                        .x_plane = in->plane,
                        .in_groups = block->in_groups,
                        .taps = block->line_kernel,
                        .w = weight_spectrum + k * bin_weights + 48 * (begin + g),
                        .w_step = 48 * groups,
                        .y = products + k * out->bin + g * out->group,
                        .y_line = out->line,
                    };
                    fourier_products(&product, tile);
                }
            for (int a = 0; a < tile; a++)
                for (int g = begin; g < begin + chunk; g++) {
                    float *from = products + a * out->line + (g - begin) * out->group;
                    v16_store(from, v16_load(from) + v16_load(bias + 16 * g)); // the mean is the zeroth bin
                    const float *values = fft_complex_to_real(&block->fft, from, out->bin, transform);
                    int within = (first + a) % block->line_pool;
                    fourier_pool(block, within, values, best + state * g, place + state * g);
                    if (within == block->line_pool - 1)
                        fourier_write_pooled(block, (first + a) / block->line_pool, g, best + state * g,
                                             place + state * g, output, argmax);
                }
        }
}
