// Batch normalisation on the pool (gk_norm.h).
#include "norm.h"
#include "pool_scratch.h"
#include <math.h>
#include <string.h>

enum { PIECE = 1 << 15 }; // floats of one item that sums nothing

// MARK: - A pass and its sums

bool gk_norm_start(gk_pool *pool, int32_t batch, const gk_norm *norm, gk_norm_run *run) {
    *run = (gk_norm_run){.kernels = gk_layer_table(), .norm = norm, .batch = batch,
                         .blocks = (batch + GK_NORM_BLOCK - 1) / GK_NORM_BLOCK};
    size_t channels = norm->channels < 16 ? 16 : norm->channels, sums = 2 * run->blocks * channels;
    char *scratch = gk_pool_scratch(pool, sums * sizeof(double) + 4 * channels * sizeof(float));
    if (!scratch) return false;
    run->sums = (double *)scratch;
    run->factor = (float *)(scratch + sums * sizeof(double));
    run->offset = run->factor + channels;
    run->means[0] = run->offset + channels;
    run->means[1] = run->means[0] + channels;
    return true;
}

int32_t gk_norm_block_images(const gk_norm_run *run, int32_t block) {
    int32_t rest = run->batch - block * GK_NORM_BLOCK;
    return rest < GK_NORM_BLOCK ? rest : GK_NORM_BLOCK;
}

double *gk_norm_block_sums(const gk_norm_run *run, int32_t block) {
    double *sums = run->sums + (size_t)block * 2 * run->norm->channels;
    memset(sums, 0, sizeof(double) * 2 * run->norm->channels);
    return sums;
}

void gk_norm_set_factors(const gk_norm_run *run) {
    const gk_norm *n = run->norm;
    for (int32_t c = 0; c < n->channels; c++) {
        run->factor[c] = n->scale[c] * n->inverse[c];
        run->offset[c] = n->shift[c] - n->mean[c] * run->factor[c];
    }
}

void gk_norm_settle(const gk_norm_run *run) {
    const gk_norm *n = run->norm;
    for (int32_t c = 0; c < n->channels; c++) {
        if (n->fixed) {
            n->mean[c] = n->running_mean[c];
            n->inverse[c] = 1 / sqrtf(n->running_variance[c] + n->epsilon);
            continue;
        }
        double mean = 0, m2 = 0, before = 0;
        for (int32_t b = 0; b < run->blocks; b++) {
            const double *sums = run->sums + (size_t)b * 2 * n->channels;
            double more = (double)gk_norm_block_images(run, b) * n->places, all = before + more;
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
    gk_norm_set_factors(run);
}

void gk_norm_settle_gradients(const gk_norm_run *run) {
    const gk_norm *n = run->norm;
    double count = (double)run->batch * n->places;
    for (int32_t c = 0; c < n->channels; c++) {
        double sum = 0, product = 0;
        for (int32_t b = 0; b < run->blocks; b++) {
            sum += run->sums[(size_t)b * 2 * n->channels + c];
            product += run->sums[((size_t)b * 2 + 1) * n->channels + c];
        }
        n->shift_gradient[c] = (float)sum;
        n->scale_gradient[c] = (float)product;
        // Fixed statistics do not move with the values.
        run->means[0][c] = n->fixed ? 0 : (float)(sum / count);
        run->means[1][c] = n->fixed ? 0 : (float)(product / count);
    }
}

// MARK: - A norm alone

/// Images of one item that sums nothing.
static int32_t piece(const gk_norm *n) {
    int64_t image = (int64_t)n->places * n->channels;
    return image < PIECE ? (int32_t)(PIECE / image) : 1;
}

static int32_t pieces(const gk_norm_run *run) {
    return (run->batch + piece(run->norm) - 1) / piece(run->norm);
}

/// Where an item begins, in floats, and its places.
static size_t begin_of(const gk_norm_run *run, int32_t item, int64_t *places) {
    const gk_norm *n = run->norm;
    int32_t first = item * piece(n), images = run->batch - first < piece(n) ? run->batch - first : piece(n);
    *places = (int64_t)images * n->places;
    return (size_t)first * n->places * n->channels;
}

static void moments_item(void *context, int32_t block, int32_t worker) {
    const gk_norm_run *run = context;
    const gk_norm *n = run->norm;
    double *sums = gk_norm_block_sums(run, block);
    run->kernels->norm_moments((int64_t)gk_norm_block_images(run, block) * n->places, n->channels,
                               n->input + (size_t)block * GK_NORM_BLOCK * n->places * n->channels, 0, sums,
                               sums + n->channels);
}

static void apply_item(void *context, int32_t item, int32_t worker) {
    const gk_norm_run *run = context;
    const gk_norm *n = run->norm;
    int64_t places;
    size_t begin = begin_of(run, item, &places);
    run->kernels->norm_apply(places, n->channels, n->input + begin, run->factor, run->offset, n->slope,
                             n->output + begin);
}

void gk_norm_forward(gk_pool *pool, int32_t batch, const gk_norm *n) {
    gk_norm_run run;
    if (batch <= 0) return;
    if (!gk_norm_start(pool, batch, n, &run)) return gk_oracle_norm_forward(batch, n);
    if (!n->fixed) gk_pool_run(pool, run.blocks, moments_item, &run);
    gk_norm_settle(&run);
    gk_pool_run(pool, pieces(&run), apply_item, &run);
}

static void sums_item(void *context, int32_t block, int32_t worker) {
    const gk_norm_run *run = context;
    const gk_norm *n = run->norm;
    double *sums = gk_norm_block_sums(run, block);
    size_t begin = (size_t)block * GK_NORM_BLOCK * n->places * n->channels;
    run->kernels->norm_sums((int64_t)gk_norm_block_images(run, block) * n->places, n, run->factor, run->offset,
                            n->input + begin, n->output_gradient + begin, sums, sums + n->channels);
}

static void gradient_item(void *context, int32_t item, int32_t worker) {
    const gk_norm_run *run = context;
    const gk_norm *n = run->norm;
    int64_t places;
    size_t begin = begin_of(run, item, &places);
    run->kernels->norm_gradient(places, n, run->factor, run->offset, run->means[0], run->means[1], n->input + begin,
                                n->output_gradient + begin, n->input_gradient + begin);
}

void gk_norm_backward(gk_pool *pool, int32_t batch, const gk_norm *n) {
    gk_norm_run run;
    if (batch <= 0) return;
    if (!gk_norm_start(pool, batch, n, &run)) return gk_oracle_norm_backward(batch, n);
    gk_norm_set_factors(&run);
    gk_pool_run(pool, run.blocks, sums_item, &run);
    gk_norm_settle_gradients(&run);
    if (n->input_gradient) gk_pool_run(pool, pieces(&run), gradient_item, &run);
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
