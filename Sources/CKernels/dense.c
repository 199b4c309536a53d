// Dense layers on the pool (gk_dense.h): how the work is cut, the same way whatever the number of threads.
//
// - Forward: the features are cut into chunks of CHUNK, whose partial sums are added in chunk order.
// - Backward: blocks of BLOCK features own their rows of the weight gradient and their columns of the data gradient.
#include "dense.h"
#include "gk_isa.h"
#include "gk_oracle.h"
#include "optimiser.h"
#include "pool_scratch.h"
#include <string.h>

enum {
    CHUNK = 512,     // features of one partial sum: their weights stay in the second-level cache
    ROWS = 64,       // images of one item of the forward pass
    BLOCK = 256,     // features of one item of the backward pass; times 16 outputs it is a whole block of Adam's sums
    STRIP = 48,      // features whose gradients are worked on together: a whole number of tiles of 6, of vectors of 16
    IMAGES = 256,    // images of one pass over a strip's weight gradient
    SMALL = 1 << 14, // additions of one item that finishes the forward pass
};

const dense_kernels *gk_dense_table(void) {
    switch (gk_isa_active()) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        return &gk_dense_avx512;
    case GK_ISA_AVX2:
        return &gk_dense_avx2;
#endif
    case GK_ISA_PORTABLE:
        return &gk_dense_portable;
    default:
        return NULL;
    }
}

typedef struct {
    const dense_kernels *kernels;
    const gk_dense *layer;
    gk_dropout dropout;
    int32_t batch, features;
    // Forward
    int32_t chunks, row_blocks, finish_rows;
    float *partials; // [chunks][batch][out]
    // Backward
    int32_t padded;      // images, to a multiple of 16
    float *transposed;   // [out][padded] gradient before the activation
    float *scratch;      // one piece a worker
    size_t worker_floats;
    // Update, where it goes with the backward pass
    adam_kernel adam;
    adam_rates rates;
    float *weights, *first_moment, *second_moment;
    double *sums;
} dense_run;

static int32_t ceiling(int64_t value, int64_t unit) { return (int32_t)((value + unit - 1) / unit); }

static dense_run start(int32_t batch, const gk_dense *layer) {
    dense_run run = {.kernels = gk_dense_table(), .layer = layer, .batch = batch};
    for (int32_t s = 0; s < layer->segment_count; s++) run.features += layer->segments[s].count;
    run.dropout = gk_dropout_for(layer->dropout, layer->key, layer->step);
    return run;
}

/// Calls `body` for each stretch of features in `begin ..< end` that lies in one segment: its segment, the first
/// feature within it, the first one among all, and how many.
#define FOR_STRETCHES(layer, begin, end, segment, local, global, count, body)                                          \
    do {                                                                                                               \
        int32_t first_ = 0;                                                                                            \
        for (int32_t s_ = 0; s_ < (layer)->segment_count && first_ < (end); s_++) {                                    \
            const gk_dense_segment *segment = &(layer)->segments[s_];                                                  \
            int32_t global = first_ > (begin) ? first_ : (begin);                                                      \
            int32_t last_ = first_ + segment->count < (end) ? first_ + segment->count : (end);                         \
            int32_t local = global - first_, count = last_ - global;                                                   \
            if (count > 0) body;                                                                                       \
            first_ += segment->count;                                                                                  \
        }                                                                                                              \
    } while (0)

static void forward_item(void *context, int32_t item, int32_t worker) {
    const dense_run *run = context;
    const gk_dense *d = run->layer;
    int32_t chunk = item / run->row_blocks, row = item % run->row_blocks * ROWS;
    int32_t rows = run->batch - row < ROWS ? run->batch - row : ROWS;
    int32_t begin = chunk * CHUNK, end = begin + CHUNK < run->features ? begin + CHUNK : run->features;
    float *partial = run->partials + ((size_t)chunk * run->batch + row) * d->out;
    bool more = false;
    FOR_STRETCHES(d, begin, end, segment, local, global, count, {
        run->kernels->gemm.rows(rows, d->out / 16, count, segment->features + (size_t)row * segment->count + local,
                                segment->count, d->weights + (size_t)global * d->out, d->out, partial, d->out, more);
        more = true;
    });
}

static void finish_item(void *context, int32_t item, int32_t worker) {
    const dense_run *run = context;
    int32_t begin = item * run->finish_rows, end = begin + run->finish_rows;
    run->kernels->finish(run->layer, &run->dropout, run->partials, run->chunks, run->batch, begin,
                         end < run->batch ? end : run->batch);
}

void gk_dense_forward(gk_pool *pool, int32_t batch, const gk_dense *layer) {
    if (batch <= 0) return;
    dense_run run = start(batch, layer);
    run.chunks = ceiling(run.features, CHUNK);
    run.row_blocks = ceiling(batch, ROWS);
    size_t floats = (size_t)run.chunks * batch * layer->out;
    run.partials = run.kernels ? gk_pool_scratch(pool, sizeof(float) * (floats + 16)) : NULL;
    if (!run.partials) return gk_oracle_dense_forward(batch, layer);
    gk_pool_run(pool, run.chunks * run.row_blocks, forward_item, &run);
    int64_t additions = (int64_t)(run.chunks + 1) * layer->out;
    run.finish_rows = additions < SMALL ? (int32_t)(SMALL / additions) : 1;
    gk_pool_run(pool, ceiling(batch, run.finish_rows), finish_item, &run);
}

static void start_backward_item(void *context, int32_t item, int32_t worker) {
    const dense_run *run = context;
    run->kernels->start_backward(run->layer, &run->dropout, run->batch, item * 16, run->transposed, run->padded);
}

/// Gradients of `count` (at most STRIP) features of a segment; those of the weights go to `weight_gradient`.
static void backward_strip(const dense_run *run, const gk_dense_segment *segment, int32_t local, int32_t global,
                           int32_t count, float *weight_gradient, float *scratch) {
    const gk_dense *d = run->layer;
    const gk_gemm *gemm = &run->kernels->gemm;
    if (segment->gradient) {
        // With images in the lanes the weights are read as they lie; the product is turned afterwards.
        gemm->rows(count, run->padded / 16, d->out, d->weights + (size_t)global * d->out, d->out, run->transposed,
                   run->padded, scratch, run->padded, false);
        gemm->transpose(count, run->batch, scratch, run->padded, segment->gradient + local, segment->count);
    }
    for (int32_t n = 0; n < run->batch; n += IMAGES) {
        // The features' rows lie a power of two apart, or nearly: copied together they do not fight for cache lines.
        int32_t images = run->batch - n < IMAGES ? run->batch - n : IMAGES;
        for (int32_t i = 0; i < images; i++)
            memcpy(scratch + (size_t)i * STRIP, segment->features + (size_t)(n + i) * segment->count + local,
                   sizeof(float) * count);
        gemm->columns(count, d->out / 16, images, scratch, STRIP, d->output_gradient + (size_t)n * d->out, d->out,
                      weight_gradient, d->out, n > 0);
    }
}

static void backward_item(void *context, int32_t item, int32_t worker) {
    const dense_run *run = context;
    const gk_dense *d = run->layer;
    if (item == 0) return run->kernels->gemm.sum_rows(run->batch, d->out, d->output_gradient, d->bias_gradient);
    int32_t begin = (item - 1) * BLOCK, end = begin + BLOCK < run->features ? begin + BLOCK : run->features;
    float *scratch = run->scratch + worker * run->worker_floats;
    size_t first = (size_t)begin * d->out;
    // With the update in the same pass the weight gradient never leaves the cache.
    float *gradient = run->adam ? scratch + run->worker_floats - (size_t)BLOCK * d->out : d->weight_gradient + first;
    FOR_STRETCHES(d, begin, end, segment, local, global, count, {
        for (int32_t k = 0; k < count; k += STRIP)
            backward_strip(run, segment, local + k, global + k, count - k < STRIP ? count - k : STRIP,
                           gradient + (size_t)(global + k - begin) * d->out, scratch);
    });
    if (run->adam) {
        int64_t size = (int64_t)(end - begin) * d->out;
        run->adam(&run->rates, size, size, run->weights + first, gradient, run->first_moment + first,
                  run->second_moment + first, run->sums + first / GK_ADAM_BLOCK);
    }
}

/// False, and nothing done, without fast kernels or memory.
static bool backward(gk_pool *pool, dense_run *run) {
    const gk_dense *d = run->layer;
    if (!run->kernels) return false;
    run->padded = ceiling(run->batch, 16) * 16;
    size_t strip = (size_t)STRIP * (run->padded > IMAGES ? run->padded : IMAGES);
    run->worker_floats = strip + (run->adam ? (size_t)BLOCK * d->out : 0);
    size_t transposed = (size_t)d->out * run->padded, blocks = (size_t)ceiling(run->features, BLOCK) * d->out / 16;
    float *memory = gk_pool_scratch(
        pool, sizeof(float) * (transposed + run->worker_floats * gk_pool_threads(pool)) + sizeof(double) * blocks);
    if (!memory) return false;
    run->transposed = memory;
    run->scratch = memory + transposed;
    run->sums = (double *)(run->scratch + run->worker_floats * gk_pool_threads(pool));
    gk_pool_run(pool, run->padded / 16, start_backward_item, run);
    gk_pool_run(pool, 1 + ceiling(run->features, BLOCK), backward_item, run);
    return true;
}

void gk_dense_backward(gk_pool *pool, int32_t batch, const gk_dense *layer) {
    if (batch <= 0) return;
    dense_run run = start(batch, layer);
    if (!backward(pool, &run)) gk_oracle_dense_backward(batch, layer);
}

double gk_dense_backward_adam(gk_pool *pool, int32_t batch, const gk_dense *layer, const gk_adam *adam, float *weights,
                              float *first_moment, float *second_moment) {
    if (batch <= 0) return 0;
    dense_run run = start(batch, layer);
    int64_t size = (int64_t)run.features * layer->out;
    run.adam = gk_adam_active();
    run.rates = gk_adam_rates(adam);
    run.weights = weights;
    run.first_moment = first_moment;
    run.second_moment = second_moment;
    if (!run.adam || !backward(pool, &run)) {
        gk_oracle_dense_backward(batch, layer);
        return gk_oracle_adam_update(adam, size, size, weights, layer->weight_gradient, first_moment, second_moment);
    }
    double total = 0;
    for (int64_t b = 0; b < ceiling(size, GK_ADAM_BLOCK); b++) total += run.sums[b];
    return total;
}
