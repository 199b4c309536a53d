// Convolutional blocks: convolution of stride 1 + bias + max pool + arg-max + leaky ReLU as one kernel, so that
// the full-size feature map is never written. Several blocks that stand side by side (the towers) form one plan, so
// that those which read the same input can share its spectrum.
//
//     z[n,y,x,o] = bias[o] + sum over i, j, c of weight[i,j,c,o] * input[n, y + i - top, x + j - left, c]
//     p[n,Y,X,o] = max of z over the pool window (rows Y*ph ..< Y*ph+ph, columns X*pw ..< X*pw+pw)
//     output     = p > 0 ? p : slope * p
//
// What lies beyond the input's edges is zero. Rows and columns of the map beyond the last whole pool window are left out
// (floor mode). The first maximum in row-major order wins a tie.
//
// Layouts (single precision, "stored" channels: 1 where there is one channel, else rounded up to a multiple of 16; the
// spare channels hold zeros):
//     input            [batch][height][width][stored in]
//     output, argmax   [batch][map height / ph][map width / pw][stored out]
//                      argmax: row * pw + column within the window
//     weights          [kh][kw][stored in][stored out]
//     bias             [stored out]
// Gradients have the layout of what they are gradients of. Every pointer is aligned to 64 bytes.
#pragma once
#include "gk_isa.h"
#include "gk_pool.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int32_t height, width; // of the input
    int32_t in_channels, out_channels;
    int32_t kernel_height, kernel_width;
    int32_t pad_top, pad_left;       // zeros before the first row and column
    int32_t map_height, map_width;   // of the convolution's output, before the pool
    int32_t pool_height, pool_width; // 1 and 1: no pool
    float slope;                     // 1: no activation, 0: ReLU
    int32_t input;                   // blocks with equal numbers read the same memory
    bool input_is_data;              // no gradient of the input is ever wanted
} gk_block_shape;

/// What one block reads and writes.
typedef struct {
    const float *input;
    const float *weights;
    const float *bias;
    float *output;
    uint16_t *argmax; // may be NULL in inference
    // Backward only. The gradient with respect to `output` comes in; the others go out, overwritten, and each may be
    // NULL where it is not wanted.
    const float *output_gradient;
    float *input_gradient; // blocks that share an input share no input gradient: each gets its own
    float *weight_gradient;
    float *bias_gradient;
} gk_block_tensors;

typedef struct gk_blocks gk_blocks;

/// The shape with "same" padding: a map as large as the input, (kernel - 1) / 2 zeros before it.
gk_block_shape gk_block_same(gk_block_shape shape);

/// Channels as stored: 1 for 1, else the next multiple of 16.
int32_t gk_stored_channels(int32_t channels);

/// A plan for `count` blocks side by side and batches of up to `batch` images, for the instruction set in use.
/// `training` plans the backward pass too. NULL where memory runs out or a shape is senseless (a size below 1, a pool
/// larger than the map or of more than 65,535 places).
gk_blocks *gk_blocks_create(const gk_block_shape *shapes, int32_t count, int32_t batch, bool training, int32_t threads);
void gk_blocks_destroy(gk_blocks *plan);
/// Bytes of scratch memory that the plan needs; the caller provides them (64-byte aligned) for the plan's lifetime.
size_t gk_blocks_workspace(const gk_blocks *plan);
void gk_blocks_bind(gk_blocks *plan, void *workspace);
/// Computes what depends on the weights alone (their spectra): call after each change of the weights.
void gk_blocks_prepare(gk_blocks *plan, gk_pool *pool, const gk_block_tensors *tensors);
/// Forward for `batch` images. `tensors` has one entry a block.
void gk_blocks_forward(gk_blocks *plan, gk_pool *pool, int32_t batch, const gk_block_tensors *tensors);
/// Backward for the same images as the last forward, whose input, output and argmax are unchanged. Sums over images run
/// in an order fixed by `batch` alone, never by the number of threads.
void gk_blocks_backward(gk_blocks *plan, gk_pool *pool, int32_t batch, const gk_block_tensors *tensors);

/// For tests and measurements: plans that this thread makes from now on use the named paths ("direct", "sparse",
/// "fourier", "oracle"; several with spaces between) wherever they can run; NULL: the cheapest one. False where no path
/// has such a name.
bool gk_blocks_prefer(const char *names);
/// The name of the path that runs a pass (0 forward, 1 weight gradient, 2 data gradient) of a block; "none" where the
/// pass is not wanted.
const char *gk_blocks_path(const gk_blocks *plan, int32_t block, int32_t pass);
