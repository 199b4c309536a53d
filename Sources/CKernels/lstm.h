// The table of LSTM kernels of one instruction set (lstm_kernels.h), and how a layer's memory is laid out.
#pragma once
#include "dropout.h"
#include "gk_lstm.h"

/// One step of some images: rows of `hidden` floats, gates rows of 4 * hidden.
typedef struct {
    int32_t rows, hidden;
    float *gates;         // forward: in before, out after the activations; backward: in after, out gradient before
    const float *bias;    // [4 * hidden], both biases together
    const float *earlier; // the cells of the step before; NULL at the first
    float *cells, *tanhs, *outputs; // tanhs: tanh(cells)
    const float *output_gradient;
    float *cell_gradient; // comes in from the step after, goes out to the step before
} lstm_step;

typedef struct {
    /// to += from
    void (*add)(int64_t count, const float *from, float *to);
    void (*step)(const lstm_step *step);
    void (*step_backward)(const lstm_step *step);
    /// to (+)= dropout(from), whose first number is element `element`; count: a multiple of 16
    void (*drop)(const gk_dropout *dropout, int32_t count, uint64_t element, const float *from, float *to,
                 bool accumulate);
    void (*sigmoid)(int64_t count, const float *from, float *to);
    void (*tanh)(int64_t count, const float *from, float *to);
} lstm_kernels;

extern const lstm_kernels gk_lstm_portable, gk_lstm_avx2, gk_lstm_avx512;

/// Places in the workspace, in floats. Everything is [direction][step][batch][...].
typedef struct {
    int32_t features;
    size_t gates, cells, tanhs, hidden; // where each begins
    size_t direction;                   // floats of `hidden` in one direction: a quarter of those of `gates`
    size_t inputs;                      // source by source [columns][batch][rows * channels]
    size_t total;
} lstm_layout;

static inline lstm_layout lstm_layout_for(const gk_lstm *layer, int32_t batch) {
    lstm_layout l = {.direction = (size_t)layer->steps * batch * layer->hidden};
    size_t states = l.direction * layer->direction_count;
    l.cells = 4 * states;
    l.tanhs = 5 * states;
    l.hidden = 6 * states;
    l.inputs = l.total = 7 * states;
    for (int32_t s = 0; s < layer->source_count; s++) {
        const gk_lstm_source *source = &layer->sources[s];
        l.features += source->rows * source->channels;
        l.total += ((size_t)source->columns * batch * source->rows * source->channels + 15) / 16 * 16;
    }
    return l;
}
