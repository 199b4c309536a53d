// Convolutional blocks, two side by side on one input, as the towers are.
#include "harness.h"
#include <string.h>

/// Shapes without a map get "same" padding.
static void check_towers(gk_pool *pool, int32_t batch, gk_block_shape left, gk_block_shape right) {
    gk_block_shape shapes[2] = {left.map_height ? left : gk_block_same(left),
                                right.map_height ? right : gk_block_same(right)};
    gk_block_tensors tensors[2];
    float *owned[32];
    uint16_t *places[2];
    int32_t count = 0;
    int32_t channels = gk_stored_channels(left.in_channels);
    size_t pixels = (size_t)batch * left.height * left.width * channels;
    float *input = owned[count++] = random_floats(pixels);
    for (size_t i = 0; i < pixels; i++)
        if ((int32_t)(i % channels) >= left.in_channels) input[i] = 0;
    for (int b = 0; b < 2; b++) {
        gk_block_shape *s = &shapes[b];
        s->input = 0;
        int32_t out = gk_stored_channels(s->out_channels);
        size_t weights = (size_t)s->kernel_height * s->kernel_width * channels * out;
        size_t outputs = (size_t)batch * (s->map_height / s->pool_height) * (s->map_width / s->pool_width) * out;
        float *w = owned[count++] = random_floats(weights), *bias = owned[count++] = random_floats(out);
        for (size_t i = 0; i < weights; i++)
            if ((int32_t)(i % out) >= s->out_channels || (int32_t)(i / out % channels) >= s->in_channels) w[i] = 0;
        for (int32_t o = s->out_channels; o < out; o++) bias[o] = 0;
        places[b] = calloc(outputs, sizeof(uint16_t));
        float *results[5];
        const size_t sizes[5] = {outputs, outputs, pixels, weights, out};
        for (int i = 0; i < 5; i++) results[i] = owned[count++] = random_floats(sizes[i]);
        for (size_t i = 0; i < outputs; i++)
            if ((int32_t)(i % out) >= s->out_channels) results[1][i] = 0;
        tensors[b] = (gk_block_tensors){.input = input, .weights = w, .bias = bias, .output = results[0],
                                        .argmax = places[b], .output_gradient = results[1],
                                        .input_gradient = results[2], .weight_gradient = results[3],
                                        .bias_gradient = results[4]};
    }
    gk_blocks *plan = gk_blocks_create(shapes, 2, batch, true, gk_pool_threads(pool));
    if (!plan) abort();
    void *workspace = NULL;
    size_t bytes = gk_blocks_workspace(plan);
    if (posix_memalign(&workspace, 64, bytes + (bytes == 0))) abort();
    gk_blocks_bind(plan, workspace);
    gk_blocks_prepare(plan, pool, tensors);
    gk_blocks_forward(plan, pool, batch, tensors);
    gk_blocks_backward(plan, pool, batch, tensors);
    for (int b = 0; b < 2; b++) {
        size_t outputs = (size_t)batch * (shapes[b].map_height / shapes[b].pool_height) *
                         (shapes[b].map_width / shapes[b].pool_width) * gk_stored_channels(shapes[b].out_channels);
        gk_block_tensors oracle = tensors[b];
        oracle.output = owned[count++] = random_floats(outputs);
        oracle.argmax = NULL;
        gk_oracle_block_forward(&shapes[b], batch, &oracle);
        expect_close("block output", tensors[b].output, oracle.output, outputs);
        free(places[b]);
    }
    gk_blocks_destroy(plan);
    free(workspace);
    while (count) free(owned[--count]);
}

void check_blocks(gk_pool *pool) {
    // First layers of the towers, a later layer, and a shape that fits nothing.
    check_towers(pool, 2,
                 (gk_block_shape){.height = 80, .width = 80, .in_channels = 1, .out_channels = 16, .kernel_height = 10,
                                  .kernel_width = 23, .pool_height = 1, .pool_width = 20, .slope = 0.3f},
                 (gk_block_shape){.height = 80, .width = 80, .in_channels = 1, .out_channels = 16, .kernel_height = 21,
                                  .kernel_width = 20, .pool_height = 20, .pool_width = 1, .slope = 0.3f});
    check_towers(pool, 3,
                 (gk_block_shape){.height = 20, .width = 20, .in_channels = 16, .out_channels = 32, .kernel_height = 5,
                                  .kernel_width = 11, .pool_height = 2, .pool_width = 2, .slope = 0.3f},
                 (gk_block_shape){.height = 20, .width = 20, .in_channels = 16, .out_channels = 32, .kernel_height = 10,
                                  .kernel_width = 5, .pool_height = 2, .pool_width = 2, .slope = 0.3f});
    check_towers(pool, 1,
                 (gk_block_shape){.height = 13, .width = 17, .in_channels = 5, .out_channels = 7, .kernel_height = 4,
                                  .kernel_width = 3, .pool_height = 3, .pool_width = 2, .slope = 0},
                 (gk_block_shape){.height = 13, .width = 17, .in_channels = 5, .out_channels = 20, .kernel_height = 1,
                                  .kernel_width = 1, .pool_height = 1, .pool_width = 1, .slope = 1});
    // Without padding, and with more than the kernel reaches.
    check_towers(pool, 3,
                 (gk_block_shape){.height = 40, .width = 80, .in_channels = 1, .out_channels = 32, .kernel_height = 12,
                                  .kernel_width = 8, .map_height = 29, .map_width = 73, .pool_height = 4,
                                  .pool_width = 1},
                 (gk_block_shape){.height = 40, .width = 80, .in_channels = 1, .out_channels = 32, .kernel_height = 1,
                                  .kernel_width = 60, .map_height = 40, .map_width = 21, .pool_height = 40,
                                  .pool_width = 1});
    check_towers(pool, 9,
                 (gk_block_shape){.height = 9, .width = 14, .in_channels = 17, .out_channels = 20, .kernel_height = 5,
                                  .kernel_width = 4, .pad_top = 4, .pad_left = 3, .map_height = 13, .map_width = 17,
                                  .pool_height = 3, .pool_width = 2, .slope = 0.3f},
                 (gk_block_shape){.height = 9, .width = 14, .in_channels = 17, .out_channels = 20, .kernel_height = 2,
                                  .kernel_width = 3, .pad_top = 3, .pad_left = 4, .map_height = 15, .map_width = 21,
                                  .pool_height = 1, .pool_width = 2, .slope = 0.3f});
}
