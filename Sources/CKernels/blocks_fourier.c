// Plans of blocks in the Fourier domain: axis lengths, transform length, layouts and scratch (blocks_fourier.h has the
// formulas).
#include "blocks_fourier.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 16, LONGEST_LINE = 4096 };

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

bool gk_fourier_fits(const gk_block_shape *shape) {
    // A single channel out is stored alone and would leave fifteen lanes empty.
    if (shape->out_channels == 1)
        return false;
    // Places whose window lies wholly outside have no line of their own.
    if (shape->pad_top >= shape->kernel_height || shape->pad_left >= shape->kernel_width ||
        shape->map_height + shape->pad_top > shape->height + 2 * (shape->kernel_height - 1) ||
        shape->map_width + shape->pad_left > shape->width + 2 * (shape->kernel_width - 1))
        return false;
    return shape->height >= 1 && shape->width >= 1 && shape->height <= LONGEST_LINE && shape->width <= LONGEST_LINE &&
           shape->kernel_height <= LONGEST_LINE && shape->kernel_width <= LONGEST_LINE;
}

static void set_axes(gk_fourier_block *block, const gk_block_shape *shape, bool columns) {
    block->shape = *shape;
    block->columns = columns;
    block->along = columns ? shape->height : shape->width;
    block->lines = columns ? shape->width : shape->height;
    block->along_kernel = columns ? shape->kernel_height : shape->kernel_width;
    block->line_kernel = columns ? shape->kernel_width : shape->kernel_height;
    block->along_pool = columns ? shape->pool_height : shape->pool_width;
    block->line_pool = columns ? shape->pool_width : shape->pool_height;
    block->along_before = columns ? shape->pad_top : shape->pad_left;
    block->line_before = columns ? shape->pad_left : shape->pad_top;
    block->along_map = columns ? shape->map_height : shape->map_width;
    block->lines_map = columns ? shape->map_width : shape->map_height;
    block->line_after = larger(block->lines_map + block->line_kernel - 1 - block->line_before - block->lines, 0);
    block->along_pooled = block->along_map / block->along_pool;
    block->lines_pooled = block->lines_map / block->line_pool;
    int32_t in = gk_stored_channels(shape->in_channels), out = gk_stored_channels(shape->out_channels);
    block->in_groups = in == 1 ? 0 : in / LANES;
    block->out_groups = out / LANES;
}

void gk_fourier_sides(const gk_block_shape *shape, bool columns, int32_t *before, int32_t *after) {
    gk_fourier_block b;
    set_axes(&b, shape, columns);
    *before = b.line_before;
    *after = b.line_after;
}

gk_fourier_cost gk_fourier_operations(const gk_block_shape *shape, bool columns, int32_t length) {
    gk_fourier_block b;
    set_axes(&b, shape, columns);
    double transform = (double)gk_fft_operations(length);
    double in = b.in_groups ? LANES * b.in_groups : 1, groups = b.out_groups, lines = b.lines_map;
    // Fewer lines than a tile's smallest wait for their own sums.
    double busy = lines < 4 ? 2.7 : 1;
    double products = 3 * (length / 2 + 1) * lines * b.line_kernel * in * groups * busy;
    double pool = 6 * lines * b.along_map * groups;
    double inputs = transform * b.lines * (b.in_groups ? b.in_groups : 1.0 / LANES);
    return (gk_fourier_cost){
        .input = inputs,
        .forward = products + transform * lines * groups + pool,
        .weight_gradient = products + transform * lines * groups + pool,
        .input_gradient = products / lines * b.lines + inputs,
    };
}

int32_t gk_fourier_length(const gk_block_shape *shape, bool columns) {
    gk_fourier_block b;
    set_axes(&b, shape, columns);
    // What wraps around must meet the zeros behind the line, and no tap may reach round it a whole time.
    int32_t needed = larger(b.along + b.along_before, b.along_map + b.along_kernel - 1 - b.along_before);
    int32_t best = 0;
    double best_cost = 0;
    for (int32_t length = needed + needed % 2; length <= needed + needed / 2 + 8; length += 2) {
        if (!gk_fft_operations(length))
            continue;
        gk_fourier_cost cost = gk_fourier_operations(shape, columns, length);
        if (best && cost.forward + cost.input >= best_cost)
            continue;
        best = length;
        best_cost = cost.forward + cost.input;
    }
    return best;
}

bool gk_fourier_plan(gk_fourier_block *block, const gk_block_shape *shape, bool columns, int32_t length,
                     int32_t padding_before, int32_t padding_after) {
    memset(block, 0, sizeof *block);
    set_axes(block, shape, columns);
    if (!gk_fft_create(&block->fft, length ? length : gk_fourier_length(shape, columns)))
        return false;
    const int32_t n = block->fft.length, lines = block->lines, out = block->out_groups, in = block->in_groups;
    block->bins = n / 2 + 1;
    block->waves = malloc(sizeof(float) * 2 * n);
    if (!block->waves) {
        gk_fourier_unplan(block);
        return false;
    }
    for (int32_t m = 0; m < n; m++) {
        block->waves[2 * m] = (float)cos(2 * 3.14159265358979323846 * m / n);
        block->waves[2 * m + 1] = (float)sin(2 * 3.14159265358979323846 * m / n);
    }
    block->padding_before = larger(padding_before, block->line_before);
    block->padding_after = larger(padding_after, block->line_after);
    // Sixteen floats more a bin, or the bins of one line would share a few cache sets.
    if (in) {
        int32_t padded = block->padding_before + lines + block->padding_after;
        block->input = (gk_fourier_layout){.plane = 16, .group = 48, .line = 48 * in, .bin = 48 * in * padded + 16};
    } else {
        int32_t padded = block->padding_before + (lines + LANES - 1) / LANES * LANES + block->padding_after;
        block->input = (gk_fourier_layout){.plane = padded, .group = 0, .line = 1, .bin = 3 * padded};
    }
    block->input.size = (size_t)(block->input.bin * block->bins + LANES - 1) / LANES * LANES;
    // One channel: a few lines and one group of channels out at a time keep their products in the second-level cache.
    // More: the weights' spectra are the larger part and each bin's is read once for all lines.
    block->chunk = in ? out : 1;
    block->output_tile = in ? block->lines_map : 16;
    block->gradient_tile = in ? block->lines_map : 40;
    block->output =
        (gk_fourier_layout){.plane = 16, .group = 32, .line = 32 * block->chunk,
                            .bin = 32 * block->chunk * block->output_tile + 16};
    block->output.size = (size_t)block->output.bin * block->bins;
    int32_t before = block->line_kernel - 1 - block->line_before; // lines of zeros that the data gradient reads
    int32_t gradient_lines = in ? larger(lines + block->line_kernel - 1, before + block->lines_map)
                                : block->gradient_tile + 2 * (block->line_kernel - 1);
    block->gradient =
        (gk_fourier_layout){.plane = 16, .group = 48, .line = 48 * block->chunk,
                            .bin = 48 * block->chunk * gradient_lines + 16};
    block->gradient.size = (size_t)block->gradient.bin * block->bins;
    size_t row = (size_t)block->bins * block->line_kernel * (in ? LANES * in : 1) * out;
    block->weight_size = row * 48;
    block->partial_size = row * 32;
    return true;
}

void gk_fourier_unplan(gk_fourier_block *block) {
    gk_fft_destroy(&block->fft);
    free(block->waves);
    block->waves = NULL;
}

size_t gk_fourier_scratch(const gk_fourier_block *block) {
    size_t transform = (size_t)32 * block->fft.length;
    size_t state = (size_t)2 * 16 * block->along_pooled * block->out_groups;
    size_t input = (size_t)16 * larger(block->along, block->along_map);
    size_t forward = state + block->output.size;
    size_t data = block->in_groups ? ((size_t)32 * block->in_groups * block->lines + 16) * block->bins
                                   : (size_t)32 * ((block->lines + LANES - 1) / LANES) * block->bins;
    size_t backward = input + state + block->gradient.size + data;
    return transform + (forward > backward ? forward : backward);
}

extern const gk_fourier_passes gk_fourier_avx512, gk_fourier_avx2, gk_fourier_portable;

const gk_fourier_passes *gk_fourier_passes_for(gk_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        return &gk_fourier_avx512;
    case GK_ISA_AVX2:
        return &gk_fourier_avx2;
#endif
    case GK_ISA_PORTABLE:
        return &gk_fourier_portable;
    default:
        return NULL;
    }
}
