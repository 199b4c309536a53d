// The optimisers, compiled once an instruction set.
#pragma once
#include "lanes.h"
#include "optimiser.h"

/// Adam with the gradient of an L1 penalty, the paper's. Sixteen parameters; adds their |p| to `sum`. A lane pays the penalty where `pays` has its bits set.
GK_INLINE void adam_step(const adam_rates *a, v16i pays, float *p, const float *g, float *m, float *v, v16 *sum) {
    v16 value = v16_load(p), gradient = v16_load(g);
    v16i sign = (v16i)((value < 0) - (value > 0)) & pays;
    gradient = v16_fma(v16_all(a->l1), __builtin_convertvector(sign, v16), gradient);
    *sum += (v16)((v16i)value & pays & 0x7FFFFFFF);
    v16 first = v16_fma(v16_all(a->beta1), v16_load(m), a->rest1 * gradient);
    v16 second = v16_fma(v16_all(a->beta2), v16_load(v), a->rest2 * gradient * gradient);
    v16_store(m, first);
    v16_store(v, second);
    v16 scale = v16_fma(__builtin_elementwise_sqrt(second), v16_all(a->correction), v16_all(a->epsilon));
    v16_store(p, value - a->rate * first / scale);
}

static void adam_blocks(const adam_rates *rates, int64_t count, int64_t penalised, float *p, const float *g, float *m,
                        float *v, double *sums) {
    const v16i lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (int64_t begin = 0; begin < count; begin += GK_ADAM_BLOCK) {
        int64_t end = begin + GK_ADAM_BLOCK < count ? begin + GK_ADAM_BLOCK : count;
        v16 sum = {0};
        for (int64_t i = begin; i < end; i += 16) {
            int64_t payers = penalised - i < 0 ? 0 : penalised - i > 16 ? 16 : penalised - i;
            v16i pays = lanes < (v16i){0} + (int32_t)payers;
            if (end - i >= 16) {
                adam_step(rates, pays, p + i, g + i, m + i, v + i, &sum);
            } else {
                float tail[4][16] = {0};
                float *from[4] = {p + i, (float *)g + i, m + i, v + i};
                size_t bytes = sizeof(float) * (size_t)(end - i);
                for (int t = 0; t < 4; t++) memcpy(tail[t], from[t], bytes);
                adam_step(rates, pays, tail[0], tail[1], tail[2], tail[3], &sum);
                for (int t = 0; t < 4; t++)
                    if (t != 1) memcpy(from[t], tail[t], bytes);
            }
        }
        double total = 0;
        for (int l = 0; l < 16; l++) total += sum[l];
        sums[begin / GK_ADAM_BLOCK] = total;
    }
}

/// The methods as kernels: SGD has no state without momentum. AdamW is Adam whose rates shrink the parameters.
typedef enum { STEP_SGD, STEP_MOMENTUM, STEP_ADAM, STEP_ADADELTA } step_kind;

/// Sixteen parameters of any method; adds their |p| and p^2 to `sum` and `squares`. `kind` is a constant, so that nothing
/// is decided at run time.
GK_INLINE void method_step(step_kind kind, const method_rates *r, v16i pays, float *p, const float *g, float *first,
                           float *second, v16 *sum, v16 *squares) {
    v16 value = v16_load(p), gradient = v16_load(g);
    v16i sign = (v16i)((value < 0) - (value > 0)) & pays;
    v16 paying = (v16)((v16i)value & pays);
    *sum += (v16)((v16i)paying & 0x7FFFFFFF);
    *squares = v16_fma(paying, paying, *squares);
    gradient = v16_fma(v16_all(r->adam.l1), __builtin_convertvector(sign, v16), gradient);
    gradient = v16_fma(v16_all(r->l2), paying, gradient);
    gradient = v16_fma(v16_all(r->weight_decay), value, gradient);
    if (kind == STEP_SGD) {
        v16_store(p, v16_fnma(v16_all(r->adam.rate), gradient, value));
    } else if (kind == STEP_MOMENTUM) {
        v16 velocity = v16_fma(v16_all(r->momentum), v16_load(first), gradient);
        v16_store(first, velocity);
        v16 direction = r->lookahead > 0 ? v16_fma(v16_all(r->lookahead), velocity, gradient) : velocity;
        v16_store(p, v16_fnma(v16_all(r->adam.rate), direction, value));
    } else if (kind == STEP_ADAM) {
        v16 m = v16_fma(v16_all(r->adam.beta1), v16_load(first), r->adam.rest1 * gradient);
        v16 v = v16_fma(v16_all(r->adam.beta2), v16_load(second), r->adam.rest2 * gradient * gradient);
        v16_store(first, m);
        v16_store(second, v);
        v16 scale = v16_fma(__builtin_elementwise_sqrt(v), v16_all(r->adam.correction), v16_all(r->adam.epsilon));
        v16_store(p, r->shrink * value - r->adam.rate * m / scale);
    } else {
        v16 before = v16_load(second), s = v16_fma(v16_all(r->rho), v16_load(first), r->rest * gradient * gradient);
        v16 delta = __builtin_elementwise_sqrt(before + r->adam.epsilon) /
                    __builtin_elementwise_sqrt(s + r->adam.epsilon) * gradient;
        v16_store(first, s);
        v16_store(second, v16_fma(v16_all(r->rho), before, r->rest * delta * delta));
        v16_store(p, v16_fnma(v16_all(r->adam.rate), delta, value));
    }
}

GK_INLINE void method_blocks(step_kind kind, const method_rates *rates, int64_t count, int64_t penalised, float *p,
                             const float *g, float *first, float *second, double *sums, double *squares) {
    const v16i lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int states = kind == STEP_SGD ? 0 : kind == STEP_MOMENTUM ? 1 : 2;
    for (int64_t begin = 0; begin < count; begin += GK_ADAM_BLOCK) {
        int64_t end = begin + GK_ADAM_BLOCK < count ? begin + GK_ADAM_BLOCK : count;
        v16 sum = {0}, square = {0};
        for (int64_t i = begin; i < end; i += 16) {
            int64_t payers = penalised - i < 0 ? 0 : penalised - i > 16 ? 16 : penalised - i;
            v16i pays = lanes < (v16i){0} + (int32_t)payers;
            float *m = states > 0 ? first + i : NULL, *v = states > 1 ? second + i : NULL;
            if (end - i >= 16) {
                method_step(kind, rates, pays, p + i, g + i, m, v, &sum, &square);
            } else {
                float tail[4][16] = {0};
                size_t bytes = sizeof(float) * (size_t)(end - i);
                memcpy(tail[0], p + i, bytes);
                memcpy(tail[1], g + i, bytes);
                if (m) memcpy(tail[2], m, bytes);
                if (v) memcpy(tail[3], v, bytes);
                method_step(kind, rates, pays, tail[0], tail[1], tail[2], tail[3], &sum, &square);
                memcpy(p + i, tail[0], bytes);
                if (m) memcpy(m, tail[2], bytes);
                if (v) memcpy(v, tail[3], bytes);
            }
        }
        double total = 0, total_square = 0;
        for (int l = 0; l < 16; l++) {
            total += sum[l];
            total_square += square[l];
        }
        sums[begin / GK_ADAM_BLOCK] = total;
        squares[begin / GK_ADAM_BLOCK] = total_square;
    }
}

#define GK_METHOD(name, kind)                                                                                          \
    static void name(const method_rates *rates, int64_t count, int64_t penalised, float *p, const float *g,            \
                     float *first, float *second, double *sums, double *squares) {                                     \
        method_blocks(kind, rates, count, penalised, p, g, first, second, sums, squares);                              \
    }
GK_METHOD(sgd_blocks, STEP_SGD)
GK_METHOD(momentum_blocks, STEP_MOMENTUM)
GK_METHOD(any_adam_blocks, STEP_ADAM)
GK_METHOD(adadelta_blocks, STEP_ADADELTA)
#undef GK_METHOD

#define GK_METHODS                                                                                                     \
    {                                                                                                                  \
        .plain = adam_blocks, .sgd = sgd_blocks, .momentum = momentum_blocks, .adam = any_adam_blocks,                 \
        .adadelta = adadelta_blocks                                                                                    \
    }
