// An LSTM layer as its formula (gk_lstm.h), one image after the other. Its workspace is that of the fast paths
// (lstm.h): gates hold the activations after forward and the gradients of what was before them after backward.
#include "gk_oracle.h"
#include "lstm.h"
#include <math.h>
#include <string.h>

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

/// The states of image `n` at step `t` of a direction.
typedef struct {
    float *gates, *cells, *tanhs, *hidden;
} states;

static states states_of(const gk_lstm *l, int32_t batch, int32_t direction, int32_t t, int32_t n) {
    lstm_layout layout = lstm_layout_for(l, batch);
    size_t at = direction * layout.direction + ((size_t)t * batch + n) * l->hidden;
    float *w = l->workspace;
    return (states){w + layout.gates + 4 * at, w + layout.cells + at, w + layout.tanhs + at, w + layout.hidden + at};
}

static float dropped(const gk_lstm *l, size_t element, float value) {
    if (l->dropout <= 0) return value;
    return gk_dropout_keeps(l->key, l->step, element, l->dropout) ? value / (1 - l->dropout) : 0;
}

/// Where channel 0 of a source's row lies for an image and a step.
static size_t place(const gk_lstm_source *s, int32_t n, int32_t row, int32_t t) {
    return (((size_t)n * s->rows + row) * s->columns + t / s->span) * s->channels;
}

static void forward_step(const gk_lstm *l, int32_t batch, int32_t direction, int32_t t, int32_t n, bool first) {
    const gk_lstm_direction *d = &l->directions[direction];
    const int32_t h = l->hidden;
    states now = states_of(l, batch, direction, t, n), before = now;
    if (!first) before = states_of(l, batch, direction, direction ? t + 1 : t - 1, n);
    for (int32_t c = 0; c < 4 * h; c++) {
        float sum = d->input_bias[c] + d->recurrent_bias[c];
        const float *w = d->input_weights + c;
        for (int32_t s = 0; s < l->source_count; s++)
            for (int32_t r = 0; r < l->sources[s].rows; r++) {
                const float *x = l->sources[s].values + place(&l->sources[s], n, r, t);
                for (int32_t k = 0; k < l->sources[s].channels; k++, w += 4 * h) sum += x[k] * *w;
            }
        for (int32_t u = 0; !first && u < h; u++) sum += before.hidden[u] * d->recurrent_weights[(size_t)u * 4 * h + c];
        now.gates[c] = c / h == 2 ? tanhf(sum) : sigmoid(sum);
    }
    for (int32_t u = 0; u < h; u++) {
        now.cells[u] = now.gates[u] * now.gates[2 * h + u] + (first ? 0 : now.gates[h + u] * before.cells[u]);
        now.tanhs[u] = tanhf(now.cells[u]);
        now.hidden[u] = now.gates[3 * h + u] * now.tanhs[u];
        size_t width = (size_t)l->direction_count * h, column = (size_t)direction * h + u;
        size_t all = ((size_t)n * l->steps + t) * width + column, end = n * width + column;
        if (l->outputs) l->outputs[all] = dropped(l, all, now.hidden[u]);
        if (l->last && t == (direction ? 0 : l->steps - 1)) l->last[end] = dropped(l, end, now.hidden[u]);
    }
}

void gk_oracle_lstm_forward(int32_t batch, const gk_lstm *l) {
    for (int32_t direction = 0; direction < l->direction_count; direction++)
        for (int32_t n = 0; n < batch; n++)
            for (int32_t i = 0; i < l->steps; i++)
                forward_step(l, batch, direction, direction ? l->steps - 1 - i : i, n, i == 0);
}

/// The gradient of one unit's gates; `cell_gradient` is that of its cell, from the step after and then for the one before.
static float backward_unit(const gk_lstm *l, int32_t batch, int32_t direction, int32_t i, int32_t n, int32_t u,
                           float cell_gradient) {
    const int32_t h = l->hidden, t = direction ? l->steps - 1 - i : i;
    states now = states_of(l, batch, direction, t, n);
    size_t width = (size_t)l->direction_count * h, column = (size_t)direction * h + u;
    size_t all = ((size_t)n * l->steps + t) * width + column, end = n * width + column;
    float dh = l->outputs_gradient ? dropped(l, all, l->outputs_gradient[all]) : 0;
    if (i == l->steps - 1) {
        if (l->last_gradient) dh += dropped(l, end, l->last_gradient[end]);
    } else {
        states later = states_of(l, batch, direction, direction ? t - 1 : t + 1, n);
        const float *w = l->directions[direction].recurrent_weights + (size_t)u * 4 * h;
        for (int32_t c = 0; c < 4 * h; c++) dh += later.gates[c] * w[c];
    }
    float in = now.gates[u], forget = now.gates[h + u], g = now.gates[2 * h + u], out = now.gates[3 * h + u];
    float dc = cell_gradient + dh * out * (1 - now.tanhs[u] * now.tanhs[u]);
    float earlier = i > 0 ? states_of(l, batch, direction, direction ? t + 1 : t - 1, n).cells[u] : 0;
    now.gates[u] = dc * g * in * (1 - in);
    now.gates[h + u] = dc * earlier * forget * (1 - forget);
    now.gates[2 * h + u] = dc * in * (1 - g * g);
    now.gates[3 * h + u] = dh * now.tanhs[u] * out * (1 - out);
    return dc * forget;
}

/// Adds what the gates of one step give to every gradient.
static void add_gradients(const gk_lstm *l, int32_t batch, int32_t direction, int32_t i, int32_t n) {
    const gk_lstm_direction *d = &l->directions[direction];
    const int32_t h = l->hidden, t = direction ? l->steps - 1 - i : i;
    const float *gates = states_of(l, batch, direction, t, n).gates;
    const float *before = i > 0 ? states_of(l, batch, direction, direction ? t + 1 : t - 1, n).hidden : NULL;
    for (int32_t c = 0; c < 4 * h; c++) {
        d->input_bias_gradient[c] += gates[c];
        d->recurrent_bias_gradient[c] += gates[c];
        for (int32_t u = 0; before && u < h; u++)
            d->recurrent_weight_gradient[(size_t)u * 4 * h + c] += before[u] * gates[c];
    }
    size_t row = 0;
    for (int32_t s = 0; s < l->source_count; s++)
        for (int32_t r = 0; r < l->sources[s].rows; r++) {
            size_t x = place(&l->sources[s], n, r, t);
            for (int32_t k = 0; k < l->sources[s].channels; k++, row += 4 * h)
                for (int32_t c = 0; c < 4 * h; c++) {
                    d->input_weight_gradient[row + c] += l->sources[s].values[x + k] * gates[c];
                    if (l->sources[s].gradient) l->sources[s].gradient[x + k] += d->input_weights[row + c] * gates[c];
                }
        }
}

void gk_oracle_lstm_backward(int32_t batch, const gk_lstm *l) {
    const int32_t h = l->hidden;
    for (int32_t s = 0; s < l->source_count; s++) {
        const gk_lstm_source *source = &l->sources[s];
        size_t size = (size_t)batch * source->rows * source->columns * source->channels;
        if (source->gradient) memset(source->gradient, 0, sizeof(float) * size);
    }
    int32_t features = lstm_layout_for(l, batch).features;
    for (int32_t direction = 0; direction < l->direction_count; direction++) {
        const gk_lstm_direction *d = &l->directions[direction];
        memset(d->input_weight_gradient, 0, sizeof(float) * features * 4 * h);
        memset(d->recurrent_weight_gradient, 0, sizeof(float) * h * 4 * h);
        memset(d->input_bias_gradient, 0, sizeof(float) * 4 * h);
        memset(d->recurrent_bias_gradient, 0, sizeof(float) * 4 * h);
        for (int32_t n = 0; n < batch; n++)
            for (int32_t i = l->steps - 1; i >= 0; i--) {
                // What a step hands to the cell before it goes where its tanh was, which nobody needs any more.
                int32_t t = direction ? l->steps - 1 - i : i;
                states now = states_of(l, batch, direction, t, n), later = now;
                if (i < l->steps - 1) later = states_of(l, batch, direction, direction ? t - 1 : t + 1, n);
                for (int32_t u = 0; u < h; u++)
                    now.tanhs[u] = backward_unit(l, batch, direction, i, n, u, i < l->steps - 1 ? later.tanhs[u] : 0);
                add_gradients(l, batch, direction, i, n);
            }
    }
}
