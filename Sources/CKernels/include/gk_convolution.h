// Convolutions of any stride and padding, with bias and leaky ReLU.
//
//     z[n,y,x,o] = bias[o] + sum over i, j, c of weight[i,j,c,o] * input[n, y sh + i - top, x sw + j - left, c]
//     output     = z > 0 ? z : slope * z
//
// Layouts as in gk_blocks.h: maps [batch][height][width][stored channels], weights [kh][kw][stored in][stored out].
//
// Method: channels come last, so that for one row i of the kernel all that an output place reads is one stretch of
// kw * in floats, and neighbours' stretches overlap: a row of the output is kh matrix products on the input as it lies
// (copied once where there is padding). Narrow maps and short stretches are gathered into a matrix instead (im2col;
// Chellapilla, Puri & Simard 2006), over the edges of images. The data gradient is the convolution of the output's
// gradient with the kernel turned round; with strides, and for one channel of input, it is scattered instead
// (convolution_scatter.c). Cost: batch * out_height * out_width * kh * kw * in * out multiply-adds a pass.
#pragma once
#include "gk_pool.h"
#include <stdint.h>

typedef struct {
    int32_t height, width;   // of the input
    int32_t in, out;         // channels as stored: 1, or a multiple of 16
    int32_t kernel_height, kernel_width, stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t out_height, out_width; // windows may reach beyond the input at every side: what lies there is zero
    float slope;                   // 1: no activation, 0: ReLU
    const float *input, *weights;
    const float *bias; // may be NULL
    float *output;
    // Backward only.
    float *output_gradient; // comes in with respect to `output`; overwritten by the gradient before the activation
    float *input_gradient;  // overwritten; may be NULL
    float *weight_gradient, *bias_gradient; // overwritten; the bias's may be NULL
} gk_convolution;

void gk_convolution_forward(gk_pool *pool, int32_t batch, const gk_convolution *layer);
/// All gradients; sums over images run in blocks of a fixed size, and over the blocks in order.
void gk_convolution_backward(gk_pool *pool, int32_t batch, const gk_convolution *layer);

void gk_oracle_convolution_forward(int32_t batch, const gk_convolution *layer);
void gk_oracle_convolution_backward(int32_t batch, const gk_convolution *layer);
