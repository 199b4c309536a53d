// The convolutional block as its formula (gk_blocks.h): 2 * kh * kw * in operations for each place before the pool.
#include "gk_oracle.h"
#include <stdlib.h>
#include <string.h>

static float pre_activation(const gk_block_shape *s, const gk_block_tensors *t, int32_t n, int32_t y, int32_t x,
                            int32_t o) {
    int32_t ic = gk_stored_channels(s->in_channels), oc = gk_stored_channels(s->out_channels);
    float sum = t->bias[o];
    for (int32_t i = 0; i < s->kernel_height; i++) {
        int32_t row = y + i - s->pad_top;
        if (row < 0 || row >= s->height) continue;
        for (int32_t j = 0; j < s->kernel_width; j++) {
            int32_t column = x + j - s->pad_left;
            if (column < 0 || column >= s->width) continue;
            const float *in = t->input + (((size_t)n * s->height + row) * s->width + column) * ic;
            const float *w = t->weights + ((size_t)i * s->kernel_width + j) * ic * oc + o;
            for (int32_t c = 0; c < ic; c++) sum += in[c] * w[(size_t)c * oc];
        }
    }
    return sum;
}

void gk_oracle_block_forward(const gk_block_shape *s, int32_t batch, const gk_block_tensors *t) {
    int32_t oc = gk_stored_channels(s->out_channels);
    int32_t rows = s->map_height / s->pool_height, columns = s->map_width / s->pool_width;
    for (int32_t n = 0; n < batch; n++)
        for (int32_t r = 0; r < rows; r++)
            for (int32_t q = 0; q < columns; q++)
                for (int32_t o = 0; o < oc; o++) {
                    float best = 0;
                    int32_t place = -1;
                    for (int32_t e = 0; e < s->pool_height * s->pool_width; e++) {
                        float z = pre_activation(s, t, n, r * s->pool_height + e / s->pool_width,
                                                 q * s->pool_width + e % s->pool_width, o);
                        if (place < 0 || z > best) best = z, place = e;
                    }
                    size_t at = (((size_t)n * rows + r) * columns + q) * oc + o;
                    t->output[at] = best > 0 ? best : s->slope * best;
                    if (t->argmax) t->argmax[at] = (uint16_t)place;
                }
}

void gk_oracle_block_backward(const gk_block_shape *s, int32_t batch, const gk_block_tensors *t) {
    int32_t ic = gk_stored_channels(s->in_channels), oc = gk_stored_channels(s->out_channels);
    int32_t rows = s->map_height / s->pool_height, columns = s->map_width / s->pool_width;
    if (t->input_gradient) memset(t->input_gradient, 0, sizeof(float) * batch * s->height * s->width * ic);
    if (t->weight_gradient) memset(t->weight_gradient, 0, sizeof(float) * s->kernel_height * s->kernel_width * ic * oc);
    if (t->bias_gradient) memset(t->bias_gradient, 0, sizeof(float) * oc);
    for (int32_t n = 0; n < batch; n++)
        for (int32_t r = 0; r < rows; r++)
            for (int32_t q = 0; q < columns; q++)
                for (int32_t o = 0; o < oc; o++) {
                    size_t at = (((size_t)n * rows + r) * columns + q) * oc + o;
                    float g = t->output_gradient[at] * (t->output[at] > 0 ? 1 : s->slope);
                    int32_t y = r * s->pool_height + t->argmax[at] / s->pool_width;
                    int32_t x = q * s->pool_width + t->argmax[at] % s->pool_width;
                    if (t->bias_gradient) t->bias_gradient[o] += g;
                    for (int32_t i = 0; i < s->kernel_height; i++) {
                        int32_t row = y + i - s->pad_top;
                        if (row < 0 || row >= s->height) continue;
                        for (int32_t j = 0; j < s->kernel_width; j++) {
                            int32_t column = x + j - s->pad_left;
                            if (column < 0 || column >= s->width) continue;
                            size_t in = (((size_t)n * s->height + row) * s->width + column) * ic;
                            size_t w = ((size_t)i * s->kernel_width + j) * ic * oc + o;
                            for (int32_t c = 0; c < ic; c++) {
                                if (t->weight_gradient) t->weight_gradient[w + (size_t)c * oc] += g * t->input[in + c];
                                if (t->input_gradient) t->input_gradient[in + c] += g * t->weights[w + (size_t)c * oc];
                            }
                        }
                    }
                }
}
