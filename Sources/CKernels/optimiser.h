// The optimisers' kernels of one instruction set (optimiser_kernels.h), and what optimiser.c works out for them.
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

/// All methods' numbers; what a method has no use for is 0.
typedef struct {
    adam_rates adam;           // its rate is any method's step size
    float l2;                  // twice the factor: that of p in the gradient
    float weight_decay;        // that of p in the gradient; 0 for AdamW
    float shrink;              // 1 - rate * weight_decay; 1 for all but AdamW
    float momentum, lookahead; // the second is momentum again with Nesterov's step, else 0
    float rho, rest;           // rest: 1 - rho
} method_rates;

/// As an adam_kernel; squares[b] = sum of p^2 besides. `first` and `second` are NULL where the method has no such state.
typedef void (*method_kernel)(const method_rates *rates, int64_t count, int64_t penalised, float *p, const float *g,
                              float *first, float *second, double *sums, double *squares);

typedef struct {
    adam_kernel plain; // the paper's: Adam with L1 alone
    method_kernel sgd, momentum, adam, adadelta;
} method_kernels;

extern const method_kernels gk_methods_portable, gk_methods_avx2, gk_methods_avx512;

/// The kernel of the instruction set in use; NULL for the scalar one.
adam_kernel gk_adam_active(void);
adam_rates gk_adam_rates(const gk_adam *adam);
