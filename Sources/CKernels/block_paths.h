// How gk_blocks.c and the ways to compute a block (direct, Fourier, sparse ...) meet. Internal to CKernels.
//
// A path is a table of functions. The plan asks every path what each pass of each block would cost, gives the pass to
// the cheapest, and then makes ONE state a path for all the passes that it won, so that a path can share what it likes
// among blocks (the spectrum of an input that several blocks read) and among passes (the forward's spectra in the
// backward of the same step, the gradient's spectra between weight and data gradient).
//
// Work runs in steps (prepare, forward, backward), a step in stages with a barrier between, a stage in items that may
// run in any order on any worker. The plan runs stage k of all paths as one parallel loop, so the towers run side by
// side. An item writes only what belongs to it; sums over images go to one partial sum a block of GK_IMAGES_A_SUM
// images and are added in order of the blocks in a later stage: the bits depend on the batch alone.
#pragma once
#include "gk_blocks.h"

#define GK_IMAGES_A_SUM 8
#define GK_ALIGN 64

/// One block, with what follows from its shape.
typedef struct {
    gk_block_shape shape;
    int32_t rows, columns; // of the output (after the pool)
    int32_t in_stored, out_stored;
    int32_t top, left; // padding before the first row and column
    int32_t padded_rows, padded_columns; // of the input with all zeros that the kernel meets around it
} gk_block;

typedef enum { GK_PASS_FORWARD, GK_PASS_WEIGHTS, GK_PASS_DATA } gk_pass; // WEIGHTS includes the bias gradient
#define GK_PASSES 3
typedef enum { GK_STEP_PREPARE, GK_STEP_FORWARD, GK_STEP_BACKWARD } gk_step;

/// What a plan is made for; outlives the states of its paths.
typedef struct {
    const gk_block *blocks;
    int32_t count;
    int32_t batch;   // at most this many images a call
    int32_t threads; // worker numbers are below this
    bool training;
    gk_isa isa;
} gk_block_plan;

/// What one call computes. Any pointer among the tensors' gradients may be NULL: then that pass is skipped.
typedef struct {
    int32_t batch;
    const gk_block_tensors *tensors; // one entry a block; in prepare only `weights` and `bias` are set for sure
} gk_block_call;

typedef struct {
    const char *name;
    /// Estimated nanoseconds of one core for a pass over plan->batch images, as measured on a 2022 server core with
    /// AVX-512 (other sets: scaled; only the order of paths matters). INFINITY where the path cannot run it.
    double (*cost)(const gk_block_plan *plan, int32_t block, gk_pass pass);
    /// State for the passes won: bit (1 << gk_pass) of passes[block]. NULL where memory runs out. No large buffers
    /// here.
    void *(*create)(const gk_block_plan *plan, const uint8_t *passes);
    void (*destroy)(void *state);
    /// Bytes of workspace, a multiple of GK_ALIGN; its content at bind is undefined.
    size_t (*workspace)(const void *state);
    void (*bind)(void *state, void *workspace);
    /// Stages of a step (0: nothing to do) and items of a stage. Asked again at every call; cheap.
    int32_t (*stages)(const void *state, gk_step step);
    int32_t (*items)(const void *state, gk_step step, int32_t stage, const gk_block_call *call);
    void (*run)(void *state, gk_step step, int32_t stage, const gk_block_call *call, int32_t item, int32_t worker);
} gk_block_path;

extern const gk_block_path gk_path_direct; // blocks_direct.c: forward of any shape
extern const gk_block_path gk_path_fourier; // blocks_fourier_path.c: all passes
extern const gk_block_path gk_path_sparse; // blocks_sparse.c: both backward passes of any shape
extern const gk_block_path gk_path_oracle; // blocks_oracle_path.c: plain loops, the last resort

/// The gradient before the activation: g where the output is positive, else slope * g. (The sign of the output is the
/// sign of the pooled value, since slope > 0 or the output is 0.)
static inline float gk_block_gradient(float output, float gradient, float slope) {
    return output > 0 ? gradient : slope * gradient;
}

/// Blocks of images whose partial sums are added in order.
static inline int32_t gk_block_sums(int32_t batch) {
    return (batch + GK_IMAGES_A_SUM - 1) / GK_IMAGES_A_SUM;
}
static inline size_t gk_aligned(size_t bytes) {
    return (bytes + GK_ALIGN - 1) / GK_ALIGN * GK_ALIGN;
}
