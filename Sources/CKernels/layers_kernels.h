// What layers that stand alone do to their values, compiled once an instruction set. Maps' channels come last; loops over
// channels are written plainly, for the compiler to put into the set's vectors.
#pragma once
#include "dropout_kernels.h"
#include "exponentials.h"
#include "gemm_kernels.h"
#include "layers.h"
#include "norm_pool_kernels.h"

// MARK: - Convolutions

static void finish_rows(int64_t rows, int32_t channels, const float *bias, float slope, float *y) {
    for (int64_t r = 0; r < rows; r++, y += channels)
        for (int32_t c = 0; c < channels; c += 16) {
            v16 value = v16_load(y + c);
            if (bias) value += v16_load(bias + c);
            v16_store(y + c, slope == 1 ? value : v16_leaky(value, slope));
        }
}

static void add_list(int64_t count, const float *from, float *to) {
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) v16_store(to + i, v16_load(to + i) + v16_load(from + i));
    for (; i < count; i++) to[i] += from[i];
}

static void leaky_gradient(int64_t count, float slope, const float *output, float *gradient) {
    for (int64_t i = 0; i < count; i += 16) {
        v16 g = v16_load(gradient + i);
        v16_store(gradient + i, v16_select(v16_load(output + i) > 0, g, g * slope));
    }
}

// MARK: - Norms

enum { NORM_PLACES = 64 }; // of one sum in single precision

/// Joins a stretch's mean and sum of squared deviations to those of what came before.
GK_INLINE void join_moments(int64_t before, int32_t more, float stretch_mean, float stretch_m2, double *mean,
                            double *m2) {
    double all = (double)(before + more), delta = stretch_mean - *mean;
    *mean += delta * more / all;
    *m2 += stretch_m2 + delta * delta * ((double)before * more / all);
}

static void norm_moments(int64_t places, int32_t channels, const float *x, int64_t before, double *mean, double *m2) {
    for (int64_t p = 0; p < places; p += NORM_PLACES) {
        int32_t n = (int32_t)(places - p < NORM_PLACES ? places - p : NORM_PLACES);
        const float *stretch = x + p * channels;
        if (channels == 1) {
            float sum = 0, squares = 0;
            for (int32_t i = 0; i < n; i++) sum += stretch[i];
            float m = sum / n;
            for (int32_t i = 0; i < n; i++) squares += (stretch[i] - m) * (stretch[i] - m);
            join_moments(before + p, n, m, squares, mean, m2);
            continue;
        }
        for (int32_t c = 0; c < channels; c += 16) {
            v16 sum = {0}, squares = {0};
            for (int32_t i = 0; i < n; i++) sum += v16_load(stretch + (size_t)i * channels + c);
            v16 m = sum / (float)n;
            for (int32_t i = 0; i < n; i++) {
                v16 d = v16_load(stretch + (size_t)i * channels + c) - m;
                squares = v16_fma(d, d, squares);
            }
            for (int32_t k = 0; k < 16; k++) join_moments(before + p, n, m[k], squares[k], mean + c + k, m2 + c + k);
        }
    }
}

static void norm_apply(int64_t places, int32_t channels, const float *x, const float *factor, const float *offset,
                       float slope, float *y) {
    if (channels == 1) {
        for (int64_t p = 0; p < places; p++) {
            float z = x[p] * factor[0] + offset[0];
            y[p] = z > 0 ? z : slope * z;
        }
        return;
    }
    for (int64_t p = 0; p < places; p++)
        for (int32_t c = 0; c < channels; c += 16) {
            size_t at = (size_t)p * channels + c;
            v16 z = v16_fma(v16_load(x + at), v16_load(factor + c), v16_load(offset + c));
            v16_store(y + at, slope == 1 ? z : v16_leaky(z, slope));
        }
}

/// The gradient before the activation, and x'.
GK_INLINE void norm_before(const gk_norm *norm, v16 x, v16 gradient, v16 factor, v16 offset, v16 mean, v16 inverse,
                           v16 *g, v16 *scaled) {
    *g = norm->slope == 1 ? gradient : v16_select(v16_fma(x, factor, offset) > 0, gradient, gradient * norm->slope);
    *scaled = (x - mean) * inverse;
}

static void norm_sums(int64_t places, const gk_norm *norm, const float *factor, const float *offset, const float *x,
                      const float *gradient, double *sums, double *products) {
    int32_t channels = norm->channels;
    for (int64_t p = 0; p < places; p += NORM_PLACES) {
        int32_t n = (int32_t)(places - p < NORM_PLACES ? places - p : NORM_PLACES);
        if (channels == 1) {
            float sum = 0, product = 0;
            for (int32_t i = 0; i < n; i++) {
                float value = x[p + i], g = gradient[p + i];
                if (!(value * factor[0] + offset[0] > 0)) g *= norm->slope;
                sum += g;
                product += g * ((value - norm->mean[0]) * norm->inverse[0]);
            }
            sums[0] += sum;
            products[0] += product;
            continue;
        }
        for (int32_t c = 0; c < channels; c += 16) {
            v16 f = v16_load(factor + c), o = v16_load(offset + c);
            v16 mean = v16_load(norm->mean + c), inverse = v16_load(norm->inverse + c);
            v16 sum = {0}, product = {0};
            for (int32_t i = 0; i < n; i++) {
                size_t at = (size_t)(p + i) * channels + c;
                v16 g, scaled;
                norm_before(norm, v16_load(x + at), v16_load(gradient + at), f, o, mean, inverse, &g, &scaled);
                sum += g;
                product = v16_fma(g, scaled, product);
            }
            for (int32_t k = 0; k < 16; k++) {
                sums[c + k] += sum[k];
                products[c + k] += product[k];
            }
        }
    }
}

static void norm_gradient(int64_t places, const gk_norm *norm, const float *factor, const float *offset,
                          const float *a, const float *b, const float *x, const float *gradient, float *to) {
    int32_t channels = norm->channels;
    if (channels == 1) {
        for (int64_t p = 0; p < places; p++) {
            float g = gradient[p];
            if (!(x[p] * factor[0] + offset[0] > 0)) g *= norm->slope;
            to[p] = factor[0] * (g - a[0] - (x[p] - norm->mean[0]) * norm->inverse[0] * b[0]);
        }
        return;
    }
    for (int64_t p = 0; p < places; p++)
        for (int32_t c = 0; c < channels; c += 16) {
            size_t at = (size_t)p * channels + c;
            v16 f = v16_load(factor + c), g, scaled;
            norm_before(norm, v16_load(x + at), v16_load(gradient + at), f, v16_load(offset + c),
                        v16_load(norm->mean + c), v16_load(norm->inverse + c), &g, &scaled);
            v16_store(to + at, f * (g - v16_load(a + c) - scaled * v16_load(b + c)));
        }
}

// MARK: - Pools

/// One row of an image's output.
static void pool_row(const gk_pooling *p, int32_t y, const float *image, float *output, int32_t *argmax) {
    int32_t channels = p->channels, top = y * p->stride_height - p->pad_top;
    int32_t bottom = top + p->window_height < p->height ? top + p->window_height : p->height;
    if (top < 0) top = 0;
    for (int32_t x = 0; x < p->out_width; x++, output += channels, argmax += argmax ? channels : 0) {
        int32_t left = x * p->stride_width - p->pad_left;
        int32_t right = left + p->window_width < p->width ? left + p->window_width : p->width;
        if (left < 0) left = 0;
        if (p->average) {
            float share = 1 / (float)((bottom - top) * (right - left));
            for (int32_t c = 0; c < channels; c++) output[c] = 0;
            for (int32_t i = top; i < bottom; i++)
                for (int32_t j = left; j < right; j++) {
                    const float *from = image + ((size_t)i * p->width + j) * channels;
                    for (int32_t c = 0; c < channels; c++) output[c] += from[c];
                }
            for (int32_t c = 0; c < channels; c++) output[c] *= share;
            continue;
        }
        const float *first = image + ((size_t)top * p->width + left) * channels;
        int32_t place = top * p->width + left;
        for (int32_t c = 0; c < channels; c++) output[c] = first[c];
        if (argmax)
            for (int32_t c = 0; c < channels; c++) argmax[c] = place;
        for (int32_t i = top; i < bottom; i++)
            for (int32_t j = left; j < right; j++) {
                place = i * p->width + j;
                const float *from = image + (size_t)place * channels;
                if (argmax)
                    for (int32_t c = 0; c < channels; c++) {
                        int32_t old = argmax[c];
                        argmax[c] = from[c] > output[c] ? place : old;
                    }
                for (int32_t c = 0; c < channels; c++) output[c] = from[c] > output[c] ? from[c] : output[c];
            }
    }
}

/// Adds one output row's gradient to an image's.
static void pool_row_gradient(const gk_pooling *p, int32_t y, const float *gradient, const int32_t *argmax, float *to) {
    int32_t channels = p->channels, top = y * p->stride_height - p->pad_top;
    int32_t bottom = top + p->window_height < p->height ? top + p->window_height : p->height;
    if (top < 0) top = 0;
    for (int32_t x = 0; x < p->out_width; x++, gradient += channels, argmax += argmax ? channels : 0) {
        int32_t left = x * p->stride_width - p->pad_left;
        int32_t right = left + p->window_width < p->width ? left + p->window_width : p->width;
        if (left < 0) left = 0;
        float share = 1 / (float)((bottom - top) * (right - left));
        for (int32_t i = top; i < bottom; i++)
            for (int32_t j = left; j < right; j++) {
                int32_t place = i * p->width + j;
                float *at = to + (size_t)place * channels;
                if (p->average)
                    for (int32_t c = 0; c < channels; c++) at[c] += gradient[c] * share;
                else
                    for (int32_t c = 0; c < channels; c++) at[c] += argmax[c] == place ? gradient[c] : 0;
            }
    }
}

// MARK: - Activations, dropout, sums

GK_INLINE v16 activated(gk_activation_kind kind, float slope, v16 x) {
    switch (kind) {
    case GK_LEAKY: return v16_leaky(x, slope);
    case GK_ELU: {
        // e^x - 1 by x + x^2 / 2 + … near 0, where the difference would cancel.
        v16 near = v16_fma(x * x, v16_fma(x, v16_fma(x, v16_all(1 / 24.0f), v16_all(1 / 6.0f)), v16_all(0.5f)), x);
        v16 low = v16_select(x > -0.03f, near, v16_exp(x) - 1);
        return v16_select(x > 0, x, low);
    }
    case GK_SIGMOID: return v16_sigmoid(x);
    default: return v16_tanh(x);
    }
}

static void activate(gk_activation_kind kind, float slope, int64_t count, const float *from, float *to) {
#define GK_EACH(k)                                                                                                     \
    case k:                                                                                                            \
        for (int64_t i = 0; i < count; i += 16) v16_store(to + i, activated(k, slope, v16_load(from + i)));            \
        break
    switch (kind) {
        GK_EACH(GK_LEAKY);
        GK_EACH(GK_ELU);
        GK_EACH(GK_SIGMOID);
        GK_EACH(GK_TANH);
    }
#undef GK_EACH
}

static void activate_gradient(gk_activation_kind kind, float slope, int64_t count, const float *output,
                              const float *gradient, float *to) {
    for (int64_t i = 0; i < count; i += 16) {
        v16 y = v16_load(output + i), g = v16_load(gradient + i);
        switch (kind) {
        case GK_LEAKY: g = v16_select(y > 0, g, g * slope); break;
        case GK_ELU: g = v16_select(y > 0, g, g * (y + 1)); break;
        case GK_SIGMOID: g = g * y * (1 - y); break;
        case GK_TANH: g = g * (1 - y * y); break;
        }
        v16_store(to + i, g);
    }
}

static void drop_values(const gk_dropout *dropout, int64_t count, uint64_t element, const float *from, float *to) {
    for (int64_t i = 0; i < count; i += 16) {
        v16 value = v16_load(from + i);
        if (dropout->active) value *= dropout_factors(dropout, element + (uint64_t)i);
        v16_store(to + i, value);
    }
}

static void sum_lists(int32_t terms, const float *const *from, int64_t begin, int64_t end, float *to) {
    for (int64_t i = begin; i < end; i++) {
        float sum = from[0][i];
        for (int32_t t = 1; t < terms; t++) sum += from[t][i];
        to[i] = sum;
    }
}

// MARK: - GRU

/// One step of `rows` images (formulas in gk_gru.h): gates [rows][4][hidden] get r, z, n and U_n h + c_n.
static void gru_step(int32_t rows, int32_t hidden, const float *projected, const float *recurrent, const float *bias,
                     const float *recurrent_bias, const float *earlier, float *gates, float *state) {
    for (int32_t row = 0; row < rows; row++)
        for (int32_t u = 0; u < hidden; u += 16) {
            const float *p = projected + (size_t)row * 3 * hidden + u, *q = recurrent + (size_t)row * 3 * hidden + u;
            float *g = gates + (size_t)row * 4 * hidden + u;
            v16 part[3], back[3];
            for (int k = 0; k < 3; k++) {
                part[k] = v16_load(p + k * hidden) + v16_load(bias + k * hidden + u);
                back[k] = v16_load(recurrent_bias + k * hidden + u);
                if (earlier) back[k] += v16_load(q + k * hidden);
            }
            v16 r = v16_cut(v16_sigmoid(part[0] + back[0])), z = v16_cut(v16_sigmoid(part[1] + back[1]));
            v16 n = v16_tanh(v16_fma(r, back[2], part[2]));
            v16 h = earlier ? v16_load(earlier + (size_t)row * hidden + u) : (v16){0};
            v16_store(g, r);
            v16_store(g + hidden, z);
            v16_store(g + 2 * hidden, n);
            v16_store(g + 3 * hidden, back[2]);
            v16_store(state + (size_t)row * hidden + u, v16_cut(v16_fma(z, h - n, n)));
        }
}

/// `gradient` [rows][hidden] of the state comes in, that of the earlier state by way of z goes out; the gates' gradients
/// [rows][3][hidden] before their activations, as the input and as the state see them.
static void gru_step_backward(int32_t rows, int32_t hidden, const float *gates, const float *earlier, float *gradient,
                              float *input_gates, float *state_gates) {
    for (int32_t row = 0; row < rows; row++)
        for (int32_t u = 0; u < hidden; u += 16) {
            const float *g = gates + (size_t)row * 4 * hidden + u;
            float *in = input_gates + (size_t)row * 3 * hidden + u, *st = state_gates + (size_t)row * 3 * hidden + u;
            size_t at = (size_t)row * hidden + u;
            v16 r = v16_load(g), z = v16_load(g + hidden), n = v16_load(g + 2 * hidden), back = v16_load(g + 3 * hidden);
            v16 dh = v16_load(gradient + at), h = earlier ? v16_load(earlier + at) : (v16){0};
            v16 dn = dh * (1 - z) * (1 - n * n), dz = dh * (h - n) * z * (1 - z);
            v16 dr = v16_cut(dn * back * r * (1 - r));
            dn = v16_cut(dn);
            dz = v16_cut(dz);
            v16_store(in, dr);
            v16_store(in + hidden, dz);
            v16_store(in + 2 * hidden, dn);
            v16_store(st, dr);
            v16_store(st + hidden, dz);
            v16_store(st + 2 * hidden, v16_cut(dn * r));
            v16_store(gradient + at, v16_cut(dh * z));
        }
}

#define GK_LAYER_KERNELS                                                                                               \
    {                                                                                                                  \
        {gemm_rows, gemm_columns, transpose, sum_rows}, finish_rows, add_list, leaky_gradient, norm_moments, norm_apply,         \
            norm_sums, norm_gradient, norm_choose, norm_pool_gradient, pool_row, pool_row_gradient, activate, activate_gradient, drop_values,           \
            sum_lists, gru_step, gru_step_backward                                                                     \
    }
