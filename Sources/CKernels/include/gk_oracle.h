// Scalar oracles: the formulas as plain loops, one a kernel, for tests and as the last resort. Same contracts as the
// fast paths (gk_blocks.h, gk_dense.h, gk_lstm.h, gk_optimiser.h).
#pragma once
#include "gk_blocks.h"
#include "gk_dense.h"
#include "gk_lstm.h"
#include "gk_optimiser.h"

void gk_oracle_block_forward(const gk_block_shape *shape, int32_t batch, const gk_block_tensors *tensors);
void gk_oracle_block_backward(const gk_block_shape *shape, int32_t batch, const gk_block_tensors *tensors);
void gk_oracle_dense_forward(int32_t batch, const gk_dense *layer);
void gk_oracle_dense_backward(int32_t batch, const gk_dense *layer);
double gk_oracle_adam_update(const gk_adam *adam, int64_t count, int64_t penalised, float *parameters,
                             const float *gradients, float *first_moment, float *second_moment);
gk_magnitudes gk_oracle_optimiser_update(const gk_optimiser *optimiser, int64_t count, int64_t penalised,
                                         float *parameters, const float *gradients, float *first, float *second);
/// Both use the layer's workspace as the fast paths do, so a backward needs a forward of its own kind before it.
void gk_oracle_lstm_forward(int32_t batch, const gk_lstm *layer);
void gk_oracle_lstm_backward(int32_t batch, const gk_lstm *layer);
