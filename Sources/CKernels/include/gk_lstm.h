// One LSTM layer as PyTorch computes it, in one or both directions, over a batch of sequences. Layers are stacked by
// giving one layer's `outputs` to the next as a source.
//
//     a = W x[t] + b + U h[t-1] + c             (b: input bias, c: recurrent bias; h and the cell start at zero)
//     i, f, o = sigmoid(a_i, a_f, a_o)   g = tanh(a_g)
//     cell[t] = f cell[t-1] + i g        h[t] = o tanh(cell[t])
//
// The second direction runs from the last step to the first. `hidden` is stored hidden units: rounded up to a multiple
// of 16; spare units have zero weights and biases, and so stay zero.
//
// Gates, cells, states and the gates' gradients count as zero below 2^-63 (v16_cut in lanes.h): that moves no sum that
// has a term above 1e-11, and keeps subnormals, which some processors work on slowly, out of the products.
//
// What a step reads is put together from sources. A source's column holds for `span` steps, and is projected once for
// all of them. Features of a step: source by source, within one row by row, within that channel by channel.
#pragma once
#include "gk_pool.h"
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const float *values;            // [batch][rows][columns][channels]
    float *gradient;                // likewise, overwritten by backward; NULL where it is not wanted
    int32_t rows, columns, channels; // as stored
    int32_t span;                   // step t reads column t / span; columns * span is the number of steps
} gk_lstm_source;

/// The parameters of one direction, and their gradients (backward only, overwritten). Columns: gate * hidden + unit,
/// gates in the order i, f, g, o.
typedef struct {
    const float *input_weights;     // [features][4 * hidden]
    const float *recurrent_weights; // [hidden][4 * hidden]
    const float *input_bias, *recurrent_bias; // [4 * hidden]
    float *input_weight_gradient, *recurrent_weight_gradient;
    float *input_bias_gradient, *recurrent_bias_gradient;
} gk_lstm_direction;

typedef struct {
    const gk_lstm_source *sources;
    int32_t source_count;
    int32_t steps;
    int32_t hidden; // stored: a multiple of 16
    const gk_lstm_direction *directions;
    int32_t direction_count; // 1 or 2
    // Dropout of what leaves the layer (never of what goes round within it), by the rule of gk_dense: element i of
    // `outputs` and of `last` alike is kept by a hash of (key, step, i). 0: none.
    float dropout;
    uint64_t key, step;
    float *outputs; // [batch][steps][directions * hidden], or NULL
    float *last;    // [batch][directions * hidden]: each direction's last state, or NULL
    // Backward only: gradients with respect to `outputs` and `last`; NULL counts as zero.
    const float *outputs_gradient, *last_gradient;
    // What forward leaves for backward: gk_lstm_workspace bytes, aligned to 64.
    void *workspace;
} gk_lstm;

/// Bytes of workspace for a batch; 0 where the layer is senseless (a size below 1, columns that do not cover the steps,
/// `hidden` not a multiple of 16, more than two directions).
size_t gk_lstm_workspace(const gk_lstm *layer, int32_t batch);
void gk_lstm_forward(gk_pool *pool, int32_t batch, const gk_lstm *layer);
/// All gradients, for the same batch, sources, weights and instruction set as the last forward with this workspace,
/// which it uses up. Sums run in a fixed order.
void gk_lstm_backward(gk_pool *pool, int32_t batch, const gk_lstm *layer);

/// The activations that the kernels use, on the instruction set in use: relative errors of about 2e-7.
void gk_sigmoid(int64_t count, const float *from, float *to);
void gk_tanh(int64_t count, const float *from, float *to);
