// Dense layers, Adam and the loss on odd shapes.
#include "harness.h"

static void check_layer(gk_pool *pool, int32_t batch, int32_t first, int32_t second, int32_t out, float dropout) {
    size_t weights = (size_t)(first + second) * out, outputs = (size_t)batch * out;
    int32_t counts[2] = {first, second};
    gk_dense_segment segments[2][2];
    for (int s = 0; s < 2; s++) {
        size_t size = (size_t)batch * counts[s];
        segments[0][s] = (gk_dense_segment){random_floats(size), random_floats(size), counts[s]};
        segments[1][s] = segments[0][s];
        segments[1][s].gradient = random_floats(size);
    }
    gk_dense layer = {.segments = segments[0], .segment_count = 2, .out = out, .weights = random_floats(weights),
                      .bias = random_floats(out), .slope = 0.3f, .dropout = dropout, .key = 5, .step = 6,
                      .output = random_floats(outputs), .output_gradient = random_floats(outputs),
                      .weight_gradient = random_floats(weights), .bias_gradient = random_floats(out)};
    gk_dense oracle = layer;
    oracle.segments = segments[1];
    oracle.output = random_floats(outputs);
    oracle.output_gradient = copied_floats(layer.output_gradient, outputs);
    oracle.weight_gradient = random_floats(weights);
    oracle.bias_gradient = random_floats(out);
    float *again = copied_floats(layer.output_gradient, outputs);
    gk_dense_forward(pool, batch, &layer);
    gk_dense_backward(pool, batch, &layer);
    gk_oracle_dense_forward(batch, &oracle);
    gk_oracle_dense_backward(batch, &oracle);
    expect_close("dense output", layer.output, oracle.output, outputs);
    expect_close("dense weight gradient", layer.weight_gradient, oracle.weight_gradient, weights);
    expect_close("dense bias gradient", layer.bias_gradient, oracle.bias_gradient, out);
    for (int s = 0; s < 2; s++)
        expect_close("dense data gradient", segments[0][s].gradient, segments[1][s].gradient,
                     (size_t)batch * counts[s]);
    // The update in the same pass: only that it stays within its memory.
    gk_adam adam = {1e-3f, 0.9f, 0.999f, 1e-8f, 1e-4f, 2};
    float *updated = copied_floats(layer.weights, weights), *first_moment = random_floats(weights);
    float *second_moment = random_floats(weights);
    for (size_t i = 0; i < weights; i++) second_moment[i] *= second_moment[i];
    gk_dense fused = layer;
    fused.weights = updated;
    fused.output_gradient = again;
    gk_dense_backward_adam(pool, batch, &fused, &adam, updated, first_moment, second_moment);
    for (int s = 0; s < 2; s++) {
        free((void *)segments[0][s].features);
        free(segments[0][s].gradient);
        free(segments[1][s].gradient);
    }
    float *owned[] = {(float *)layer.weights,  (float *)layer.bias,     layer.output,        layer.output_gradient,
                      layer.weight_gradient,   layer.bias_gradient,     oracle.output,       oracle.output_gradient,
                      oracle.weight_gradient,  oracle.bias_gradient,    updated,             first_moment,
                      second_moment,           again};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
}

void check_dense(gk_pool *pool) {
    check_layer(pool, 1, 1, 1, 16, 0);
    check_layer(pool, 3, 700, 5, 208, 0.25f);
    check_layer(pool, 50, 49, 513, 48, 0.1f);
    check_layer(pool, 67, 33, 17, 80, 0);
    check_layer(pool, 261, 10, 51, 16, 0.5f);
}

void check_adam(gk_pool *pool) {
    const int64_t sizes[][2] = {{1, 1}, {15, 4}, {4097, 4096}, {40001, 39990}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        int64_t count = sizes[s][0], penalised = sizes[s][1];
        gk_adam adam = {1e-3f, 0.9f, 0.999f, 1e-8f, 1e-2f, 4};
        float *p = random_floats(count), *g = random_floats(count), *m = random_floats(count), *v = random_floats(count);
        for (int64_t i = 0; i < count; i++) v[i] *= v[i];
        float *p2 = copied_floats(p, count), *m2 = copied_floats(m, count), *v2 = copied_floats(v, count);
        gk_adam_update(pool, &adam, count, penalised, p, g, m, v);
        gk_oracle_adam_update(&adam, count, penalised, p2, g, m2, v2);
        expect_close("Adam", p, p2, count);
        float *owned[] = {p, g, m, v, p2, m2, v2};
        for (int i = 0; i < 7; i++) free(owned[i]);
    }
    float *logits = random_floats(5 * 16), *gradient = random_floats(5 * 16), *probabilities = random_floats(5 * 10);
    int32_t labels[5] = {0, 9, 3, 3, 1}, correct;
    gk_softmax_cross_entropy(5, 10, 16, logits, labels, probabilities, gradient, &correct);
    free(logits);
    free(gradient);
    free(probabilities);
}
