// Norm, activation and max pool as one layer, on the pool of threads (gk_norm_pool.h).
#include "gk_norm_pool.h"
#include "norm.h"

enum { BAND = 1 << 13 }; // floats of x that are read for the moments and then, from the cache, for the pool

typedef struct {
    gk_norm_run norm;
    const gk_norm_pool *layer;
    int32_t rows, band; // pooled rows of an image, and those that are worked on together
    size_t row, image;  // floats of a pooled row and of all of an image
} norm_pool_run;

static bool start(gk_pool *pool, int32_t batch, const gk_norm_pool *l, norm_pool_run *run) {
    *run = (norm_pool_run){.layer = l, .rows = l->height / l->window_height};
    run->row = (size_t)(l->width / l->window_width) * l->norm.channels;
    run->image = run->rows * run->row;
    int64_t floats = (int64_t)l->window_height * l->width * l->norm.channels;
    run->band = floats < BAND ? (int32_t)(BAND / floats) : 1;
    return gk_norm_start(pool, batch, &l->norm, &run->norm);
}

/// Moments and chosen places of an image, in bands that stay in the cache.
static void choose(const norm_pool_run *run, size_t image, int64_t before, double *sums) {
    const gk_norm_pool *l = run->layer;
    const gk_norm *n = &l->norm;
    const layer_kernels *kernels = run->norm.kernels;
    const float *x = n->input + image * n->places * n->channels;
    for (int32_t r = 0; r < run->rows; r += run->band) {
        int32_t end = r + run->band < run->rows ? r + run->band : run->rows;
        // The last band takes the rows that no window covers.
        int32_t first = r * l->window_height, last = end < run->rows ? end * l->window_height : l->height;
        int64_t places = (int64_t)(last - first) * l->width;
        if (!n->fixed)
            kernels->norm_moments(places, n->channels, x + (size_t)first * l->width * n->channels, before, sums,
                                  sums + n->channels);
        before += places;
        for (int32_t y = r; y < end; y++) {
            size_t to = image * run->image + y * run->row;
            kernels->norm_choose(l, y, x, l->chosen + to, l->argmax ? l->argmax + to : NULL);
        }
    }
}

static void choose_item(void *context, int32_t block, int32_t worker) {
    const norm_pool_run *run = context;
    double *sums = gk_norm_block_sums(&run->norm, block);
    for (int32_t i = 0; i < gk_norm_block_images(&run->norm, block); i++)
        choose(run, (size_t)block * GK_NORM_BLOCK + i, (int64_t)i * run->layer->norm.places, sums);
}

static void finish_item(void *context, int32_t image, int32_t worker) {
    const norm_pool_run *run = context;
    const gk_norm_pool *l = run->layer;
    const gk_norm *n = &l->norm;
    size_t begin = image * run->image;
    bool is_leaky = l->kind == GK_LEAKY;
    run->norm.kernels->norm_apply((int64_t)(run->image / n->channels), n->channels, l->chosen + begin, run->norm.factor,
                                  run->norm.offset, is_leaky ? l->slope : 1, n->output + begin);
    if (!is_leaky)
        run->norm.kernels->activate(l->kind, l->slope, (int64_t)run->image, n->output + begin, n->output + begin);
}

void gk_norm_pool_forward(gk_pool *pool, int32_t batch, const gk_norm_pool *layer) {
    norm_pool_run run;
    if (batch <= 0) return;
    if (!start(pool, batch, layer, &run)) return gk_oracle_norm_pool_forward(batch, layer);
    gk_pool_run(pool, run.norm.blocks, choose_item, &run);
    gk_norm_settle(&run.norm);
    gk_pool_run(pool, batch, finish_item, &run);
}

static void sums_item(void *context, int32_t block, int32_t worker) {
    const norm_pool_run *run = context;
    const gk_norm_pool *l = run->layer;
    double *sums = gk_norm_block_sums(&run->norm, block);
    size_t begin = (size_t)block * GK_NORM_BLOCK * run->image;
    int64_t floats = (int64_t)(gk_norm_block_images(&run->norm, block) * run->image);
    run->norm.kernels->activate_gradient(l->kind, l->slope, floats, l->norm.output + begin,
                                         l->norm.output_gradient + begin, l->gradient + begin);
    gk_norm plain = l->norm;
    plain.slope = 1;
    run->norm.kernels->norm_sums(floats / plain.channels, &plain, run->norm.factor, run->norm.offset, l->chosen + begin,
                                 l->gradient + begin, sums, sums + plain.channels);
}

static void gradient_item(void *context, int32_t image, int32_t worker) {
    const norm_pool_run *run = context;
    const gk_norm_pool *l = run->layer;
    size_t floats = (size_t)l->norm.places * l->norm.channels, from = image * run->image;
    run->norm.kernels->norm_pool_gradient(l, run->norm.factor, run->norm.means[0], run->norm.means[1],
                                          l->norm.input + image * floats, l->gradient + from, l->argmax + from,
                                          l->norm.input_gradient + image * floats);
}

void gk_norm_pool_backward(gk_pool *pool, int32_t batch, const gk_norm_pool *layer) {
    norm_pool_run run;
    if (batch <= 0) return;
    if (!start(pool, batch, layer, &run)) return gk_oracle_norm_pool_backward(batch, layer);
    gk_norm_set_factors(&run.norm);
    gk_pool_run(pool, run.norm.blocks, sums_item, &run);
    gk_norm_settle_gradients(&run.norm);
    if (layer->norm.input_gradient) gk_pool_run(pool, batch, gradient_item, &run);
}
