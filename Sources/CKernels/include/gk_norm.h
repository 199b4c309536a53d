// Batch normalisation (Ioffe & Szegedy 2015, as PyTorch computes it), with leaky ReLU.
//
//     x' = (x - mean) / sqrt(variance + epsilon)        each channel by itself
//     z  = scale x' + shift        output = z > 0 ? z : slope * z
//
// Training: mean and variance are those of all images and places of the batch, and move the running ones by `momentum`
// (the variance's share as of a sample, n / (n - 1)). Fixed: they are the running ones.
//
// Sums: stretches of PLACES places in single precision, joined in double precision (Chan, Golub & LeVeque 1979), blocks
// of eight images, blocks in order. Cost: the memory's; a pass forward for the sums and one for the values, the same
// backward.
#pragma once
#include "gk_pool.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int32_t places;   // of an image
    int32_t channels; // as stored: 1, or a multiple of 16; spare ones have zero scale and shift
    float epsilon, momentum, slope;
    bool fixed;
    const float *input, *scale, *shift;
    float *running_mean, *running_variance; // [channels]
    float *output;
    float *mean, *inverse; // [channels]: what forward leaves for backward, the mean and 1 / sqrt(variance + epsilon)
    // Backward only.
    const float *output_gradient;
    float *input_gradient; // overwritten; may be NULL
    float *scale_gradient, *shift_gradient;
} gk_norm;

void gk_norm_forward(gk_pool *pool, int32_t batch, const gk_norm *layer);
void gk_norm_backward(gk_pool *pool, int32_t batch, const gk_norm *layer);

/// A convolution's weights [taps][out] and bias (may be NULL) with a fixed norm folded in: to_weights, to_bias.
void gk_norm_fold(int64_t taps, int32_t out, const float *weights, const float *bias, const float *scale,
                  const float *shift, const float *mean, const float *variance, float epsilon, float *to_weights,
                  float *to_bias);

void gk_oracle_norm_forward(int32_t batch, const gk_norm *layer);
void gk_oracle_norm_backward(int32_t batch, const gk_norm *layer);
