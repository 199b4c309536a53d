// Optimisers over fixed blocks of parameters (gk_optimiser.h).
#include "optimiser.h"
#include "gk_isa.h"
#include "gk_oracle.h"
#include "pool_scratch.h"
#include <math.h>

enum { BLOCKS_AN_ITEM = 8, ITEM = BLOCKS_AN_ITEM * GK_ADAM_BLOCK };

static const method_kernels *methods_active(void) {
    switch (gk_isa_active()) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        return &gk_methods_avx512;
    case GK_ISA_AVX2:
        return &gk_methods_avx2;
#endif
    case GK_ISA_PORTABLE:
        return &gk_methods_portable;
    default:
        return NULL;
    }
}

adam_kernel gk_adam_active(void) {
    const method_kernels *kernels = methods_active();
    return kernels ? kernels->plain : NULL;
}

adam_rates gk_adam_rates(const gk_adam *a) {
    return (adam_rates){
        .beta1 = a->beta1,
        .beta2 = a->beta2,
        .rest1 = 1 - a->beta1,
        .rest2 = 1 - a->beta2,
        .rate = (float)(a->learning_rate / (1 - pow(a->beta1, (double)a->step))),
        .correction = (float)(1 / sqrt(1 - pow(a->beta2, (double)a->step))),
        .epsilon = a->epsilon,
        .l1 = a->l1,
    };
}

typedef struct {
    adam_kernel kernel;
    adam_rates rates;
    int64_t count, penalised;
    float *p, *m, *v;
    const float *g;
    double *sums;
} adam_run;

static void update_item(void *context, int32_t item, int32_t worker) {
    const adam_run *run = context;
    int64_t begin = (int64_t)item * ITEM, count = run->count - begin < ITEM ? run->count - begin : ITEM;
    run->kernel(&run->rates, count, run->penalised - begin, run->p + begin, run->g + begin, run->m + begin,
                run->v + begin, run->sums + (int64_t)item * BLOCKS_AN_ITEM);
}

double gk_adam_update(gk_pool *pool, const gk_adam *adam, int64_t count, int64_t penalised, float *parameters,
                      const float *gradients, float *first_moment, float *second_moment) {
    if (count <= 0) return 0;
    int64_t blocks = (count + GK_ADAM_BLOCK - 1) / GK_ADAM_BLOCK;
    adam_kernel kernel = gk_adam_active();
    double *sums = kernel ? gk_pool_scratch(pool, sizeof(double) * (size_t)blocks) : NULL;
    if (!sums)
        return gk_oracle_adam_update(adam, count, penalised, parameters, gradients, first_moment, second_moment);
    adam_run run = {.kernel = kernel, .rates = gk_adam_rates(adam), .count = count, .penalised = penalised,
                    .p = parameters, .m = first_moment, .v = second_moment, .g = gradients, .sums = sums};
    gk_pool_run(pool, (int32_t)((count + ITEM - 1) / ITEM), update_item, &run);
    double total = 0;
    for (int64_t b = 0; b < blocks; b++) total += sums[b];
    return total;
}

// MARK: - Any method

static method_kernel kernel_of(const method_kernels *kernels, const gk_optimiser *o) {
    switch (o->method) {
    case GK_SGD:
        return o->momentum > 0 ? kernels->momentum : kernels->sgd;
    case GK_ADADELTA:
        return kernels->adadelta;
    default:
        return kernels->adam;
    }
}

static gk_adam adam_of(const gk_optimiser *o) {
    return (gk_adam){.learning_rate = o->learning_rate, .beta1 = o->beta1, .beta2 = o->beta2, .epsilon = o->epsilon,
                     .l1 = o->l1, .step = o->step};
}

static bool is_adam(const gk_optimiser *o) { return o->method == GK_ADAM || o->method == GK_ADAMW; }

static method_rates rates_of(const gk_optimiser *o) {
    gk_adam adam = adam_of(o);
    bool is_apart = o->method == GK_ADAMW; // the decay goes past the gradient
    method_rates rates = {
        .l2 = 2 * o->l2,
        .weight_decay = is_apart ? 0 : o->weight_decay,
        .shrink = is_apart ? (float)(1 - (double)o->learning_rate * o->weight_decay) : 1,
        .momentum = o->momentum,
        .lookahead = o->nesterov ? o->momentum : 0,
        .rho = o->rho,
        .rest = 1 - o->rho,
    };
    if (is_adam(o)) {
        rates.adam = gk_adam_rates(&adam);
    } else {
        rates.adam = (adam_rates){.rate = o->learning_rate, .epsilon = o->epsilon, .l1 = o->l1};
    }
    return rates;
}

typedef struct {
    method_kernel kernel;
    method_rates rates;
    int64_t count, penalised;
    float *p, *first, *second;
    const float *g;
    double *sums, *squares;
} method_run;

static void method_item(void *context, int32_t item, int32_t worker) {
    const method_run *run = context;
    int64_t begin = (int64_t)item * ITEM, count = run->count - begin < ITEM ? run->count - begin : ITEM;
    int64_t block = (int64_t)item * BLOCKS_AN_ITEM;
    run->kernel(&run->rates, count, run->penalised - begin, run->p + begin, run->g + begin,
                run->first ? run->first + begin : NULL, run->second ? run->second + begin : NULL, run->sums + block,
                run->squares + block);
}

gk_magnitudes gk_optimiser_update(gk_pool *pool, const gk_optimiser *optimiser, int64_t count, int64_t penalised,
                                  float *parameters, const float *gradients, float *first, float *second) {
    if (count <= 0) return (gk_magnitudes){0};
    if (optimiser->method == GK_ADAM && optimiser->l2 == 0 && optimiser->weight_decay == 0) {
        gk_adam adam = adam_of(optimiser);
        return (gk_magnitudes){
            .absolute = gk_adam_update(pool, &adam, count, penalised, parameters, gradients, first, second)};
    }
    int64_t blocks = (count + GK_ADAM_BLOCK - 1) / GK_ADAM_BLOCK;
    const method_kernels *kernels = methods_active();
    double *sums = kernels ? gk_pool_scratch(pool, 2 * sizeof(double) * (size_t)blocks) : NULL;
    if (!sums) return gk_oracle_optimiser_update(optimiser, count, penalised, parameters, gradients, first, second);
    method_run run = {.kernel = kernel_of(kernels, optimiser), .rates = rates_of(optimiser), .count = count,
                      .penalised = penalised, .p = parameters, .first = first, .second = second, .g = gradients,
                      .sums = sums, .squares = sums + blocks};
    gk_pool_run(pool, (int32_t)((count + ITEM - 1) / ITEM), method_item, &run);
    gk_magnitudes total = {0};
    for (int64_t b = 0; b < blocks; b++) {
        total.absolute += run.sums[b];
        total.square += run.squares[b];
    }
    if (optimiser->l2 == 0) total.square = 0;
    return total;
}

void gk_running_mean(int64_t count, int64_t n, const float *values, float *mean) {
    float share = 1.0f / (float)n;
    for (int64_t i = 0; i < count; i++)
        mean[i] += (values[i] - mean[i]) * share;
}
