// What a dense layer does to its outputs, compiled once an instruction set: include after lanes.h.
#pragma once
#include "dense.h"
#include "gemm_kernels.h"

typedef uint64_t v8u __attribute__((vector_size(64)));
typedef int64_t v8l __attribute__((vector_size(64)));
typedef int32_t v8i __attribute__((vector_size(32)));

/// The rule of gk_dropout_keeps for eight elements at once.
GK_INLINE v8i keeps8(uint64_t base, uint64_t element, uint64_t threshold) {
    v8u z = (v8u){1, 2, 3, 4, 5, 6, 7, 8} + element;
    z = z * (v8u){0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u,
                  0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u} +
        base;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return __builtin_convertvector((v8l)(z >> 40) >= (v8l){0} + (int64_t)threshold, v8i);
}

/// 1 / (1 - dropout) where the element is kept, else 0.
GK_INLINE v16 dropout_factors(const dense_dropout *d, uint64_t element) {
    v8i low = keeps8(d->base, element, d->threshold), high = keeps8(d->base, element + 8, d->threshold);
    v16i mask = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return v16_select(mask, v16_all(d->factor), (v16){0});
}

/// output = dropout(leaky(bias + partial sums in order)) for rows `begin ..< end` of `batch`.
static void finish(const gk_dense *d, const dense_dropout *dropout, const float *partials, int32_t chunks,
                   int32_t batch, int32_t begin, int32_t end) {
    size_t size = (size_t)batch * d->out;
    for (int32_t n = begin; n < end; n++)
        for (int32_t o = 0; o < d->out; o += 16) {
            size_t at = (size_t)n * d->out + o;
            v16 sum = v16_load(d->bias + o);
            for (int32_t c = 0; c < chunks; c++) sum += v16_load(partials + c * size + at);
            sum = v16_leaky(sum, d->slope);
            if (dropout->active) sum *= dropout_factors(dropout, at);
            v16_store(d->output + at, sum);
        }
}

/// The gradient before dropout and activation, in place, for rows `begin ..< begin + 16` (as many as there are), and
/// its transpose [out][padded], whose places beyond the batch get zeros.
static void start_backward(const gk_dense *d, const dense_dropout *dropout, int32_t batch, int32_t begin,
                           float *transposed, int32_t padded) {
    int32_t rows = batch - begin < 16 ? batch - begin : 16;
    for (int32_t o = 0; o < d->out; o += 16) {
        v16 m[16];
        for (int32_t r = 0; r < 16; r++) {
            m[r] = (v16){0};
            if (r >= rows) continue;
            size_t at = (size_t)(begin + r) * d->out + o;
            v16 value = v16_load(d->output + at), g = v16_load(d->output_gradient + at);
            g = v16_select(value > 0, g, g * d->slope);
            if (dropout->active) g *= dropout_factors(dropout, at);
            v16_store(d->output_gradient + at, g);
            m[r] = g;
        }
        v16_transpose(m);
        for (int32_t r = 0; r < 16; r++) v16_store(transposed + (size_t)(o + r) * padded + begin, m[r]);
    }
}

/// sums[columns] = sum over rows, in order.
static void sum_rows(int32_t rows, int32_t columns, const float *from, float *sums) {
    for (int32_t o = 0; o < columns; o += 16) {
        v16 sum = {0};
        for (int32_t n = 0; n < rows; n++) sum += v16_load(from + (size_t)n * columns + o);
        v16_store(sums + o, sum);
    }
}
