// What an LSTM does between its matrix products, compiled once an instruction set.
#pragma once
#include "dropout_kernels.h"
#include "lanes.h"
#include "lstm.h"

/// e^x for -87 <= x <= 88, else at the nearer bound; relative error about 1e-7.
GK_INLINE v16 v16_exp(v16 x) {
    x = v16_select(x < -87.0f, v16_all(-87.0f), x);
    x = v16_select(x > 88.0f, v16_all(88.0f), x);
    // x = n ln 2 + r: the sum with 1.5 * 2^23 rounds to a whole number and leaves it in the low bits; ln 2 in two parts
    // keeps r exact. e^r = 1 + r + r^2 q(r), q fitted with the smallest largest error.
    const v16 shift = v16_all(0x1.8p23f);
    v16 shifted = v16_fma(x, v16_all(1.44269504f), shift);
    v16 n = shifted - shift;
    v16 r = v16_fnma(n, v16_all(0x1.62e4p-1f), x);
    r = v16_fnma(n, v16_all(1.42860682e-6f), r);
    v16 q = v16_all(0.00138145383f);
    q = v16_fma(q, r, v16_all(0.00836874545f));
    q = v16_fma(q, r, v16_all(0.041668389f));
    q = v16_fma(q, r, v16_all(0.166665211f));
    q = v16_fma(q, r, v16_all(0.49999994f));
    v16 e = v16_fma(q * r, r, r) + 1;
    return (v16)((v16i)e + (((v16i)shifted - (v16i)shift) << 23));
}

GK_INLINE v16 v16_sigmoid(v16 x) { return 1 / (1 + v16_exp(-x)); }

GK_INLINE v16 v16_tanh(v16 x) {
    // Near 0 by x + x^3 p(x^2), else 1 - 2 / (e^2|x| + 1), which there would cancel.
    v16 z = x * x, p = v16_all(-0.00571703678f);
    p = v16_fma(p, z, v16_all(0.0206505787f));
    p = v16_fma(p, z, v16_all(-0.0537434965f));
    p = v16_fma(p, z, v16_all(0.133314908f));
    p = v16_fma(p, z, v16_all(-0.333332837f));
    v16 size = (v16)((v16i)x & 0x7FFFFFFF);
    v16 far = 1 - 2 / (v16_exp(size + size) + 1);
    far = (v16)((v16i)far | ((v16i)x & (int32_t)0x80000000));
    return v16_select(size < 0.625f, v16_fma(p * z, x, x), far);
}

static void add(int64_t count, const float *from, float *to) {
    for (int64_t i = 0; i < count; i += 16) v16_store(to + i, v16_load(to + i) + v16_load(from + i));
}

static void step(const lstm_step *s) {
    int32_t h = s->hidden;
    for (int32_t n = 0; n < s->rows; n++) {
        float *gates = s->gates + (size_t)n * 4 * h;
        for (int32_t u = 0; u < h; u += 16) {
            size_t at = (size_t)n * h + u;
            v16 i = v16_sigmoid(v16_load(gates + u) + v16_load(s->bias + u));
            v16 f = v16_sigmoid(v16_load(gates + h + u) + v16_load(s->bias + h + u));
            v16 g = v16_tanh(v16_load(gates + 2 * h + u) + v16_load(s->bias + 2 * h + u));
            v16 o = v16_sigmoid(v16_load(gates + 3 * h + u) + v16_load(s->bias + 3 * h + u));
            v16 cell = i * g;
            if (s->earlier) cell = v16_fma(f, v16_load(s->earlier + at), cell);
            v16 t = v16_tanh(cell);
            v16_store(gates + u, i);
            v16_store(gates + h + u, f);
            v16_store(gates + 2 * h + u, g);
            v16_store(gates + 3 * h + u, o);
            v16_store(s->cells + at, cell);
            v16_store(s->tanhs + at, t);
            v16_store(s->outputs + at, o * t);
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
            v16_store(gates + u, dc * g * i * (1 - i));
            v16_store(gates + h + u, dc * earlier * f * (1 - f));
            v16_store(gates + 2 * h + u, dc * i * (1 - g * g));
            v16_store(gates + 3 * h + u, dh * t * o * (1 - o));
            v16_store(s->cell_gradient + at, dc * f);
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
