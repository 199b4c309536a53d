// Adam (Kingma & Ba 2015, as PyTorch computes it) with the gradient of an L1 penalty, in one pass over the parameters.
//
//     g' = g + l1 * sign(p)                       (penalised parameters only; sign(0) = 0)
//     m  = beta1 m + (1 - beta1) g'
//     v  = beta2 v + (1 - beta2) g'^2
//     p -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
#pragma once
#include "gk_pool.h"
#include <stdint.h>

typedef struct {
    float learning_rate, beta1, beta2, epsilon, l1;
    int64_t step; // t, from 1
} gk_adam;

/// Updates `count` parameters, of which the first `penalised` pay the L1 penalty.
/// - Returns the sum of |p| over the penalised ones before the update, summed in fixed blocks.
double gk_adam_update(gk_pool *pool, const gk_adam *adam, int64_t count, int64_t penalised, float *parameters,
                      const float *gradients, float *first_moment, float *second_moment);
