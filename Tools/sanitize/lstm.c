// LSTM layers on odd shapes.
#include "harness.h"
#include <string.h>

enum { SOURCES = 3 };

typedef struct {
    gk_lstm_source sources[SOURCES];
    gk_lstm_direction directions[2];
    float *owned[64];
    int32_t count;
} memory;

static float *own(memory *m, size_t count) { return m->owned[m->count++] = random_floats(count); }

/// What the layer writes, anew.
static gk_lstm fresh(memory *m, gk_lstm layer, int32_t batch, int32_t features) {
    size_t columns = 4 * (size_t)layer.hidden, width = (size_t)batch * layer.direction_count * layer.hidden;
    for (int32_t s = 0; s < layer.source_count; s++) {
        gk_lstm_source *source = &m->sources[s];
        source->gradient = own(m, (size_t)batch * source->rows * source->columns * source->channels);
    }
    for (int32_t d = 0; d < layer.direction_count; d++) {
        m->directions[d].input_weight_gradient = own(m, features * columns);
        m->directions[d].recurrent_weight_gradient = own(m, layer.hidden * columns);
        m->directions[d].input_bias_gradient = own(m, columns);
        m->directions[d].recurrent_bias_gradient = own(m, columns);
    }
    layer.sources = m->sources;
    layer.directions = m->directions;
    layer.outputs = own(m, width * layer.steps);
    layer.last = own(m, width);
    layer.workspace = own(m, gk_lstm_workspace(&layer, batch) / sizeof(float));
    return layer;
}

static void check_layer(gk_pool *pool, int32_t batch, const gk_lstm_source *shapes, int32_t sources, int32_t hidden,
                        int32_t directions, float dropout) {
    memory fast = {.count = 0}, slow;
    int32_t features = 0, steps = shapes[0].columns * shapes[0].span;
    size_t columns = 4 * (size_t)hidden, width = (size_t)batch * directions * hidden;
    for (int32_t s = 0; s < sources; s++) {
        fast.sources[s] = shapes[s];
        fast.sources[s].values = own(&fast, (size_t)batch * shapes[s].rows * shapes[s].columns * shapes[s].channels);
        features += shapes[s].rows * shapes[s].channels;
    }
    for (int32_t d = 0; d < directions; d++)
        fast.directions[d] = (gk_lstm_direction){.input_weights = own(&fast, features * columns),
                                                 .recurrent_weights = own(&fast, hidden * columns),
                                                 .input_bias = own(&fast, columns),
                                                 .recurrent_bias = own(&fast, columns)};
    gk_lstm layer = {.source_count = sources, .steps = steps, .hidden = hidden, .direction_count = directions,
                     .dropout = dropout, .key = 1, .step = 2, .outputs_gradient = own(&fast, width * steps),
                     .last_gradient = own(&fast, width)};
    slow = fast;
    slow.count = 0;
    gk_lstm found = fresh(&fast, layer, batch, features), expected = fresh(&slow, layer, batch, features);
    gk_lstm_forward(pool, batch, &found);
    gk_lstm_backward(pool, batch, &found);
    gk_oracle_lstm_forward(batch, &expected);
    gk_oracle_lstm_backward(batch, &expected);
    expect_close("LSTM outputs", found.outputs, expected.outputs, width * steps);
    expect_close("LSTM last states", found.last, expected.last, width);
    for (int32_t d = 0; d < directions; d++) {
        expect_close("LSTM input weights", fast.directions[d].input_weight_gradient,
                     slow.directions[d].input_weight_gradient, features * columns);
        expect_close("LSTM recurrent weights", fast.directions[d].recurrent_weight_gradient,
                     slow.directions[d].recurrent_weight_gradient, hidden * columns);
        expect_close("LSTM biases", fast.directions[d].recurrent_bias_gradient,
                     slow.directions[d].recurrent_bias_gradient, columns);
    }
    for (int32_t s = 0; s < sources; s++)
        expect_close("LSTM data", fast.sources[s].gradient, slow.sources[s].gradient,
                     (size_t)batch * shapes[s].rows * shapes[s].columns * shapes[s].channels);
    for (int32_t i = 0; i < fast.count; i++) free(fast.owned[i]);
    for (int32_t i = 0; i < slow.count; i++) free(slow.owned[i]);
}

void check_lstm(gk_pool *pool) {
    const gk_lstm_source single = {.rows = 1, .columns = 1, .channels = 1, .span = 1};
    const gk_lstm_source towers[] = {{.rows = 10, .columns = 2, .channels = 8, .span = 5},
                                     {.rows = 2, .columns = 10, .channels = 33, .span = 1},
                                     {.rows = 1, .columns = 1, .channels = 5, .span = 10}};
    const gk_lstm_source sequence = {.rows = 1, .columns = 19, .channels = 300, .span = 1};
    check_layer(pool, 1, &single, 1, 16, 1, 0);
    check_layer(pool, 17, towers, 3, 32, 2, 0.25f);
    check_layer(pool, 1, &sequence, 1, 48, 2, 0);
    check_layer(pool, 3, towers + 2, 1, 16, 1, 0.1f);
}
