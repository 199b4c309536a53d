// What an LSTM does between its matrix products, compiled once an instruction set.
#pragma once
#include "dropout_kernels.h"
#include "exponentials.h"
#include "lanes.h"
#include "lstm.h"

static void add(int64_t count, const float *from, float *to) {
    for (int64_t i = 0; i < count; i += 16) v16_store(to + i, v16_load(to + i) + v16_load(from + i));
}

static void step(const lstm_step *s) {
    int32_t h = s->hidden;
    for (int32_t n = 0; n < s->rows; n++) {
        float *gates = s->gates + (size_t)n * 4 * h;
        for (int32_t u = 0; u < h; u += 16) {
            size_t at = (size_t)n * h + u;
            v16 i = v16_cut(v16_sigmoid(v16_load(gates + u) + v16_load(s->bias + u)));
            v16 f = v16_cut(v16_sigmoid(v16_load(gates + h + u) + v16_load(s->bias + h + u)));
            v16 g = v16_tanh(v16_load(gates + 2 * h + u) + v16_load(s->bias + 2 * h + u));
            v16 o = v16_cut(v16_sigmoid(v16_load(gates + 3 * h + u) + v16_load(s->bias + 3 * h + u)));
            v16 cell = i * g;
            if (s->earlier) cell = v16_fma(f, v16_load(s->earlier + at), cell);
            cell = v16_cut(cell);
            v16 t = v16_tanh(cell);
            v16_store(gates + u, i);
            v16_store(gates + h + u, f);
            v16_store(gates + 2 * h + u, g);
            v16_store(gates + 3 * h + u, o);
            v16_store(s->cells + at, cell);
            v16_store(s->tanhs + at, t);
            v16_store(s->outputs + at, v16_cut(o * t));
        }
    }
}

static void step_backward(const lstm_step *s) {
    int32_t h = s->hidden;
    for (int32_t n = 0; n < s->rows; n++) {
        float *gates = s->gates + (size_t)n * 4 * h;
        for (int32_t u = 0; u < h; u += 16) {
            size_t at = (size_t)n * h + u;
            v16 i = v16_load(gates + u), f = v16_load(gates + h + u);
            v16 g = v16_load(gates + 2 * h + u), o = v16_load(gates + 3 * h + u);
            v16 t = v16_load(s->tanhs + at), dh = v16_load(s->output_gradient + at);
            v16 dc = v16_fma(dh * o, 1 - t * t, v16_load(s->cell_gradient + at));
            v16 earlier = s->earlier ? v16_load(s->earlier + at) : (v16){0};
            v16_store(gates + u, v16_cut(dc * g * i * (1 - i)));
            v16_store(gates + h + u, v16_cut(dc * earlier * f * (1 - f)));
            v16_store(gates + 2 * h + u, v16_cut(dc * i * (1 - g * g)));
            v16_store(gates + 3 * h + u, v16_cut(dh * t * o * (1 - o)));
            v16_store(s->cell_gradient + at, v16_cut(dc * f));
        }
    }
}

static void drop(const gk_dropout *dropout, int32_t count, uint64_t element, const float *from, float *to,
                 bool accumulate) {
    for (int32_t i = 0; i < count; i += 16) {
        v16 value = v16_load(from + i);
        if (dropout->active) value *= dropout_factors(dropout, element + i);
        v16_store(to + i, accumulate ? v16_load(to + i) + value : value);
    }
}

#define GK_MAP(name)                                                                                                   \
    static void map_##name(int64_t count, const float *from, float *to) {                                             \
        for (int64_t i = 0; i < count; i += 16) {                                                                      \
            float piece[16] = {0};                                                                                     \
            size_t bytes = sizeof(float) * (size_t)(count - i < 16 ? count - i : 16);                                  \
            memcpy(piece, from + i, bytes);                                                                            \
            v16_store(piece, v16_##name(v16_load(piece)));                                                             \
            memcpy(to + i, piece, bytes);                                                                              \
        }                                                                                                              \
    }
GK_MAP(sigmoid)
GK_MAP(tanh)
#undef GK_MAP
