// The scalar oracle as a path: any shape, one item an image forward, one item a block backward.
#include "block_paths.h"
#include "gk_oracle.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const gk_block_plan *plan;
    uint8_t passes[];
} oracle_state;

static double cost(const gk_block_plan *plan, int32_t block, gk_pass pass) {
    (void)plan, (void)block, (void)pass;
    return 1e300; // the last resort
}

static void *create(const gk_block_plan *plan, const uint8_t *passes) {
    oracle_state *state = malloc(sizeof(oracle_state) + (size_t)plan->count);
    if (!state)
        return NULL;
    state->plan = plan;
    memcpy(state->passes, passes, (size_t)plan->count);
    return state;
}

static size_t workspace(const void *state) {
    return (void)state, 0;
}
static void bind(void *state, void *workspace) {
    (void)state, (void)workspace;
}
static int32_t stages(const void *state, gk_step step) {
    return (void)state, step == GK_STEP_PREPARE ? 0 : 1;
}

static int32_t items(const void *context, gk_step step, int32_t stage, const gk_block_call *call) {
    (void)stage;
    const oracle_state *state = context;
    return state->plan->count * (step == GK_STEP_FORWARD ? call->batch : 1);
}

static void run(void *context, gk_step step, int32_t stage, const gk_block_call *call, int32_t item, int32_t worker) {
    (void)stage, (void)worker;
    const oracle_state *state = context;
    int32_t b = item % state->plan->count;
    const gk_block *block = &state->plan->blocks[b];
    gk_block_tensors tensors = call->tensors[b];
    if (step == GK_STEP_FORWARD) {
        if (!(state->passes[b] & 1 << GK_PASS_FORWARD))
            return;
        size_t n = (size_t)(item / state->plan->count);
        size_t pooled = (size_t)block->rows * block->columns * block->out_stored;
        tensors.input += n * block->shape.height * block->shape.width * block->in_stored;
        tensors.output += n * pooled;
        if (tensors.argmax)
            tensors.argmax += n * pooled;
        gk_oracle_block_forward(&block->shape, 1, &tensors);
    } else {
        if (!(state->passes[b] & 1 << GK_PASS_WEIGHTS))
            tensors.weight_gradient = tensors.bias_gradient = NULL;
        if (!(state->passes[b] & 1 << GK_PASS_DATA))
            tensors.input_gradient = NULL;
        if (tensors.weight_gradient || tensors.bias_gradient || tensors.input_gradient)
            gk_oracle_block_backward(&block->shape, call->batch, &tensors);
    }
}

const gk_block_path gk_path_oracle = {"oracle", cost, create, free, workspace, bind, stages, items, run};
