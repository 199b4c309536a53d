// Adam (Kingma & Ba 2015, as PyTorch computes it) with the gradient of an L1 penalty, in one pass over the parameters.
//
//     g' = g + l1 * sign(p)                       (penalised parameters only; sign(0) = 0)
//     m  = beta1 m + (1 - beta1) g'
//     v  = beta2 v + (1 - beta2) g'^2
//     p -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
#pragma once
#include "gk_dense.h"
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

/// gk_dense_backward, and in the same pass gk_adam_update of the layer's weights, all of which pay the penalty: the same
/// bits as the two calls, but the weight gradient goes from cache to update and is not written. `weights` is the layer's
/// own `weights`, to be changed. `weight_gradient` must still be there: the scalar path writes it.
/// - Returns what gk_adam_update returns. The bias and its gradient are left to the caller.
double gk_dense_backward_adam(gk_pool *pool, int32_t batch, const gk_dense *layer, const gk_adam *adam, float *weights,
                              float *first_moment, float *second_moment);

/// mean += (values - mean) / n, for the n-th of equally weighted values, from 1.
void gk_running_mean(int64_t count, int64_t n, const float *values, float *mean);
