// What a dense layer does to its outputs, compiled once an instruction set: include after lanes.h.
#pragma once
#include "dense.h"
#include "dropout_kernels.h"
#include "gemm_kernels.h"

/// output = dropout(leaky(bias + partial sums in order)) for rows `begin ..< end` of `batch`.
static void finish(const gk_dense *d, const gk_dropout *dropout, const float *partials, int32_t chunks,
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
static void start_backward(const gk_dense *d, const gk_dropout *dropout, int32_t batch, int32_t begin,
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
