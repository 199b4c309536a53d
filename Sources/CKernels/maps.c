// Pools, activations, dropout, sums and copies on the pool of threads (gk_maps.h).
#include "gk_maps.h"
#include "layers.h"
#include <string.h>

enum { PIECE = 1 << 14 }; // floats of one item; a multiple of 16

static int32_t pieces(int64_t count) { return (int32_t)((count + PIECE - 1) / PIECE); }

// MARK: - Pools

typedef struct {
    const layer_kernels *kernels;
    const gk_pooling *p;
} pooling_run;

static void pooling_item(void *context, int32_t item, int32_t worker) {
    const pooling_run *run = context;
    const gk_pooling *p = run->p;
    int32_t n = item / p->out_height, y = item % p->out_height;
    size_t to = (size_t)item * p->out_width * p->channels;
    run->kernels->pool_row(p, y, p->input + (size_t)n * p->height * p->width * p->channels, p->output + to,
                           p->argmax ? p->argmax + to : NULL);
}

void gk_pooling_forward(gk_pool *pool, int32_t batch, const gk_pooling *p) {
    if (batch <= 0) return;
    pooling_run run = {gk_layer_table(), p};
    gk_pool_run(pool, batch * p->out_height, pooling_item, &run);
}

static void pooling_gradient_item(void *context, int32_t n, int32_t worker) {
    const pooling_run *run = context;
    const gk_pooling *p = run->p;
    size_t image = (size_t)p->height * p->width * p->channels, row = (size_t)p->out_width * p->channels;
    memset(p->input_gradient + n * image, 0, sizeof(float) * image);
    for (int32_t y = 0; y < p->out_height; y++) {
        size_t from = ((size_t)n * p->out_height + y) * row;
        run->kernels->pool_row_gradient(p, y, p->output_gradient + from, p->argmax ? p->argmax + from : NULL,
                                        p->input_gradient + n * image);
    }
}

void gk_pooling_backward(gk_pool *pool, int32_t batch, const gk_pooling *p) {
    if (batch <= 0 || !p->input_gradient) return;
    pooling_run run = {gk_layer_table(), p};
    gk_pool_run(pool, batch, pooling_gradient_item, &run);
}

// MARK: - Activations, dropout, sums

typedef struct {
    const layer_kernels *kernels;
    gk_activation_kind kind;
    float slope;
    int64_t count;
    const float *from, *gradient;
    float *to;
    gk_dropout dropout;
    int32_t terms;
    const float *const *lists;
} list_run;

/// Where an item begins, and its floats rounded up to whole vectors.
static int64_t piece(const list_run *run, int32_t item, int64_t *count) {
    int64_t begin = (int64_t)item * PIECE;
    *count = run->count - begin < PIECE ? (run->count - begin + 15) / 16 * 16 : PIECE;
    return begin;
}

static void activate_item(void *context, int32_t item, int32_t worker) {
    const list_run *run = context;
    int64_t count, begin = piece(run, item, &count);
    run->kernels->activate(run->kind, run->slope, count, run->from + begin, run->to + begin);
}

void gk_activation_forward(gk_pool *pool, gk_activation_kind kind, float slope, int64_t places, int32_t channels,
                           int32_t used, const float *from, float *to) {
    list_run run = {.kernels = gk_layer_table(), .kind = kind, .slope = slope, .count = places * channels,
                    .from = from, .to = to};
    gk_pool_run(pool, pieces(run.count), activate_item, &run);
    if (kind == GK_SIGMOID && used < channels) // sigmoid(0) is not 0
        for (int64_t p = 0; p < places; p++) memset(to + p * channels + used, 0, sizeof(float) * (channels - used));
}

static void activate_gradient_item(void *context, int32_t item, int32_t worker) {
    const list_run *run = context;
    int64_t count, begin = piece(run, item, &count);
    run->kernels->activate_gradient(run->kind, run->slope, count, run->from + begin, run->gradient + begin,
                                    run->to + begin);
}

void gk_activation_backward(gk_pool *pool, gk_activation_kind kind, float slope, int64_t count, const float *output,
                            const float *output_gradient, float *input_gradient) {
    list_run run = {.kernels = gk_layer_table(), .kind = kind, .slope = slope, .count = count, .from = output,
                    .gradient = output_gradient, .to = input_gradient};
    gk_pool_run(pool, pieces(count), activate_gradient_item, &run);
}

static void drop_item(void *context, int32_t item, int32_t worker) {
    const list_run *run = context;
    int64_t count, begin = piece(run, item, &count);
    run->kernels->drop(&run->dropout, count, (uint64_t)begin, run->from + begin, run->to + begin);
}

void gk_dropout_apply(gk_pool *pool, float dropout, uint64_t key, uint64_t step, int64_t count, const float *from,
                      float *to) {
    list_run run = {.kernels = gk_layer_table(), .count = count, .from = from, .to = to,
                    .dropout = gk_dropout_for(dropout, key, step)};
    gk_pool_run(pool, pieces(count), drop_item, &run);
}

static void sum_item(void *context, int32_t item, int32_t worker) {
    const list_run *run = context;
    int64_t begin = (int64_t)item * PIECE, end = begin + PIECE < run->count ? begin + PIECE : run->count;
    run->kernels->sum(run->terms, run->lists, begin, end, run->to);
}

void gk_sum(gk_pool *pool, int32_t terms, const float *const *from, int64_t count, float *to) {
    list_run run = {.kernels = gk_layer_table(), .count = count, .terms = terms, .lists = from, .to = to};
    gk_pool_run(pool, pieces(count), sum_item, &run);
}

// MARK: - Copies

typedef struct {
    const gk_copy *copy;
    const float *from;
    float *to;
} copy_run;

static void copy_item(void *context, int32_t n, int32_t worker) {
    const copy_run *run = context;
    const gk_copy *c = run->copy;
    // Rows that lie as they are to lie go whole.
    if (c->from.channel == 1 && c->to.channel == 1 && c->from.column == c->channels && c->to.column == c->channels &&
        c->spare == 0) {
        for (int32_t y = 0; y < c->rows; y++)
            memcpy(run->to + n * c->to.image + y * c->to.row, run->from + n * c->from.image + y * c->from.row,
                   sizeof(float) * c->columns * c->channels);
        return;
    }
    for (int32_t y = 0; y < c->rows; y++)
        for (int32_t x = 0; x < c->columns; x++) {
            const float *from = run->from + n * c->from.image + y * c->from.row + x * c->from.column;
            float *to = run->to + n * c->to.image + y * c->to.row + x * c->to.column;
            if (c->from.channel == 1 && c->to.channel == 1)
                memcpy(to, from, sizeof(float) * c->channels);
            else
                for (int32_t k = 0; k < c->channels; k++) to[k * c->to.channel] = from[k * c->from.channel];
            for (int32_t k = c->channels; k < c->channels + c->spare; k++) to[k * c->to.channel] = 0;
        }
}

void gk_copy_channels(gk_pool *pool, const gk_copy *copy, const float *from, float *to) {
    copy_run run = {copy, from, to};
    gk_pool_run(pool, copy->images, copy_item, &run);
}

// MARK: - Standardisation

typedef struct {
    int32_t rows, columns;
    const float *mean, *deviation, *from;
    float *to;
} standardise_run;

static void standardise_item(void *context, int32_t n, int32_t worker) {
    const standardise_run *run = context;
    for (int32_t y = 0; y < run->rows; y++) {
        size_t begin = ((size_t)n * run->rows + y) * run->columns;
        float factor = 1 / run->deviation[y];
        for (int32_t x = 0; x < run->columns; x++)
            run->to[begin + x] = (run->from[begin + x] - run->mean[y]) * factor;
    }
}

void gk_standardise(gk_pool *pool, int32_t images, int32_t rows, int32_t columns, const float *mean,
                    const float *deviation, const float *from, float *to) {
    standardise_run run = {rows, columns, mean, deviation, from, to};
    gk_pool_run(pool, images, standardise_item, &run);
}

void gk_band_moments(int32_t rows, int32_t columns, const float *values, int64_t before, double *means,
                     double *squares) {
    for (int32_t y = 0; y < rows; y++, values += columns) {
        double sum = 0, square = 0, all = (double)(before + columns);
        for (int32_t x = 0; x < columns; x++) sum += values[x];
        double mean = sum / columns, delta = mean - means[y];
        for (int32_t x = 0; x < columns; x++) square += (values[x] - mean) * (values[x] - mean);
        means[y] += delta * columns / all;
        squares[y] += square + delta * delta * ((double)before * columns / all);
    }
}
