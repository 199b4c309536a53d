// One layer of gated recurrent units (Cho et al. 2014) as PyTorch computes it, in one or both directions, over a batch of
// sequences.
//
//     r, z = sigmoid(W x[t] + b + U h[t-1] + c)         (b: input bias, c: recurrent bias; h starts at zero)
//     n = tanh(W_n x[t] + b_n + r (U_n h[t-1] + c_n))        h[t] = (1 - z) n + z h[t-1]
//
// Sources, stored units, directions and the cut at 2^-63 as in gk_lstm.h. Work is cut into blocks of eight images, each with its own partial
// sums of the weights' gradients, added in order. Cost: batch * steps * 3 hidden * (features + hidden) multiply-adds a
// direction forward, twice that backward.
#pragma once
#include "gk_lstm.h"

/// Columns: gate * hidden + unit, gates in the order r, z, n.
typedef struct {
    const float *input_weights;     // [features][3 * hidden]
    const float *recurrent_weights; // [hidden][3 * hidden]
    const float *input_bias, *recurrent_bias; // [3 * hidden]
    float *input_weight_gradient, *recurrent_weight_gradient;
    float *input_bias_gradient, *recurrent_bias_gradient;
} gk_gru_direction;

typedef struct {
    const gk_lstm_source *sources;
    int32_t source_count, steps, hidden;
    const gk_gru_direction *directions;
    int32_t direction_count;
    float *outputs; // [batch][steps][directions * hidden], or NULL
    float *last;    // [batch][directions * hidden]: each direction's last state, or NULL
    const float *outputs_gradient, *last_gradient; // backward only; NULL counts as zero
    void *workspace; // what forward leaves for backward: gk_gru_workspace bytes, aligned to 64
} gk_gru;

size_t gk_gru_workspace(const gk_gru *layer, int32_t batch);
void gk_gru_forward(gk_pool *pool, int32_t batch, const gk_gru *layer);
/// All gradients, for the same batch and weights as the last forward with this workspace.
void gk_gru_backward(gk_pool *pool, int32_t batch, const gk_gru *layer);

/// The formulas in double precision, for tests; the workspace is neither read nor written.
void gk_oracle_gru_forward(int32_t batch, const gk_gru *layer);
void gk_oracle_gru_backward(int32_t batch, const gk_gru *layer);
