// A GRU on the pool (gk_gru.h).
#include "gk_gru.h"
#include "layers.h"
#include "pool_scratch.h"
#include <string.h>

enum { BLOCK = 8, SUMS = 4096 }; // images of one item; weights of one item that adds partial sums

typedef struct {
    const layer_kernels *kernels;
    const gk_gru *layer;
    int32_t batch, blocks, features, padded; // padded: features to a multiple of 16
    size_t states, gates;                    // floats of one direction in the workspace
    float *inputs;                           // [batch][steps][features], then states, then gates
    size_t input_weights, recurrent_weights, direction; // floats of a direction's weights, and of one partial sum
    size_t worker_floats;
    float *partials, *turned, *scratch;
} gru_run;

static gru_run start(const gk_gru *l, int32_t batch) {
    gru_run r = {.kernels = gk_layer_table(), .layer = l, .batch = batch, .blocks = (batch + BLOCK - 1) / BLOCK};
    for (int32_t s = 0; s < l->source_count; s++) r.features += l->sources[s].rows * l->sources[s].channels;
    r.padded = (r.features + 15) / 16 * 16;
    r.states = (size_t)batch * l->steps * l->hidden;
    r.gates = 4 * r.states;
    r.inputs = l->workspace;
    r.input_weights = (size_t)r.features * 3 * l->hidden;
    r.recurrent_weights = (size_t)l->hidden * 3 * l->hidden;
    r.direction = r.input_weights + r.recurrent_weights + 6 * l->hidden;
    return r;
}

static size_t input_floats(const gru_run *r) {
    return ((size_t)r->batch * r->layer->steps * r->features + 15) / 16 * 16;
}

size_t gk_gru_workspace(const gk_gru *l, int32_t batch) {
    gru_run r = start(l, batch);
    return sizeof(float) * (input_floats(&r) + l->direction_count * (r.states + r.gates));
}

static float *states_of(const gru_run *r, int32_t direction) {
    return r->inputs + input_floats(r) + direction * (r->states + r->gates);
}

/// A step's features, between the sources and one row.
static void copy_features(const gru_run *r, int32_t n, int32_t t, float *row, bool add) {
    const gk_gru *l = r->layer;
    for (int32_t s = 0; s < l->source_count; s++) {
        const gk_lstm_source *source = &l->sources[s];
        for (int32_t y = 0; y < source->rows; y++, row += source->channels) {
            size_t at = (((size_t)n * source->rows + y) * source->columns + t / source->span) * source->channels;
            if (!add) {
                memcpy(row, source->values + at, sizeof(float) * source->channels);
            } else if (source->gradient) {
                for (int32_t c = 0; c < source->channels; c++) source->gradient[at + c] += row[c];
            }
        }
    }
}

static int32_t images_of(const gru_run *r, int32_t block) {
    return r->batch - block * BLOCK < BLOCK ? r->batch - block * BLOCK : BLOCK;
}

static void forward_item(void *context, int32_t block, int32_t worker) {
    const gru_run *r = context;
    const gk_gru *l = r->layer;
    int32_t first = block * BLOCK, images = images_of(r, block), h = l->hidden, steps = l->steps;
    float *inputs = r->inputs + (size_t)first * steps * r->features;
    for (int32_t n = 0; n < images; n++)
        for (int32_t t = 0; t < steps; t++)
            copy_features(r, first + n, t, inputs + ((size_t)n * steps + t) * r->features, false);
    float *projected = r->scratch + worker * r->worker_floats, *back = projected + (size_t)BLOCK * steps * 3 * h;
    for (int32_t d = 0; d < l->direction_count; d++) {
        const gk_gru_direction *w = &l->directions[d];
        float *states = states_of(r, d) + (size_t)first * steps * h;
        float *gates = states_of(r, d) + r->states + (size_t)first * steps * 4 * h;
        r->kernels->gemm.rows(images * steps, 3 * h / 16, r->features, inputs, r->features, w->input_weights, 3 * h,
                              projected, 3 * h, false);
        for (int32_t s = 0; s < steps; s++) {
            int32_t t = d ? steps - 1 - s : s, earlier = d ? t + 1 : t - 1;
            if (s > 0)
                r->kernels->gemm.rows(images, 3 * h / 16, h, states + (size_t)earlier * h, (ptrdiff_t)steps * h,
                                      w->recurrent_weights, 3 * h, back, 3 * h, false);
            for (int32_t n = 0; n < images; n++) {
                size_t row = (size_t)n * steps + t;
                r->kernels->gru_step(1, h, projected + row * 3 * h, back + (size_t)n * 3 * h, w->input_bias,
                                     w->recurrent_bias, s > 0 ? states + ((size_t)n * steps + earlier) * h : NULL,
                                     gates + row * 4 * h, states + row * h);
                size_t place = (size_t)(first + n) * steps + t;
                if (l->outputs)
                    memcpy(l->outputs + (place * l->direction_count + d) * h, states + row * h, sizeof(float) * h);
                if (l->last && s == steps - 1)
                    memcpy(l->last + ((size_t)(first + n) * l->direction_count + d) * h, states + row * h,
                           sizeof(float) * h);
            }
        }
    }
}

void gk_gru_forward(gk_pool *pool, int32_t batch, const gk_gru *l) {
    if (batch <= 0) return;
    gru_run r = start(l, batch);
    r.worker_floats = (size_t)BLOCK * 3 * l->hidden * (l->steps + 1);
    r.scratch = gk_pool_scratch(pool, sizeof(float) * gk_pool_threads(pool) * r.worker_floats);
    if (!r.scratch) return;
    gk_pool_run(pool, r.blocks, forward_item, &r);
}

static void backward_item(void *context, int32_t block, int32_t worker) {
    const gru_run *r = context;
    const gk_gru *l = r->layer;
    const gk_gemm *gemm = &r->kernels->gemm;
    int32_t first = block * BLOCK, images = images_of(r, block), h = l->hidden, steps = l->steps;
    int32_t rows = images * steps, directions = l->direction_count;
    size_t most = (size_t)BLOCK * steps;
    const float *inputs = r->inputs + (size_t)first * steps * r->features;
    float *in = r->scratch + worker * r->worker_floats, *st = in + most * 3 * h, *before = st + most * 3 * h;
    float *dh = before + most * h, *dx = dh + (size_t)BLOCK * h;
    for (int32_t s = 0; s < l->source_count; s++) {
        const gk_lstm_source *source = &l->sources[s];
        size_t image = (size_t)source->rows * source->columns * source->channels;
        if (source->gradient) memset(source->gradient + first * image, 0, sizeof(float) * images * image);
    }
    for (int32_t d = 0; d < directions; d++) {
        const float *states = states_of(r, d) + (size_t)first * steps * h;
        const float *gates = states_of(r, d) + r->states + (size_t)first * steps * 4 * h;
        const float *turned = r->turned + d * 3 * h * (size_t)(r->padded + h);
        memset(dh, 0, sizeof(float) * images * h);
        for (int32_t s = steps - 1; s >= 0; s--) {
            int32_t t = d ? steps - 1 - s : s, earlier = d ? t + 1 : t - 1;
            for (int32_t n = 0; n < images; n++) {
                size_t row = (size_t)n * steps + t, place = (size_t)(first + n) * steps + t;
                float *own = dh + (size_t)n * h;
                const float *from = l->outputs_gradient;
                if (from)
                    for (int32_t u = 0; u < h; u++) own[u] += from[(place * directions + d) * h + u];
                from = l->last_gradient;
                if (from && s == steps - 1)
                    for (int32_t u = 0; u < h; u++) own[u] += from[((size_t)(first + n) * directions + d) * h + u];
                const float *old = s > 0 ? states + ((size_t)n * steps + earlier) * h : NULL;
                if (old) memcpy(before + row * h, old, sizeof(float) * h);
                else memset(before + row * h, 0, sizeof(float) * h);
                r->kernels->gru_step_backward(1, h, gates + row * 4 * h, old, own, in + row * 3 * h, st + row * 3 * h);
            }
            gemm->rows(images, h / 16, 3 * h, st + (size_t)t * 3 * h, (ptrdiff_t)steps * 3 * h,
                       turned + (size_t)r->padded * 3 * h, h, dh, h, true);
        }
        float *partial = r->partials + ((size_t)block * directions + d) * r->direction;
        gemm->columns(r->features, 3 * h / 16, rows, inputs, r->features, in, 3 * h, partial, 3 * h, false);
        partial += r->input_weights;
        gemm->columns(h, 3 * h / 16, rows, before, h, st, 3 * h, partial, 3 * h, false);
        partial += r->recurrent_weights;
        gemm->sum_rows(rows, 3 * h, in, partial);
        gemm->sum_rows(rows, 3 * h, st, partial + 3 * h);
        gemm->rows(rows, r->padded / 16, 3 * h, in, 3 * h, turned, r->padded, dx, r->padded, d > 0);
    }
    for (int32_t n = 0; n < images; n++)
        for (int32_t t = 0; t < steps; t++)
            copy_features(r, first + n, t, dx + ((size_t)n * steps + t) * r->padded, true);
}

static void sum_item(void *context, int32_t item, int32_t worker) {
    const gru_run *r = context;
    size_t all = r->direction * r->layer->direction_count, begin = (size_t)item * SUMS;
    size_t end = begin + SUMS < all ? begin + SUMS : all;
    for (int32_t b = 1; b < r->blocks; b++)
        for (size_t i = begin; i < end; i++) r->partials[i] += r->partials[b * all + i];
}

void gk_gru_backward(gk_pool *pool, int32_t batch, const gk_gru *l) {
    if (batch <= 0) return;
    gru_run r = start(l, batch);
    int32_t h = l->hidden;
    size_t all = r.direction * l->direction_count, turned = (size_t)l->direction_count * 3 * h * (r.padded + h);
    r.worker_floats = (size_t)BLOCK * (l->steps * (7 * (size_t)h + r.padded) + h);
    size_t floats = r.blocks * all + turned + gk_pool_threads(pool) * r.worker_floats;
    r.partials = gk_pool_scratch(pool, sizeof(float) * floats);
    if (!r.partials) return;
    r.turned = r.partials + r.blocks * all;
    r.scratch = r.turned + turned;
    memset(r.turned, 0, sizeof(float) * turned);
    for (int32_t d = 0; d < l->direction_count; d++) {
        float *to = r.turned + d * 3 * h * (size_t)(r.padded + h);
        r.kernels->gemm.transpose(r.features, 3 * h, l->directions[d].input_weights, 3 * h, to, r.padded);
        r.kernels->gemm.transpose(h, 3 * h, l->directions[d].recurrent_weights, 3 * h, to + (size_t)r.padded * 3 * h,
                                  h);
    }
    gk_pool_run(pool, r.blocks, backward_item, &r);
    gk_pool_run(pool, (int32_t)((all + SUMS - 1) / SUMS), sum_item, &r);
    for (int32_t d = 0; d < l->direction_count; d++) {
        const gk_gru_direction *w = &l->directions[d];
        const float *sums = r.partials + d * r.direction;
        memcpy(w->input_weight_gradient, sums, sizeof(float) * r.input_weights);
        memcpy(w->recurrent_weight_gradient, sums + r.input_weights, sizeof(float) * r.recurrent_weights);
        sums += r.input_weights + r.recurrent_weights;
        memcpy(w->input_bias_gradient, sums, sizeof(float) * 3 * h);
        memcpy(w->recurrent_bias_gradient, sums + 3 * h, sizeof(float) * 3 * h);
    }
}
