// Scalar oracles of layers that stand alone: the formulas of gk_convolution.h, gk_norm.h and gk_maps.h as plain loops.
#include "gk_convolution.h"
#include "gk_maps.h"
#include "gk_norm_pool.h"
#include <math.h>
#include <string.h>

// MARK: - Convolution

/// Calls `body` for every product: places of input, weight and output.
#define FOR_PRODUCTS(l, n, y, x, o, body)                                                                              \
    for (int32_t i = 0; i < (l)->kernel_height; i++)                                                                   \
        for (int32_t j = 0; j < (l)->kernel_width; j++) {                                                              \
            int32_t row = (y) * (l)->stride_height + i - (l)->pad_top;                                                 \
            int32_t column = (x) * (l)->stride_width + j - (l)->pad_left;                                              \
            if (row < 0 || row >= (l)->height || column < 0 || column >= (l)->width) continue;                         \
            for (int32_t c = 0; c < (l)->in; c++) {                                                                    \
                size_t from = (((size_t)(n) * (l)->height + row) * (l)->width + column) * (l)->in + c;                 \
                size_t weight = ((size_t)(i * (l)->kernel_width + j) * (l)->in + c) * (l)->out + (o);                  \
                body;                                                                                                  \
            }                                                                                                          \
        }

#define FOR_OUTPUTS(l, batch, body)                                                                                    \
    for (int32_t n = 0; n < (batch); n++)                                                                              \
        for (int32_t y = 0; y < (l)->out_height; y++)                                                                  \
            for (int32_t x = 0; x < (l)->out_width; x++)                                                               \
                for (int32_t o = 0; o < (l)->out; o++) {                                                               \
                    size_t at = (((size_t)n * (l)->out_height + y) * (l)->out_width + x) * (l)->out + o;               \
                    body;                                                                                              \
                }

void gk_oracle_convolution_forward(int32_t batch, const gk_convolution *l) {
    FOR_OUTPUTS(l, batch, {
        double sum = l->bias ? l->bias[o] : 0;
        FOR_PRODUCTS(l, n, y, x, o, sum += (double)l->input[from] * l->weights[weight])
        l->output[at] = (float)(sum > 0 ? sum : l->slope * sum);
    })
}

void gk_oracle_convolution_backward(int32_t batch, const gk_convolution *l) {
    size_t weights = (size_t)l->kernel_height * l->kernel_width * l->in * l->out;
    memset(l->weight_gradient, 0, sizeof(float) * weights);
    if (l->bias_gradient) memset(l->bias_gradient, 0, sizeof(float) * l->out);
    if (l->input_gradient) memset(l->input_gradient, 0, sizeof(float) * batch * l->height * l->width * l->in);
    FOR_OUTPUTS(l, batch, {
        if (l->slope != 1 && !(l->output[at] > 0)) l->output_gradient[at] *= l->slope;
        float g = l->output_gradient[at];
        if (l->bias_gradient) l->bias_gradient[o] += g;
        FOR_PRODUCTS(l, n, y, x, o, {
            l->weight_gradient[weight] += g * l->input[from];
            if (l->input_gradient) l->input_gradient[from] += g * l->weights[weight];
        })
    })
}

// MARK: - Norm

void gk_oracle_norm_forward(int32_t batch, const gk_norm *n) {
    int64_t count = (int64_t)batch * n->places;
    for (int32_t c = 0; c < n->channels; c++) {
        double mean = n->running_mean[c], variance = n->running_variance[c];
        if (!n->fixed) {
            double sum = 0, squares = 0;
            for (int64_t p = 0; p < count; p++) sum += n->input[p * n->channels + c];
            mean = sum / count;
            for (int64_t p = 0; p < count; p++) {
                double d = n->input[p * n->channels + c] - mean;
                squares += d * d;
            }
            variance = squares / count;
            double sample = squares / (count > 1 ? count - 1 : 1);
            n->running_mean[c] += n->momentum * ((float)mean - n->running_mean[c]);
            n->running_variance[c] += n->momentum * ((float)sample - n->running_variance[c]);
        }
        n->mean[c] = (float)mean;
        n->inverse[c] = (float)(1 / sqrt(variance + n->epsilon));
        for (int64_t p = 0; p < count; p++) {
            double z = (n->input[p * n->channels + c] - mean) * n->inverse[c] * n->scale[c] + n->shift[c];
            if (n->output) n->output[p * n->channels + c] = (float)(z > 0 ? z : n->slope * z);
        }
    }
}

void gk_oracle_norm_backward(int32_t batch, const gk_norm *n) {
    int64_t count = (int64_t)batch * n->places;
    for (int32_t c = 0; c < n->channels; c++) {
        double sum = 0, product = 0;
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t p = 0; p < count; p++) {
                size_t at = p * n->channels + c;
                double scaled = (n->input[at] - n->mean[c]) * n->inverse[c];
                double g = n->output_gradient[at];
                if (!(scaled * n->scale[c] + n->shift[c] > 0)) g *= n->slope;
                if (pass == 0) {
                    sum += g;
                    product += g * scaled;
                } else if (n->input_gradient) {
                    double moved = n->fixed ? 0 : sum / count + scaled * product / count;
                    n->input_gradient[at] = (float)(n->scale[c] * n->inverse[c] * (g - moved));
                }
            }
        }
        n->shift_gradient[c] = (float)sum;
        n->scale_gradient[c] = (float)product;
    }
}

/// Norm, then activation, of one value.
static double normed(const gk_norm_pool *l, int32_t c, float x) {
    const gk_norm *n = &l->norm;
    double z = ((double)x - n->mean[c]) * n->inverse[c] * n->scale[c] + n->shift[c];
    switch (l->kind) {
    case GK_ELU: return z > 0 ? z : expm1(z);
    case GK_TANH: return tanh(z);
    default: return z > 0 ? z : l->slope * z;
    }
}

void gk_oracle_norm_pool_forward(int32_t batch, const gk_norm_pool *l) {
    int32_t rows = l->height / l->window_height, columns = l->width / l->window_width, channels = l->norm.channels;
    // The moments by the norm's own oracle, without its output.
    gk_norm norm = l->norm;
    norm.output = NULL;
    gk_oracle_norm_forward(batch, &norm);
    for (int64_t k = 0; k < (int64_t)batch * rows * columns * channels; k++) {
        int32_t c = (int32_t)(k % channels), q = (int32_t)(k / channels % columns);
        int32_t r = (int32_t)(k / channels / columns % rows);
        const float *x = norm.input + k / channels / columns / rows * norm.places * channels + c;
        int32_t best = -1;
        for (int32_t i = 0; i < l->window_height; i++)
            for (int32_t j = 0; j < l->window_width; j++) {
                int32_t place = (r * l->window_height + i) * l->width + q * l->window_width + j;
                float value = x[(size_t)place * channels];
                bool is_negative = norm.scale[c] < 0;
                if (best < 0 || (is_negative ? value < x[(size_t)best * channels] : value > x[(size_t)best * channels]))
                    best = place;
            }
        l->chosen[k] = x[(size_t)best * channels];
        if (l->argmax) l->argmax[k] = best;
        l->norm.output[k] = (float)normed(l, c, l->chosen[k]);
    }
}

void gk_oracle_norm_pool_backward(int32_t batch, const gk_norm_pool *l) {
    const gk_norm *n = &l->norm;
    int32_t channels = n->channels;
    int64_t pooled = (int64_t)(l->height / l->window_height) * (l->width / l->window_width);
    for (int32_t c = 0; c < channels; c++) {
        double sum = 0, product = 0, count = (double)batch * n->places;
        for (int64_t p = 0; p < batch * pooled; p++) {
            int64_t k = p * channels + c;
            double y = n->output[k], g = n->output_gradient[k];
            if (l->kind == GK_ELU) g *= y > 0 ? 1 : y + 1;
            else if (l->kind == GK_TANH) g *= 1 - y * y;
            else g *= y > 0 ? 1 : l->slope;
            l->gradient[k] = (float)g;
            sum += g;
            product += g * ((double)l->chosen[k] - n->mean[c]) * n->inverse[c];
        }
        n->shift_gradient[c] = (float)sum;
        n->scale_gradient[c] = (float)product;
        if (!n->input_gradient) continue;
        double factor = (double)n->scale[c] * n->inverse[c];
        for (int64_t p = 0; p < (int64_t)batch * n->places; p++) {
            double scaled = ((double)n->input[p * channels + c] - n->mean[c]) * n->inverse[c];
            double shared = n->fixed ? 0 : sum / count + scaled * product / count;
            n->input_gradient[p * channels + c] = (float)(-factor * shared);
        }
        for (int64_t p = 0; p < batch * pooled; p++) {
            int64_t k = p * channels + c;
            float *at = n->input_gradient + (p / pooled * n->places + l->argmax[k]) * channels + c;
            *at += (float)(factor * l->gradient[k]);
        }
    }
}

// MARK: - Pools

/// Calls `body` for every place of an output's window that lies within the map.
#define FOR_WINDOW(l, n, y, x, o, body)                                                                                \
    for (int32_t i = 0; i < (l)->window_height; i++)                                                                   \
        for (int32_t j = 0; j < (l)->window_width; j++) {                                                              \
            int32_t row = (y) * (l)->stride_height + i - (l)->pad_top;                                                 \
            int32_t column = (x) * (l)->stride_width + j - (l)->pad_left;                                              \
            if (row < 0 || row >= (l)->height || column < 0 || column >= (l)->width) continue;                         \
            int32_t place = row * (l)->width + column;                                                                 \
            size_t from = ((size_t)(n) * (l)->height * (l)->width + place) * (l)->channels + (o);                      \
            body;                                                                                                      \
        }

#define FOR_POOLED(l, batch, body)                                                                                     \
    for (int32_t n = 0; n < (batch); n++)                                                                              \
        for (int32_t y = 0; y < (l)->out_height; y++)                                                                  \
            for (int32_t x = 0; x < (l)->out_width; x++)                                                               \
                for (int32_t o = 0; o < (l)->channels; o++) {                                                          \
                    size_t at = (((size_t)n * (l)->out_height + y) * (l)->out_width + x) * (l)->channels + o;          \
                    body;                                                                                              \
                }

void gk_oracle_pooling_forward(int32_t batch, const gk_pooling *l) {
    FOR_POOLED(l, batch, {
        double sum = 0;
        float greatest = -INFINITY;
        int32_t count = 0;
        int32_t best = -1;
        FOR_WINDOW(l, n, y, x, o, {
            float value = l->input[from];
            sum += value;
            count++;
            if (best < 0 || value > greatest) {
                greatest = value;
                best = place;
            }
        })
        l->output[at] = l->average ? (float)(sum / count) : greatest;
        if (l->argmax) l->argmax[at] = best;
    })
}

void gk_oracle_pooling_backward(int32_t batch, const gk_pooling *l) {
    memset(l->input_gradient, 0, sizeof(float) * batch * l->height * l->width * l->channels);
    FOR_POOLED(l, batch, {
        int32_t count = 0;
        FOR_WINDOW(l, n, y, x, o, {
            (void)from;
            (void)place;
            count++;
        })
        FOR_WINDOW(l, n, y, x, o, {
            if (l->average) l->input_gradient[from] += l->output_gradient[at] / count;
            else if (l->argmax[at] == place) l->input_gradient[from] += l->output_gradient[at];
        })
    })
}
