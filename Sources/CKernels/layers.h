// The table of one instruction set's kernels for layers that stand alone (layers_kernels.h): convolution, norm, pool,
// activation.
#pragma once
#include "dropout.h"
#include "gemm.h"
#include "gk_maps.h"
#include "gk_norm_pool.h"

typedef struct {
    gk_gemm gemm;
    /// y = leaky(y + bias) of rows of `channels`, a multiple of 16; bias may be NULL.
    void (*finish)(int64_t rows, int32_t channels, const float *bias, float slope, float *y);
    /// to += from
    void (*add)(int64_t count, const float *from, float *to);
    /// gradient *= output > 0 ? 1 : slope
    void (*leaky_gradient)(int64_t count, float slope, const float *output, float *gradient);
    /// Mean and sum of squared deviations of `places` places, for each channel, joined to what is there of `before`
    /// places.
    void (*norm_moments)(int64_t places, int32_t channels, const float *x, int64_t before, double *mean, double *m2);
    /// y = leaky(x factor + offset)
    void (*norm_apply)(int64_t places, int32_t channels, const float *x, const float *factor, const float *offset,
                       float slope, float *y);
    /// Adds to the sums of g and of g x', where g is the gradient before the activation.
    void (*norm_sums)(int64_t places, const gk_norm *norm, const float *factor, const float *offset, const float *x,
                      const float *gradient, double *sums, double *products);
    /// dx = factor (g - a - x' b)
    void (*norm_gradient)(int64_t places, const gk_norm *norm, const float *factor, const float *offset,
                          const float *a, const float *b, const float *x, const float *gradient, float *to);
    /// One row of a pool before its norm: x where it is chosen, and the place.
    void (*norm_choose)(const gk_norm_pool *layer, int32_t y, const float *x, float *chosen, int32_t *argmax);
    /// dx of one image of a norm with a pool.
    void (*norm_pool_gradient)(const gk_norm_pool *layer, const float *factor, const float *a, const float *b,
                               const float *x, const float *gradient, const int32_t *argmax, float *to);
    void (*pool_row)(const gk_pooling *p, int32_t y, const float *image, float *output, int32_t *argmax);
    void (*pool_row_gradient)(const gk_pooling *p, int32_t y, const float *gradient, const int32_t *argmax, float *to);
    void (*activate)(gk_activation_kind kind, float slope, int64_t count, const float *from, float *to);
    void (*activate_gradient)(gk_activation_kind kind, float slope, int64_t count, const float *output,
                              const float *gradient, float *to);
    void (*drop)(const gk_dropout *dropout, int64_t count, uint64_t element, const float *from, float *to);
    void (*sum)(int32_t terms, const float *const *from, int64_t begin, int64_t end, float *to);
    /// A GRU's gates of some images (gru.c).
    void (*gru_step)(int32_t rows, int32_t hidden, const float *projected, const float *recurrent, const float *bias,
                     const float *recurrent_bias, const float *earlier, float *gates, float *state);
    void (*gru_step_backward)(int32_t rows, int32_t hidden, const float *gates, const float *earlier, float *gradient,
                              float *input_gates, float *state_gates);
} layer_kernels;

extern const layer_kernels gk_layers_portable, gk_layers_avx2, gk_layers_avx512;

/// The kernels of the instruction set in use; GK_ISA_SCALAR is taken as GK_ISA_PORTABLE.
const layer_kernels *gk_layer_table(void);
