// What a norm alone (norm.c) and one with a pool (norm_pool.c) share: the run of a pass, and its sums by blocks.
#pragma once
#include "gk_norm.h"
#include "layers.h"

enum { GK_NORM_BLOCK = 8 }; // images of one sum

typedef struct {
    const layer_kernels *kernels;
    const gk_norm *norm;
    int32_t batch, blocks;
    double *sums;           // [blocks][2][channels]
    float *factor, *offset; // [channels]
    float *means[2];        // backward: of g and of g x'
} gk_norm_run;

/// False where memory runs out.
bool gk_norm_start(gk_pool *pool, int32_t batch, const gk_norm *norm, gk_norm_run *run);
int32_t gk_norm_block_images(const gk_norm_run *run, int32_t block);
/// A block's sums, set to zero.
double *gk_norm_block_sums(const gk_norm_run *run, int32_t block);
/// From the blocks' moments, unless the norm is fixed: mean, inverse and the running ones; then factor and offset.
void gk_norm_settle(const gk_norm_run *run);
/// factor and offset from mean and inverse.
void gk_norm_set_factors(const gk_norm_run *run);
/// From the blocks' sums of g and g x': the parameters' gradients and the means.
void gk_norm_settle_gradients(const gk_norm_run *run);
