// Batch normalisation, a rising activation and a max pool as one layer: the map between them is never written.
//
//     z = scale x' + shift as in gk_norm        output = max over the window's places of f(z) = f(max of z)
//
// Where z is greatest x is greatest, or least where the scale is negative: one pass over x yields the moments and the
// chosen places together, and all that follows forward runs over the pooled values. Backward the sums over g do so too,
// and one pass over x writes
//
//     dx = factor (g - mean of g - x' mean of (g x'))        g: zero but at the chosen places
//
// Windows lie side by side; rows and columns beyond the last whole one count in the moments alone. Of equal x the first
// in row-major order is chosen. Cost: the memory's; x is read once forward and once backward, dx written once.
#pragma once
#include "gk_maps.h"
#include "gk_norm.h"

typedef struct {
    /// Its `output` and `output_gradient` are the pooled ones, its channels a multiple of 16, its slope counts nothing.
    gk_norm norm;
    int32_t height, width; // height * width = places
    int32_t window_height, window_width;
    gk_activation_kind kind; // rising, with f(0) = 0: no sigmoid; GK_LEAKY with slope 1: none
    float slope;
    // As `output`, [batch][height / window height][width / window width][channels].
    int32_t *argmax; // place (row * width + column) chosen; NULL in inference
    float *chosen;   // x there
    float *gradient; // backward: overwritten with g; may be the output's gradient
} gk_norm_pool;

void gk_norm_pool_forward(gk_pool *pool, int32_t batch, const gk_norm_pool *layer);
/// After a forward pass of the same images.
void gk_norm_pool_backward(gk_pool *pool, int32_t batch, const gk_norm_pool *layer);

void gk_oracle_norm_pool_forward(int32_t batch, const gk_norm_pool *layer);
void gk_oracle_norm_pool_backward(int32_t batch, const gk_norm_pool *layer);
