// The Adam kernel of one instruction set (optimiser_kernels.h), and what optimiser.c works out for it.
#pragma once
#include "gk_optimiser.h"
#include <stddef.h>

enum { GK_ADAM_BLOCK = 4096 }; // parameters whose |p| are added up before they go into the sum of all blocks

typedef struct {
    float beta1, beta2, rest1, rest2; // rest: 1 - beta
    float rate;                       // with its bias correction
    float correction;                 // 1 / sqrt(1 - beta2^t)
    float epsilon, l1;
} adam_rates;

/// Updates `count` parameters, of which the first `penalised` pay the penalty: sums[b] = sum of |p| before the update
/// over the penalised ones of block b. The first parameter begins a block.
typedef void (*adam_kernel)(const adam_rates *rates, int64_t count, int64_t penalised, float *p, const float *g,
                            float *m, float *v, double *sums);

extern const adam_kernel gk_adam_portable, gk_adam_avx2, gk_adam_avx512;

/// The kernel of the instruction set in use; NULL for the scalar one.
adam_kernel gk_adam_active(void);
adam_rates gk_adam_rates(const gk_adam *adam);
