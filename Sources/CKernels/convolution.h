// What the files of convolutions share. Internal to CKernels.
#pragma once
#include "gk_convolution.h"
#include <stdbool.h>

/// Whether the data gradient is scattered (convolution_scatter.c): for one channel of input, and for strides, where the
/// mirrored convolution would multiply zeros.
bool gk_convolution_scatters(const gk_convolution *layer);
/// The data gradient, from the gradient before the activation; false where there is no memory.
bool gk_convolution_scatter(gk_pool *pool, int32_t batch, const gk_convolution *layer);
