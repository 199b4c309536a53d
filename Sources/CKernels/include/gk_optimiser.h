// Optimisers as PyTorch computes them, each in one pass over the parameters.
//
// Adam (Kingma & Ba 2015) with the gradient of an L1 penalty:
//
//     g' = g + l1 * sign(p)                       (penalised parameters only; sign(0) = 0)
//     m  = beta1 m + (1 - beta1) g'
//     v  = beta2 v + (1 - beta2) g'^2
//     p -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
#pragma once
#include "gk_dense.h"
#include "gk_pool.h"
#include <stdbool.h>
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

// All methods, with both penalties and weight decay:
//
//     g' = g + l1 * sign(p) + 2 * l2 * p          (penalised parameters only)
//     g' = g' + weight_decay * p                  (all but AdamW)
//
//     SGD       m  = momentum * m + g'
//               p -= rate * (nesterov ? g' + momentum * m : m)
//     Adam      as above
//     AdamW     p *= 1 - rate * weight_decay, then as Adam (Loshchilov & Hutter 2019)
//     Adadelta  s  = rho * s + (1 - rho) * g'^2   (Zeiler 2012)
//               d  = sqrt(u + epsilon) / sqrt(s + epsilon) * g'
//               u  = rho * u + (1 - rho) * d^2
//               p -= rate * d
typedef enum { GK_SGD, GK_ADAM, GK_ADAMW, GK_ADADELTA } gk_method;

typedef struct {
    gk_method method;
    float learning_rate, weight_decay;
    float l1, l2;          // factors of the sums of |p| and of p^2 in the loss
    float momentum;        // SGD
    bool nesterov;         // SGD
    float beta1, beta2;    // Adam, AdamW
    float rho;             // Adadelta
    float epsilon;         // all but SGD
    int64_t step;          // t, from 1
} gk_optimiser;

/// Sums over the penalised parameters before the update, summed in fixed blocks.
typedef struct {
    double absolute; // |p|
    double square;   // p^2; 0 where l2 is 0
} gk_magnitudes;

/// Updates `count` parameters, of which the first `penalised` pay the penalties. Adam without L2 and weight decay gives
/// gk_adam_update's bits.
/// - first, second: the method's state of each parameter, zeros at first: SGD's m (NULL where momentum is 0) and NULL,
///   Adam's m and v, Adadelta's s and u.
gk_magnitudes gk_optimiser_update(gk_pool *pool, const gk_optimiser *optimiser, int64_t count, int64_t penalised,
                                  float *parameters, const float *gradients, float *first, float *second);

/// mean += (values - mean) / n, for the n-th of equally weighted values, from 1.
void gk_running_mean(int64_t count, int64_t n, const float *values, float *mean);
