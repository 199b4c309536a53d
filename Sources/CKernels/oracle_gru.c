// A GRU layer as its formula (gk_gru.h), in double precision, one image after the other. It keeps nothing between the
// passes: backward runs forward again.
#include "gk_gru.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static int32_t features_of(const gk_gru *l) {
    int32_t features = 0;
    for (int32_t s = 0; s < l->source_count; s++) features += l->sources[s].rows * l->sources[s].channels;
    return features;
}

/// Where feature k of a step lies in a source.
static size_t place_of(const gk_gru *l, int32_t n, int32_t t, int32_t k, const gk_lstm_source **source) {
    const gk_lstm_source *s = l->sources;
    while (k >= s->rows * s->channels) k -= s->rows * s->channels, s++;
    *source = s;
    return (((size_t)n * s->rows + k / s->channels) * s->columns + t / s->span) * s->channels + k % s->channels;
}

static double product(int32_t count, const double *x, const float *weights, int32_t columns, int32_t column) {
    double sum = 0;
    for (int32_t k = 0; k < count; k++) sum += x[k] * weights[(size_t)k * columns + column];
    return sum;
}

/// One image in one direction. Of each step in its order: x [features], r, z, n, U_n h + c_n, h [hidden each].
static void walk(const gk_gru *l, int32_t direction, int32_t image, int32_t features, double *steps) {
    const gk_gru_direction *w = &l->directions[direction];
    int32_t h = l->hidden, size = features + 5 * h;
    for (int32_t i = 0; i < l->steps; i++) {
        int32_t t = direction ? l->steps - 1 - i : i;
        double *x = steps + (size_t)i * size, *gates = x + features;
        for (int32_t k = 0; k < features; k++) {
            const gk_lstm_source *source;
            size_t at = place_of(l, image, t, k, &source);
            x[k] = source->values[at];
        }
        for (int32_t u = 0; u < h; u++) {
            double a[3], b[3];
            for (int32_t g = 0; g < 3; g++) {
                int32_t c = g * h + u;
                a[g] = w->input_bias[c] + product(features, x, w->input_weights, 3 * h, c);
                b[g] = w->recurrent_bias[c] + (i ? product(h, x - h, w->recurrent_weights, 3 * h, c) : 0);
            }
            double r = sigmoid(a[0] + b[0]), z = sigmoid(a[1] + b[1]), n = tanh(a[2] + r * b[2]);
            gates[u] = r;
            gates[h + u] = z;
            gates[2 * h + u] = n;
            gates[3 * h + u] = b[2];
            gates[4 * h + u] = (1 - z) * n + z * (i ? x[u - h] : 0);
        }
    }
}

static double *steps_for(const gk_gru *l, int32_t features) {
    return malloc(sizeof(double) * l->steps * (features + 5 * (size_t)l->hidden));
}

void gk_oracle_gru_forward(int32_t batch, const gk_gru *l) {
    int32_t h = l->hidden, features = features_of(l), size = features + 5 * h, width = l->direction_count * h;
    double *steps = steps_for(l, features);
    for (int32_t d = 0; steps && d < l->direction_count; d++)
        for (int32_t n = 0; n < batch; n++) {
            walk(l, d, n, features, steps);
            for (int32_t i = 0; i < l->steps; i++) {
                const double *state = steps + (size_t)(i + 1) * size - h;
                int32_t t = d ? l->steps - 1 - i : i;
                for (int32_t u = 0; u < h; u++) {
                    if (l->outputs) l->outputs[((size_t)n * l->steps + t) * width + d * h + u] = (float)state[u];
                    if (l->last && i == l->steps - 1) l->last[(size_t)n * width + d * h + u] = (float)state[u];
                }
            }
        }
    free(steps);
}

/// Adds a step's gradients to all of them; `dh` is that of its state, and becomes that of the state before.
static void step_back(const gk_gru *l, int32_t d, int32_t image, int32_t i, int32_t features, const double *x, double *dh,
                      double *gates) {
    const gk_gru_direction *w = &l->directions[d];
    int32_t h = l->hidden, t = d ? l->steps - 1 - i : i;
    const double *r = x + features, *z = r + h, *n = z + h, *back = n + h, *before = i ? x - h : NULL;
    double *in = gates, *st = gates + 3 * h;
    for (int32_t u = 0; u < h; u++) {
        double dn = dh[u] * (1 - z[u]) * (1 - n[u] * n[u]), dr = dn * back[u] * r[u] * (1 - r[u]);
        in[u] = st[u] = dr;
        in[h + u] = st[h + u] = dh[u] * ((before ? before[u] : 0) - n[u]) * z[u] * (1 - z[u]);
        in[2 * h + u] = dn;
        st[2 * h + u] = dn * r[u];
        dh[u] *= z[u];
    }
    for (int32_t c = 0; c < 3 * h; c++) {
        w->input_bias_gradient[c] += (float)in[c];
        w->recurrent_bias_gradient[c] += (float)st[c];
        for (int32_t u = 0; before && u < h; u++)
            w->recurrent_weight_gradient[(size_t)u * 3 * h + c] += (float)(before[u] * st[c]);
        for (int32_t u = 0; u < h; u++) dh[u] += w->recurrent_weights[(size_t)u * 3 * h + c] * st[c];
    }
    for (int32_t k = 0; k < features; k++) {
        const gk_lstm_source *source;
        size_t at = place_of(l, image, t, k, &source);
        double sum = 0;
        for (int32_t c = 0; c < 3 * h; c++) {
            w->input_weight_gradient[(size_t)k * 3 * h + c] += (float)(x[k] * in[c]);
            sum += w->input_weights[(size_t)k * 3 * h + c] * in[c];
        }
        if (source->gradient) source->gradient[at] += (float)sum;
    }
}

void gk_oracle_gru_backward(int32_t batch, const gk_gru *l) {
    int32_t h = l->hidden, features = features_of(l), size = features + 5 * h, width = l->direction_count * h;
    double *steps = steps_for(l, features), *dh = malloc(sizeof(double) * 7 * h);
    for (int32_t s = 0; s < l->source_count; s++) {
        const gk_lstm_source *source = &l->sources[s];
        size_t count = (size_t)batch * source->rows * source->columns * source->channels;
        if (source->gradient) memset(source->gradient, 0, sizeof(float) * count);
    }
    for (int32_t d = 0; steps && dh && d < l->direction_count; d++) {
        const gk_gru_direction *w = &l->directions[d];
        memset(w->input_weight_gradient, 0, sizeof(float) * features * 3 * h);
        memset(w->recurrent_weight_gradient, 0, sizeof(float) * h * 3 * h);
        memset(w->input_bias_gradient, 0, sizeof(float) * 3 * h);
        memset(w->recurrent_bias_gradient, 0, sizeof(float) * 3 * h);
        for (int32_t n = 0; n < batch; n++) {
            walk(l, d, n, features, steps);
            memset(dh, 0, sizeof(double) * h);
            for (int32_t i = l->steps - 1; i >= 0; i--) {
                int32_t t = d ? l->steps - 1 - i : i;
                for (int32_t u = 0; u < h; u++) {
                    size_t end = (size_t)n * width + d * h + u;
                    if (l->outputs_gradient)
                        dh[u] += l->outputs_gradient[((size_t)n * l->steps + t) * width + d * h + u];
                    if (l->last_gradient && i == l->steps - 1) dh[u] += l->last_gradient[end];
                }
                step_back(l, d, n, i, features, steps + (size_t)i * size, dh, dh + h);
            }
        }
    }
    free(steps);
    free(dh);
}
