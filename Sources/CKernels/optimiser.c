// Adam over fixed blocks of parameters (gk_optimiser.h).
#include "optimiser.h"
#include "gk_isa.h"
#include "gk_oracle.h"
#include "pool_scratch.h"
#include <math.h>

enum { BLOCKS_AN_ITEM = 8, ITEM = BLOCKS_AN_ITEM * GK_ADAM_BLOCK };

adam_kernel gk_adam_active(void) {
    switch (gk_isa_active()) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        return gk_adam_avx512;
    case GK_ISA_AVX2:
        return gk_adam_avx2;
#endif
    case GK_ISA_PORTABLE:
        return gk_adam_portable;
    default:
        return NULL;
    }
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

void gk_running_mean(int64_t count, int64_t n, const float *values, float *mean) {
    float share = 1.0f / (float)n;
    for (int64_t i = 0; i < count; i++)
        mean[i] += (values[i] - mean[i]) * share;
}
