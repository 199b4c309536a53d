// What moves and changes maps without learning: pools, activations, dropout, sums, copies, standardisation by band. Maps
// are [batch][height][width][stored channels]. Cost: the memory's.
#pragma once
#include "gk_pool.h"
#include <stdbool.h>
#include <stdint.h>

/// The greatest or the mean value of each window's places within the map; the first of equal ones in row-major order.
typedef struct {
    int32_t height, width, channels, out_height, out_width;
    int32_t window_height, window_width, stride_height, stride_width, pad_top, pad_left;
    bool average;
    const float *input;
    float *output;
    int32_t *argmax; // as `output`: the place (row * width + column) of the greatest; NULL in inference and of means
    const float *output_gradient;
    float *input_gradient; // overwritten
} gk_pooling;

void gk_pooling_forward(gk_pool *pool, int32_t batch, const gk_pooling *layer);
void gk_pooling_backward(gk_pool *pool, int32_t batch, const gk_pooling *layer);
void gk_oracle_pooling_forward(int32_t batch, const gk_pooling *layer);
void gk_oracle_pooling_backward(int32_t batch, const gk_pooling *layer);

typedef enum { GK_LEAKY, GK_ELU, GK_SIGMOID, GK_TANH } gk_activation_kind;

/// to = f(from) for `places` places of `channels` channels, of which `used` are; spare ones get zeros. Memory reaches to
/// the next multiple of 16 floats.
void gk_activation_forward(gk_pool *pool, gk_activation_kind kind, float slope, int64_t places, int32_t channels,
                           int32_t used, const float *from, float *to);
/// The gradient with respect to the input, from the output and the gradient with respect to it.
void gk_activation_backward(gk_pool *pool, gk_activation_kind kind, float slope, int64_t count, const float *output,
                            const float *output_gradient, float *input_gradient);

/// to = from with dropout by the rule of gk_dense, forward and backward alike; 0: a copy. Memory reaches to the next
/// multiple of 16 floats.
void gk_dropout_apply(gk_pool *pool, float dropout, uint64_t key, uint64_t step, int64_t count, const float *from,
                      float *to);

/// to = the sum of `terms` lists of `count` floats, in order; `to` may be the first one.
void gk_sum(gk_pool *pool, int32_t terms, const float *const *from, int64_t count, float *to);

/// Distances in floats.
typedef struct {
    int64_t image, row, column, channel;
} gk_copy_side;

/// Copies images of rows of columns of channels from one arrangement to another, and puts zeros into `spare` channels
/// after the last of each place.
typedef struct {
    int32_t images, rows, columns, channels, spare;
    gk_copy_side from, to;
} gk_copy;
void gk_copy_channels(gk_pool *pool, const gk_copy *copy, const float *from, float *to);

/// Joins the mean and the sum of squared deviations of each row's `columns` values to those of `before` values.
void gk_band_moments(int32_t rows, int32_t columns, const float *values, int64_t before, double *means, double *squares);
/// to = (from - mean[row]) / deviation[row] of images [rows][columns] of one channel.
void gk_standardise(gk_pool *pool, int32_t images, int32_t rows, int32_t columns, const float *mean,
                    const float *deviation, const float *from, float *to);
