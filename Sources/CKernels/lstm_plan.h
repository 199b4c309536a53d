// What the forward and the backward pass of an LSTM layer share: how lines and images are cut, and where things lie.
#pragma once
#include "dense.h"
#include "lstm.h"
#include <stdbool.h>

enum {
    LINES = 64,  // lines of one block: their features and gates stay in the second-level cache
    GROUP = 16,  // images that walk through the steps together
    DEPTH = 256, // features of one pass over a block
};

typedef struct {
    const lstm_kernels *kernels;
    const gk_gemm *gemm;
    const gk_lstm *layer;
    gk_dropout dropout;
    lstm_layout layout;
    int32_t batch, groups, columns; // columns: 4 * hidden
    float *workspace;
    // Lines of sources whose columns span several steps, and their projections or gradients:
    // [direction][shared_lines][columns].
    size_t shared_lines;
    float *shared;
    float *scratch; // one piece a worker
    size_t worker_floats;
    // Backward only (lstm_backward.c).
    float *turned_recurrent;             // [direction][columns][hidden]
    float *turned_gates;                 // [direction][block][columns][LINES]: of single steps, then of shared lines
    int32_t turned_blocks, first_shared; // blocks of a direction, and those of single steps among them
} lstm_run;

const lstm_kernels *gk_lstm_table(void);
lstm_run lstm_run_for(int32_t batch, const gk_lstm *layer);

static inline int32_t ceiling(int64_t value, int64_t unit) { return (int32_t)((value + unit - 1) / unit); }

/// A source on a walk over all of them.
typedef struct {
    const gk_lstm_source *source;
    int32_t index, feature;   // its first feature among all
    int32_t features;         // of one of its lines
    int32_t lines, blocks;    // columns * batch, in blocks of LINES
    size_t shared_line;       // lines, and
    int32_t shared_block;     // blocks of the shared sources before it
    float *inputs;            // [lines][features]
} lstm_source;

static inline void measure_source(const lstm_run *run, lstm_source *s) {
    if (s->index >= run->layer->source_count) return;
    s->source = &run->layer->sources[s->index];
    s->features = s->source->rows * s->source->channels;
    s->lines = s->source->columns * run->batch;
    s->blocks = ceiling(s->lines, LINES);
}

static inline lstm_source first_source(const lstm_run *run) {
    lstm_source s = {.inputs = run->workspace + run->layout.inputs};
    measure_source(run, &s);
    return s;
}

static inline void next_source(const lstm_run *run, lstm_source *s) {
    if (s->source->span > 1) s->shared_line += s->lines, s->shared_block += s->blocks;
    s->feature += s->features;
    s->inputs += ((size_t)s->lines * s->features + 15) / 16 * 16;
    s->index++;
    measure_source(run, s);
}

static inline int32_t block_end(const lstm_source *s, int32_t block) {
    return (block + 1) * LINES < s->lines ? (block + 1) * LINES : s->lines;
}

/// The states of one direction at one step, from image `n` on.
typedef struct {
    float *gates, *cells, *tanhs, *hidden;
} lstm_states;

static inline lstm_states states_at(const lstm_run *run, int32_t direction, int32_t t, int32_t n) {
    const lstm_layout *l = &run->layout;
    size_t at = direction * l->direction + ((size_t)t * run->batch + n) * run->layer->hidden;
    float *w = run->workspace;
    return (lstm_states){w + l->gates + 4 * at, w + l->cells + at, w + l->tanhs + at, w + l->hidden + at};
}
