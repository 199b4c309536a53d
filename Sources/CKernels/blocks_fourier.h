// Convolutional blocks in the Fourier domain along one axis.
//
// Correlation along a line is a product of spectra; across the lines the kernel's taps are added up directly:
//
//     Z[k, a, o] = sum over h, c of X[k, a + h - before, c] W[k, h, c, o]                       forward
//     G[k, h, c, o] = sum over n, a of conj(X[k, a + h - before, c]) D[k, a, o]                 weight gradient
//     E[k, a, c] = sum over h, o of D[k, a - h + before, o] conj(W[k, h, c, o])                 data gradient
//
// with k the bins 0 ... N / 2 along the line, a the lines, X, W and D the spectra of input, weights and of the gradient
// before the pool. An N that holds the line with the zeros before it, and the map with the taps after it, is enough:
// what wraps around falls on zeros or on places that the map leaves out. Channels (for a one-channel input: output channels) lie in the sixteen lanes.
//
// A complex product takes three multiplications (Gauss): with x = c + i d and w = a + i b
//     K1 = (c + d) a, K2 = c (b - a), K3 = d (a + b):  x w = (K1 - K3) + i (K1 + K2)
// and the sums over taps and channels run over K1, K2, K3, so that the recombination costs nothing. Spectra of inputs
// hold the planes (c + d, c, d), those of weights and of gradients (a, b - a, a + b). In the data gradient the
// gradient takes the input's part and the transposed weights hold (a + b, a, b) of their conjugates: K1 = c (a + b),
// K2 = (d - c) a, K3 = (c + d) b. For a one-channel input the lanes hold channels out there, and each place's sixteen are
// added at the end.
//
// Multiply-adds per image, against lines * L * KA * KL * C * O of the direct way: 3 (N / 2 + 1) * lines * KA * C * O,
// plus the transforms (fft_lanes.h) of every line and channel.
//
// Sources: Mathieu, Henaff & LeCun 2014 (convolution by spectra); the one-dimensional form keeps small kernels across
// the axis cheap and the working set in the second-level cache.
#pragma once
#include "blocks_fourier_fft.h"
#include "gk_blocks.h"

/// Where the number for (bin, line, channel group, plane) of a spectrum lies, in floats. A one-channel spectrum has its
/// lines next to each other (line = 1); otherwise sixteen channels are.
typedef struct {
    ptrdiff_t bin, line, group, plane;
    size_t size;
} gk_fourier_layout;

/// One block's plan. "Along" is the axis that is transformed, "across" the other one.
typedef struct {
    gk_block_shape shape;
    bool columns;                              // lines are the image's columns: along is y
    int32_t along, along_kernel, along_before; // before: zeros before the line
    int32_t lines, line_kernel, line_before, line_after; // of zeros around the lines
    int32_t along_map, lines_map;                        // of the map before the pool
    int32_t along_pool, line_pool;
    int32_t along_pooled, lines_pooled; // sizes after the pool
    int32_t in_groups, out_groups;      // of sixteen channels; in_groups 0: one channel
    gk_fft fft;
    int32_t bins; // N / 2 + 1
    float *waves; // [N][2]: cos and sin of 2 pi m / N

    // Input spectra with room for the taps beyond the edges: line a lies at a + padding_before.
    int32_t padding_before, padding_after;
    gk_fourier_layout input;
    gk_fourier_layout output;   // products before the inverse transform: real and imaginary parts
    gk_fourier_layout gradient; // spectra of the gradient before the pool
    int32_t output_tile;        // lines that are finished together
    int32_t gradient_tile;
    int32_t chunk; // groups of channels out that are worked on together
    size_t weight_size;  // floats: [bin][tap across][in][group out][3][16]
    size_t partial_size; // floats: [bin][tap across][in][group out][2][16]
} gk_fourier_block;

/// Whether the block can run here at all.
bool gk_fourier_fits(const gk_block_shape *shape);

/// Vector operations (sixteen floats each) an image.
typedef struct {
    double input;           // spectrum of the image: once for all blocks that share it
    double forward;         // from there to the pooled output
    double weight_gradient; // likewise, from the pooled gradient
    double input_gradient;  // what the data gradient adds
} gk_fourier_cost;
gk_fourier_cost gk_fourier_operations(const gk_block_shape *shape, bool columns, int32_t length);
/// Lines of zeros that the block needs before and after the input's.
void gk_fourier_sides(const gk_block_shape *shape, bool columns, int32_t *before, int32_t *after);
/// The cheapest transform length for the block.
int32_t gk_fourier_length(const gk_block_shape *shape, bool columns);

/// Plans a block; `length` is N (0: the best one), `padding` the least room in lines at each side (blocks that share a
/// spectrum need equal lengths and paddings). False where memory runs out.
bool gk_fourier_plan(gk_fourier_block *block, const gk_block_shape *shape, bool columns, int32_t length,
                     int32_t padding_before, int32_t padding_after);
void gk_fourier_unplan(gk_fourier_block *block);

/// Floats of scratch memory that one worker needs (for any of the calls below, spectra of the input apart).
size_t gk_fourier_scratch(const gk_fourier_block *block);

/// The passes, compiled once for each instruction set. All memory is aligned to 64 bytes.
typedef struct {
    /// Spectra of the weights for one bin; `transposed` (for the data gradient) may be NULL.
    void (*weights)(const gk_fourier_block *block, int32_t bin, const float *weights, float *spectrum,
                    float *transposed);
    /// Spectrum of one image.
    void (*input)(const gk_fourier_block *block, const float *image, float *spectrum, float *scratch);
    /// One image forward: from its spectrum to the pooled and activated output.
    void (*forward)(const gk_fourier_block *block, const float *spectrum, const float *weight_spectrum,
                    const float *bias, float *output, uint16_t *argmax, float *scratch);
    /// One image backward. `partial` (weights; added to) and `bias_sum` [stored out] (added to) go with `spectrum`;
    /// `input_gradient` goes with `transposed`. Each may be NULL.
    void (*backward)(const gk_fourier_block *block, const float *spectrum, const float *transposed, const float *output,
                     const uint16_t *argmax, const float *output_gradient, float *partial, float *bias_sum,
                     float *input_gradient, float *scratch);
    /// Weight gradient of one tap across and one input channel (`row` = tap * channels + channel) from the partial sums
    /// of `count` blocks of images that lie `stride` floats apart.
    void (*finish)(const gk_fourier_block *block, int32_t row, const float *partial, int32_t count, size_t stride,
                   float *weight_gradient);
} gk_fourier_passes;

/// The passes for the instruction set, NULL for the scalar one.
const gk_fourier_passes *gk_fourier_passes_for(gk_isa isa);
