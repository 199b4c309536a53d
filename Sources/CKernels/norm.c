// Batch normalisation on the pool (gk_norm.h).
#include "gk_norm.h"
#include "layers.h"
#include "pool_scratch.h"
#include <math.h>
#include <string.h>

enum { BLOCK = 8, PIECE = 1 << 15 }; // images of one sum; floats of one item that sums nothing

typedef struct {
    const layer_kernels *kernels;
    const gk_norm *norm;
    int32_t batch, blocks, images; // images: of one item that sums nothing
    double *sums;                  // [blocks][2][channels]
    float *factor, *offset;        // [channels]
    float *means[2];               // backward: of g and of g x'
} norm_run;

static norm_run *start(gk_pool *pool, int32_t batch, const gk_norm *norm, norm_run *run) {
    *run = (norm_run){.kernels = gk_layer_table(), .norm = norm, .batch = batch, .blocks = (batch + BLOCK - 1) / BLOCK};
    int64_t image = (int64_t)norm->places * norm->channels;
    run->images = image < PIECE ? (int32_t)(PIECE / image) : 1;
    size_t channels = norm->channels < 16 ? 16 : norm->channels, sums = 2 * run->blocks * channels;
    char *scratch = gk_pool_scratch(pool, sums * sizeof(double) + 4 * channels * sizeof(float));
    if (!scratch) return NULL;
    run->sums = (double *)scratch;
    run->factor = (float *)(scratch + sums * sizeof(double));
    run->offset = run->factor + channels;
    run->means[0] = run->offset + channels;
    run->means[1] = run->means[0] + channels;
    return run;
}

static int32_t images_of_block(const norm_run *run, int32_t block) {
    return run->batch - block * BLOCK < BLOCK ? run->batch - block * BLOCK : BLOCK;
}

static void moments_item(void *context, int32_t block, int32_t worker) {
    const norm_run *run = context;
    const gk_norm *n = run->norm;
    double *sums = run->sums + (size_t)block * 2 * n->channels;
    memset(sums, 0, sizeof(double) * 2 * n->channels);
    run->kernels->norm_moments((int64_t)images_of_block(run, block) * n->places, n->channels,
                               n->input + (size_t)block * BLOCK * n->places * n->channels, 0, sums,
                               sums + n->channels);
}

static void apply_item(void *context, int32_t item, int32_t worker) {
    const norm_run *run = context;
    const gk_norm *n = run->norm;
    int32_t first = item * run->images, images = run->batch - first < run->images ? run->batch - first : run->images;
    size_t begin = (size_t)first * n->places * n->channels;
    run->kernels->norm_apply((int64_t)images * n->places, n->channels, n->input + begin, run->factor, run->offset,
                             n->slope, n->output + begin);
}

/// factor and offset, from mean and inverse
static void set_factors(const norm_run *run) {
    const gk_norm *n = run->norm;
    for (int32_t c = 0; c < n->channels; c++) {
        run->factor[c] = n->scale[c] * n->inverse[c];
        run->offset[c] = n->shift[c] - n->mean[c] * run->factor[c];
    }
}

void gk_norm_forward(gk_pool *pool, int32_t batch, const gk_norm *n) {
    norm_run run;
    if (batch <= 0) return;
    if (!start(pool, batch, n, &run)) return gk_oracle_norm_forward(batch, n);
    if (n->fixed) {
        for (int32_t c = 0; c < n->channels; c++) {
            n->mean[c] = n->running_mean[c];
            n->inverse[c] = 1 / sqrtf(n->running_variance[c] + n->epsilon);
        }
    } else {
        gk_pool_run(pool, run.blocks, moments_item, &run);
        for (int32_t c = 0; c < n->channels; c++) {
            double mean = 0, m2 = 0, before = 0;
            for (int32_t b = 0; b < run.blocks; b++) {
                const double *sums = run.sums + (size_t)b * 2 * n->channels;
                double more = (double)images_of_block(&run, b) * n->places, all = before + more;
                double delta = sums[c] - mean;
                mean += delta * more / all;
                m2 += sums[n->channels + c] + delta * delta * (before * more / all);
                before = all;
            }
            n->mean[c] = (float)mean;
            n->inverse[c] = (float)(1 / sqrt(m2 / before + n->epsilon));
            float variance = (float)(m2 / (before > 1 ? before - 1 : 1));
            n->running_mean[c] += n->momentum * (n->mean[c] - n->running_mean[c]);
            n->running_variance[c] += n->momentum * (variance - n->running_variance[c]);
        }
    }
    set_factors(&run);
    gk_pool_run(pool, (batch + run.images - 1) / run.images, apply_item, &run);
}

static void sums_item(void *context, int32_t block, int32_t worker) {
    const norm_run *run = context;
    const gk_norm *n = run->norm;
    double *sums = run->sums + (size_t)block * 2 * n->channels;
    memset(sums, 0, sizeof(double) * 2 * n->channels);
    size_t begin = (size_t)block * BLOCK * n->places * n->channels;
    run->kernels->norm_sums((int64_t)images_of_block(run, block) * n->places, n, run->factor, run->offset,
                            n->input + begin, n->output_gradient + begin, sums, sums + n->channels);
}

static void gradient_item(void *context, int32_t item, int32_t worker) {
    const norm_run *run = context;
    const gk_norm *n = run->norm;
    int32_t first = item * run->images, images = run->batch - first < run->images ? run->batch - first : run->images;
    size_t begin = (size_t)first * n->places * n->channels;
    run->kernels->norm_gradient((int64_t)images * n->places, n, run->factor, run->offset, run->means[0], run->means[1],
                                n->input + begin, n->output_gradient + begin, n->input_gradient + begin);
}

void gk_norm_backward(gk_pool *pool, int32_t batch, const gk_norm *n) {
    norm_run run;
    if (batch <= 0) return;
    if (!start(pool, batch, n, &run)) return gk_oracle_norm_backward(batch, n);
    set_factors(&run);
    gk_pool_run(pool, run.blocks, sums_item, &run);
    double count = (double)batch * n->places;
    for (int32_t c = 0; c < n->channels; c++) {
        double sum = 0, product = 0;
        for (int32_t b = 0; b < run.blocks; b++) {
            sum += run.sums[(size_t)b * 2 * n->channels + c];
            product += run.sums[((size_t)b * 2 + 1) * n->channels + c];
        }
        n->shift_gradient[c] = (float)sum;
        n->scale_gradient[c] = (float)product;
        // Fixed statistics do not move with the values.
        run.means[0][c] = n->fixed ? 0 : (float)(sum / count);
        run.means[1][c] = n->fixed ? 0 : (float)(product / count);
    }
    if (n->input_gradient) gk_pool_run(pool, (batch + run.images - 1) / run.images, gradient_item, &run);
}

void gk_norm_fold(int64_t taps, int32_t out, const float *weights, const float *bias, const float *scale,
                  const float *shift, const float *mean, const float *variance, float epsilon, float *to_weights,
                  float *to_bias) {
    for (int32_t o = 0; o < out; o++) {
        float factor = scale[o] / sqrtf(variance[o] + epsilon);
        to_bias[o] = ((bias ? bias[o] : 0) - mean[o]) * factor + shift[o];
        for (int64_t t = 0; t < taps; t++) to_weights[t * out + o] = weights[t * out + o] * factor;
    }
}
