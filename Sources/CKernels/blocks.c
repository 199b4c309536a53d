// Plans for blocks side by side: which path computes which pass of which block (block_paths.h), and the loops over
// their stages.
#include "block_paths.h"
#include "gk_oracle.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gk_block_path *const paths[] = {&gk_path_direct, &gk_path_fourier, &gk_path_sparse, &gk_path_oracle};
#define PATHS ((int32_t)(sizeof paths / sizeof paths[0]))
enum { NOBODY = 255 };

static _Thread_local char preferred[64]; // names of paths, for tests and measurements only

struct gk_blocks {
    gk_block_plan plan;
    gk_block *blocks;
    const gk_block_path *chosen[PATHS]; // those in use
    void *states[PATHS];
    int32_t used;
    uint8_t *owner; // [block][pass]: index in `paths`, or NOBODY
};

int32_t gk_stored_channels(int32_t channels) {
    return channels == 1 ? 1 : (channels + 15) / 16 * 16;
}

gk_block_shape gk_block_same(gk_block_shape shape) {
    shape.pad_top = (shape.kernel_height - 1) / 2;
    shape.pad_left = (shape.kernel_width - 1) / 2;
    shape.map_height = shape.height;
    shape.map_width = shape.width;
    return shape;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/// What a shape implies; false where it is senseless or too large to index with 32 bits.
static bool complete(gk_block *block, const gk_block_shape *s) {
    const int32_t most = 1 << 24;
    const int32_t sizes[] = {s->height,       s->width,      s->in_channels, s->out_channels, s->kernel_height,
                             s->kernel_width, s->map_height, s->map_width,   s->pool_height,  s->pool_width};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (sizes[i] < 1 || sizes[i] > most)
            return false;
    if (s->pool_height > s->map_height || s->pool_width > s->map_width)
        return false;
    if (s->pad_top < 0 || s->pad_left < 0 || s->pad_top > most || s->pad_left > most)
        return false;
    if ((int64_t)s->pool_height * s->pool_width > 65535)
        return false;
    *block = (gk_block){.shape = *s,
                        .rows = s->map_height / s->pool_height,
                        .columns = s->map_width / s->pool_width,
                        .in_stored = gk_stored_channels(s->in_channels),
                        .out_stored = gk_stored_channels(s->out_channels),
                        .top = s->pad_top,
                        .left = s->pad_left,
                        .padded_rows = larger(s->map_height + s->kernel_height - 1, s->pad_top + s->height),
                        .padded_columns = larger(s->map_width + s->kernel_width - 1, s->pad_left + s->width)};
    const double limit = 1 << 28; // floats of one image or one set of weights
    double image = ((double)block->padded_rows + 1) * ((double)block->padded_columns + 33);
    double channels = fmax(block->in_stored, block->out_stored);
    double weights = (double)s->kernel_height * (s->kernel_width + 16.0) * block->in_stored * block->out_stored;
    return image * channels < limit && weights < limit;
}

/// Gives every pass to the cheapest path and makes the states.
static bool assign(gk_blocks *blocks) {
    const gk_block_plan *plan = &blocks->plan;
    int32_t passes = plan->training ? GK_PASSES : 1;
    for (int32_t b = 0; b < plan->count; b++)
        for (int32_t pass = 0; pass < passes; pass++) {
            if (pass == GK_PASS_DATA && plan->blocks[b].shape.input_is_data) {
                blocks->owner[b * GK_PASSES + pass] = NOBODY;
                continue;
            }
            double best = INFINITY;
            int32_t winner = PATHS - 1;
            for (int32_t p = 0; p < PATHS; p++) {
                double cost = paths[p]->cost(plan, b, (gk_pass)pass);
                if (cost < INFINITY && strstr(preferred, paths[p]->name))
                    cost = -1;
                if (cost < best)
                    best = cost, winner = p;
            }
            blocks->owner[b * GK_PASSES + pass] = (uint8_t)winner;
        }
    uint8_t *won = malloc((size_t)plan->count);
    if (!won)
        return false;
    for (int32_t p = 0; p < PATHS; p++) {
        bool any = false;
        for (int32_t b = 0; b < plan->count; b++) {
            won[b] = 0;
            for (int32_t pass = 0; pass < passes; pass++)
                if (blocks->owner[b * GK_PASSES + pass] == p)
                    won[b] |= (uint8_t)(1 << pass), any = true;
        }
        if (!any)
            continue;
        void *state = paths[p]->create(plan, won);
        if (!state)
            return free(won), false;
        blocks->states[blocks->used] = state;
        blocks->chosen[blocks->used++] = paths[p];
    }
    free(won);
    return true;
}

gk_blocks *gk_blocks_create(const gk_block_shape *shapes, int32_t count, int32_t batch, bool training,
                            int32_t threads) {
    if (count < 1 || batch < 1 || threads < 1)
        return NULL;
    gk_blocks *blocks = calloc(1, sizeof(gk_blocks));
    if (!blocks)
        return NULL;
    blocks->blocks = calloc((size_t)count, sizeof(gk_block));
    blocks->owner = calloc((size_t)count, GK_PASSES);
    blocks->plan = (gk_block_plan){.blocks = blocks->blocks,
                                   .count = count,
                                   .batch = batch,
                                   .threads = threads,
                                   .training = training,
                                   .isa = gk_isa_active()};
    bool sensible = blocks->blocks && blocks->owner;
    for (int32_t b = 0; sensible && b < count; b++)
        sensible = complete(&blocks->blocks[b], &shapes[b]);
    if (sensible && assign(blocks))
        return blocks;
    gk_blocks_destroy(blocks);
    return NULL;
}

void gk_blocks_destroy(gk_blocks *blocks) {
    if (!blocks)
        return;
    for (int32_t p = 0; p < blocks->used; p++)
        blocks->chosen[p]->destroy(blocks->states[p]);
    free(blocks->blocks);
    free(blocks->owner);
    free(blocks);
}

size_t gk_blocks_workspace(const gk_blocks *blocks) {
    size_t bytes = 0;
    for (int32_t p = 0; p < blocks->used; p++)
        bytes += gk_aligned(blocks->chosen[p]->workspace(blocks->states[p]));
    return bytes;
}

void gk_blocks_bind(gk_blocks *blocks, void *workspace) {
    char *at = workspace;
    for (int32_t p = 0; p < blocks->used; p++) {
        blocks->chosen[p]->bind(blocks->states[p], at);
        at += gk_aligned(blocks->chosen[p]->workspace(blocks->states[p]));
    }
}

typedef struct {
    gk_blocks *blocks;
    const gk_block_call *call;
    gk_step step;
    int32_t stage;
    int32_t first[PATHS + 1]; // of each path's items
} stage_run;

static void run_item(void *context, int32_t item, int32_t worker) {
    const stage_run *r = context;
    int32_t p = 0;
    while (item >= r->first[p + 1])
        p++;
    r->blocks->chosen[p]->run(r->blocks->states[p], r->step, r->stage, r->call, item - r->first[p], worker);
}

static void run_step(gk_blocks *blocks, gk_pool *pool, gk_step step, const gk_block_call *call) {
    int32_t stages = 0;
    for (int32_t p = 0; p < blocks->used; p++) {
        int32_t own = blocks->chosen[p]->stages(blocks->states[p], step);
        if (own > stages)
            stages = own;
    }
    // Scratch memory was planned for so many workers: a larger pool may not use it.
    bool alone = gk_pool_threads(pool) > blocks->plan.threads;
    for (int32_t stage = 0; stage < stages; stage++) {
        stage_run run = {.blocks = blocks, .call = call, .step = step, .stage = stage};
        for (int32_t p = 0; p < blocks->used; p++) {
            bool has = stage < blocks->chosen[p]->stages(blocks->states[p], step);
            run.first[p + 1] =
                run.first[p] + (has ? blocks->chosen[p]->items(blocks->states[p], step, stage, call) : 0);
        }
        int32_t items = run.first[blocks->used];
        if (alone)
            for (int32_t item = 0; item < items; item++)
                run_item(&run, item, 0);
        else if (items > 0)
            gk_pool_run(pool, items, run_item, &run);
    }
}

void gk_blocks_prepare(gk_blocks *blocks, gk_pool *pool, const gk_block_tensors *tensors) {
    gk_block_call call = {.batch = blocks->plan.batch, .tensors = tensors};
    run_step(blocks, pool, GK_STEP_PREPARE, &call);
}

void gk_blocks_forward(gk_blocks *blocks, gk_pool *pool, int32_t batch, const gk_block_tensors *tensors) {
    gk_block_call call = {.batch = batch, .tensors = tensors};
    run_step(blocks, pool, GK_STEP_FORWARD, &call);
}

void gk_blocks_backward(gk_blocks *blocks, gk_pool *pool, int32_t batch, const gk_block_tensors *tensors) {
    gk_block_call call = {.batch = batch, .tensors = tensors};
    run_step(blocks, pool, GK_STEP_BACKWARD, &call);
}

bool gk_blocks_prefer(const char *names) {
    preferred[0] = 0;
    if (!names)
        return true;
    bool known = false;
    for (int32_t p = 0; p < PATHS; p++)
        known = known || strstr(names, paths[p]->name);
    if (!known || strlen(names) >= sizeof preferred)
        return false;
    memcpy(preferred, names, strlen(names) + 1);
    return true;
}

const char *gk_blocks_path(const gk_blocks *blocks, int32_t block, int32_t pass) {
    uint8_t owner = blocks->owner[block * GK_PASSES + pass];
    return owner == NOBODY ? "none" : paths[owner]->name;
}
