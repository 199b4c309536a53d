// Layers that stand alone on odd shapes: convolutions, norms, pools; activations, copies, sums and GRUs for their memory.
#include "harness.h"
#include <math.h>
#include <string.h>

static int32_t stored(int32_t channels) { return gk_stored_channels(channels); }

static void check_convolution(gk_pool *pool, int32_t batch, int32_t h, int32_t w, int32_t in, int32_t out, int32_t kh,
                              int32_t kw, int32_t sh, int32_t sw, int32_t top, int32_t left, int32_t bottom,
                              int32_t right, float slope) {
    gk_convolution l = {.height = h, .width = w, .in = stored(in), .out = stored(out), .kernel_height = kh,
                        .kernel_width = kw, .stride_height = sh, .stride_width = sw, .pad_top = top, .pad_left = left,
                        .out_height = (h + top + bottom - kh) / sh + 1, .out_width = (w + left + right - kw) / sw + 1,
                        .slope = slope};
    size_t inputs = (size_t)batch * h * w * l.in, outputs = (size_t)batch * l.out_height * l.out_width * l.out;
    size_t weights = (size_t)kh * kw * l.in * l.out;
    l.input = random_floats(inputs);
    l.weights = random_floats(weights);
    l.bias = random_floats(l.out);
    gk_convolution o = l;
    l.output = random_floats(outputs);
    o.output = random_floats(outputs);
    l.output_gradient = random_floats(outputs);
    o.output_gradient = copied_floats(l.output_gradient, outputs);
    float **pieces[] = {&l.input_gradient, &o.input_gradient, &l.weight_gradient, &o.weight_gradient,
                        &l.bias_gradient, &o.bias_gradient};
    size_t counts[] = {inputs, inputs, weights, weights, l.out, l.out};
    for (int i = 0; i < 6; i++) *pieces[i] = random_floats(counts[i]);
    gk_convolution_forward(pool, batch, &l);
    gk_oracle_convolution_forward(batch, &o);
    expect_close("convolution output", l.output, o.output, outputs);
    // Where rounding decides on which side of 0 an output lies, the gradients may differ: both take the oracle's.
    memcpy(l.output, o.output, sizeof(float) * outputs);
    gk_convolution_backward(pool, batch, &l);
    gk_oracle_convolution_backward(batch, &o);
    expect_close("convolution data gradient", l.input_gradient, o.input_gradient, inputs);
    expect_close("convolution weight gradient", l.weight_gradient, o.weight_gradient, weights);
    expect_close("convolution bias gradient", l.bias_gradient, o.bias_gradient, l.out);
    float *owned[] = {(float *)l.input, (float *)l.weights, (float *)l.bias, l.output, o.output, l.output_gradient,
                      o.output_gradient};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
    for (int i = 0; i < 6; i++) free(*pieces[i]);
}

static void check_norm(gk_pool *pool, int32_t batch, int32_t places, int32_t channels, bool fixed, float slope) {
    size_t count = (size_t)batch * places * channels;
    gk_norm sets[2];
    float *input = random_floats(count), *scale = random_floats(channels), *shift = random_floats(channels);
    float *gradient = random_floats(count), *mean = random_floats(channels), *variance = random_floats(channels);
    for (int32_t c = 0; c < channels; c++) variance[c] = fabsf(variance[c]) + 0.5f;
    for (int s = 0; s < 2; s++)
        sets[s] = (gk_norm){.places = places, .channels = channels, .epsilon = 1e-5f, .momentum = 0.1f, .slope = slope,
                            .fixed = fixed, .input = input, .scale = scale, .shift = shift,
                            .running_mean = copied_floats(mean, channels),
                            .running_variance = copied_floats(variance, channels), .output = random_floats(count),
                            .mean = random_floats(channels), .inverse = random_floats(channels),
                            .output_gradient = gradient, .input_gradient = random_floats(count),
                            .scale_gradient = random_floats(channels), .shift_gradient = random_floats(channels)};
    gk_norm_forward(pool, batch, &sets[0]);
    gk_norm_backward(pool, batch, &sets[0]);
    gk_oracle_norm_forward(batch, &sets[1]);
    gk_oracle_norm_backward(batch, &sets[1]);
    expect_close("norm output", sets[0].output, sets[1].output, count);
    expect_close("norm running mean", sets[0].running_mean, sets[1].running_mean, channels);
    expect_close("norm running variance", sets[0].running_variance, sets[1].running_variance, channels);
    if (batch * places > 2) expect_close("norm gradient", sets[0].input_gradient, sets[1].input_gradient, count);
    size_t terms = (size_t)batch * places;
    expect_sums_close("norm scale gradient", sets[0].scale_gradient, sets[1].scale_gradient, channels, terms);
    expect_sums_close("norm shift gradient", sets[0].shift_gradient, sets[1].shift_gradient, channels, terms);
    for (int s = 0; s < 2; s++) {
        float *owned[] = {sets[s].running_mean, sets[s].running_variance, sets[s].output, sets[s].mean,
                          sets[s].inverse, sets[s].input_gradient, sets[s].scale_gradient, sets[s].shift_gradient};
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
    }
    float *owned[] = {input, scale, shift, gradient, mean, variance};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
}

static void check_norm_pool(gk_pool *pool, int32_t batch, int32_t h, int32_t w, int32_t channels, int32_t wh,
                            int32_t ww, gk_activation_kind kind, bool fixed) {
    size_t count = (size_t)batch * h * w * channels, pooled = (size_t)batch * (h / wh) * (w / ww) * channels;
    gk_norm_pool sets[2];
    float *input = random_floats(count), *scale = random_floats(channels), *shift = random_floats(channels);
    float *gradient = random_floats(pooled), *mean = random_floats(channels), *variance = random_floats(channels);
    for (int32_t c = 0; c < channels; c++) variance[c] = fabsf(variance[c]) + 0.5f;
    for (int s = 0; s < 2; s++)
        sets[s] = (gk_norm_pool){.norm = {.places = h * w, .channels = channels, .epsilon = 1e-5f, .momentum = 0.1f,
                                          .slope = 0.3f, .fixed = fixed, .input = input, .scale = scale,
                                          .shift = shift, .running_mean = copied_floats(mean, channels),
                                          .running_variance = copied_floats(variance, channels),
                                          .output = random_floats(pooled), .mean = random_floats(channels),
                                          .inverse = random_floats(channels), .output_gradient = gradient,
                                          .input_gradient = random_floats(count),
                                          .scale_gradient = random_floats(channels),
                                          .shift_gradient = random_floats(channels)},
                                 .height = h, .width = w, .window_height = wh, .window_width = ww, .kind = kind,
                                 .slope = 0.3f, .argmax = calloc(pooled, sizeof(int32_t)),
                                 .chosen = random_floats(pooled), .gradient = random_floats(pooled)};
    gk_norm_pool_forward(pool, batch, &sets[0]);
    gk_norm_pool_backward(pool, batch, &sets[0]);
    gk_oracle_norm_pool_forward(batch, &sets[1]);
    gk_oracle_norm_pool_backward(batch, &sets[1]);
    expect_close("pooled norm output", sets[0].norm.output, sets[1].norm.output, pooled);
    expect_close("pooled norm gradient", sets[0].norm.input_gradient, sets[1].norm.input_gradient, count);
    for (int s = 0; s < 2; s++) {
        gk_norm *n = &sets[s].norm;
        float *owned[] = {n->running_mean, n->running_variance, n->output, n->mean, n->inverse, n->input_gradient,
                          n->scale_gradient, n->shift_gradient, sets[s].chosen, sets[s].gradient};
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
        free(sets[s].argmax);
    }
    float *owned[] = {input, scale, shift, gradient, mean, variance};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
}

static void check_pooling(gk_pool *pool, int32_t batch, int32_t h, int32_t w, int32_t channels, int32_t wh, int32_t ww,
                          int32_t sh, int32_t sw, int32_t top, int32_t left, bool average) {
    gk_pooling l = {.height = h, .width = w, .channels = channels, .window_height = wh, .window_width = ww,
                    .stride_height = sh, .stride_width = sw, .pad_top = top, .pad_left = left, .average = average,
                    .out_height = (h + 2 * top - wh) / sh + 1, .out_width = (w + 2 * left - ww) / sw + 1};
    size_t inputs = (size_t)batch * h * w * channels;
    size_t outputs = (size_t)batch * l.out_height * l.out_width * channels;
    l.input = random_floats(inputs);
    l.output_gradient = random_floats(outputs);
    gk_pooling o = l;
    l.output = random_floats(outputs);
    o.output = random_floats(outputs);
    l.input_gradient = random_floats(inputs);
    o.input_gradient = random_floats(inputs);
    l.argmax = average ? NULL : malloc(sizeof(int32_t) * outputs);
    o.argmax = average ? NULL : malloc(sizeof(int32_t) * outputs);
    gk_pooling_forward(pool, batch, &l);
    gk_pooling_backward(pool, batch, &l);
    gk_oracle_pooling_forward(batch, &o);
    gk_oracle_pooling_backward(batch, &o);
    expect_close("pool output", l.output, o.output, outputs);
    expect_close("pool gradient", l.input_gradient, o.input_gradient, inputs);
    void *owned[] = {(void *)l.input, (void *)l.output_gradient, l.output, o.output, l.input_gradient,
                     o.input_gradient, l.argmax, o.argmax};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
}

static void check_gru(gk_pool *pool, int32_t batch, int32_t rows, int32_t columns, int32_t channels, int32_t span,
                      int32_t hidden, int32_t directions) {
    size_t inputs = (size_t)batch * rows * columns * channels, features = (size_t)rows * channels;
    size_t outputs = (size_t)batch * columns * span * directions * hidden;
    size_t counts[4] = {features * 3 * hidden, (size_t)hidden * 3 * hidden, 3 * hidden, 3 * hidden};
    gk_lstm_source source = {random_floats(inputs), random_floats(inputs), rows, columns, channels, span};
    gk_gru_direction ways[2];
    for (int d = 0; d < directions; d++)
        ways[d] = (gk_gru_direction){random_floats(counts[0]), random_floats(counts[1]), random_floats(counts[2]),
                                     random_floats(counts[3]), random_floats(counts[0]), random_floats(counts[1]),
                                     random_floats(counts[2]), random_floats(counts[3])};
    gk_gru l = {.sources = &source, .source_count = 1, .steps = columns * span, .hidden = hidden, .directions = ways,
                .direction_count = directions, .outputs = random_floats(outputs)};
    l.outputs_gradient = random_floats(outputs);
    l.workspace = random_floats(gk_gru_workspace(&l, batch) / sizeof(float));
    gk_gru_forward(pool, batch, &l);
    gk_gru_backward(pool, batch, &l);
    expect_close("gru output", l.outputs, l.outputs, outputs); // numbers all
    expect_close("gru gradient", source.gradient, source.gradient, inputs);
    for (int d = 0; d < directions; d++) {
        expect_close("gru weight gradient", ways[d].input_weight_gradient, ways[d].input_weight_gradient, counts[0]);
        float *owned[] = {(float *)ways[d].input_weights, (float *)ways[d].recurrent_weights,
                          (float *)ways[d].input_bias, (float *)ways[d].recurrent_bias, ways[d].input_weight_gradient,
                          ways[d].recurrent_weight_gradient, ways[d].input_bias_gradient,
                          ways[d].recurrent_bias_gradient};
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
    }
    void *owned[] = {(void *)source.values, source.gradient, l.outputs, (void *)l.outputs_gradient, l.workspace};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
}

void check_layers(gk_pool *pool) {
    check_convolution(pool, 3, 7, 9, 1, 20, 3, 3, 1, 1, 1, 1, 1, 1, 0.3f);     // gathered
    check_convolution(pool, 2, 5, 37, 18, 5, 3, 3, 1, 1, 1, 1, 1, 1, 0);       // rows as they lie, copied
    check_convolution(pool, 10, 6, 21, 3, 40, 2, 5, 1, 1, 0, 0, 0, 0, 1);      // in place, two blocks of images
    check_convolution(pool, 2, 9, 45, 16, 16, 3, 4, 2, 2, 1, 1, 2, 0, 0.1f);   // strides
    check_convolution(pool, 2, 4, 33, 17, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1);       // to one channel
    check_convolution(pool, 1, 4, 19, 2, 3, 1, 1, 3, 2, 1, 2, 0, 1, 0);        // padding beyond the kernel
    check_convolution(pool, 3, 40, 30, 1, 32, 40, 1, 1, 1, 0, 0, 0, 0, 0);     // one row of outputs
    for (int fixed = 0; fixed < 2; fixed++) {
        check_norm(pool, 1, 77, 16, fixed, 0);
        check_norm(pool, 11, 9, 48, fixed, 0.3f);
        check_norm(pool, 3, 70, 1, fixed, 1);
        check_norm(pool, 17, 1, 32, fixed, 0.2f);
    }
    for (int average = 0; average < 2; average++) {
        check_pooling(pool, 3, 7, 9, 16, 2, 3, 2, 3, 0, 0, average);
        check_pooling(pool, 2, 6, 5, 32, 3, 3, 1, 1, 1, 1, average);
        check_pooling(pool, 2, 6, 5, 1, 6, 5, 6, 5, 0, 0, average);
    }
    check_gru(pool, 3, 2, 5, 16, 1, 16, 2);
    check_gru(pool, 9, 7, 3, 1, 2, 32, 1);
    float *list = random_floats(48), *other = random_floats(48);
    for (int kind = GK_LEAKY; kind <= GK_TANH; kind++) {
        gk_activation_forward(pool, kind, 0.1f, 3, 16, 5, list, other);
        gk_activation_backward(pool, kind, 0.1f, 48, other, list, list);
    }
    gk_dropout_apply(pool, 0.5f, 1, 2, 48, list, other);
    gk_copy copy = {.images = 2, .rows = 1, .columns = 2, .channels = 5, .spare = 3, .from = {24, 0, 12, 1},
                    .to = {24, 0, 12, 1}};
    gk_copy_channels(pool, &copy, list, other);
    free(list);
    free(other);
}
