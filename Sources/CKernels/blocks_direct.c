// The direct path: forward of any shape, one item an image (or a strip of pooled rows of one, where images are few).
// Each output is computed alone and in the same order whatever the cut, so the bits never depend on it.
#include "block_paths.h"
#include "blocks_direct_kernels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gk_direct_block direct;
    bool runs;
    bool packs;    // the weights are not one group in memory already
    size_t packed; // offset in the workspace, floats
} direct_entry;

typedef struct {
    const gk_block_plan *plan;
    const gk_direct_kernels *kernels;
    size_t scratch; // floats a worker
    size_t scratch_at;
    size_t floats;
    float *workspace;
    direct_entry entries[];
} direct_state;

static const gk_direct_kernels *kernels_for(gk_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        return &gk_direct_avx512;
    case GK_ISA_AVX2:
        return &gk_direct_avx2;
#endif
    case GK_ISA_PORTABLE:
        return &gk_direct_portable;
    default:
        return NULL;
    }
}

static double cost(const gk_block_plan *plan, int32_t block, gk_pass pass) {
    const gk_block *b = &plan->blocks[block];
    if (pass != GK_PASS_FORWARD || b->out_stored < 16 || !kernels_for(plan->isa))
        return INFINITY;
    const gk_block_shape *s = &b->shape;
    double macs = (double)b->rows * b->columns * s->pool_height * s->pool_width * s->kernel_height * s->kernel_width *
                  b->in_stored * b->out_stored;
    double a_nanosecond = plan->isa == GK_ISA_AVX512 ? 54 : plan->isa == GK_ISA_AVX2 ? 46 : 14;
    return plan->batch * macs / a_nanosecond;
}

static size_t floats(size_t count) {
    return gk_aligned(count * sizeof(float)) / sizeof(float);
}

static void *create(const gk_block_plan *plan, const uint8_t *passes) {
    direct_state *state = calloc(1, sizeof(direct_state) + sizeof(direct_entry) * (size_t)plan->count);
    if (!state)
        return NULL;
    state->plan = plan;
    state->kernels = kernels_for(plan->isa);
    for (int32_t i = 0; i < plan->count; i++) {
        direct_entry *entry = &state->entries[i];
        const gk_block *b = &plan->blocks[i];
        const gk_block_shape *s = &b->shape;
        entry->runs = passes[i] & 1 << GK_PASS_FORWARD;
        if (!entry->runs)
            continue;
        gk_direct_block *d = &entry->direct;
        d->block = b;
        d->pair = state->kernels->pair;
        d->line = b->padded_columns;
        if (b->in_stored > 1 && d->line < b->left + (s->width + 15) / 16 * 16)
            d->line = b->left + (s->width + 15) / 16 * 16;
        d->row = d->line * b->in_stored;
        int32_t rows = b->rows * s->pool_height + s->kernel_height - 1;
        d->padded = (ptrdiff_t)floats((size_t)rows * d->row + 16);
        d->outer = b->in_stored == 1 ? 1 : s->kernel_width;
        d->inner = b->in_stored == 1 ? s->kernel_width : b->in_stored;
        d->step = b->in_stored == 1 ? 1 : d->line;
        size_t z = (size_t)s->pool_height * b->columns * s->pool_width * 16 * (d->pair ? 2 : 1);
        size_t scratch = (size_t)d->padded + floats(z);
        if (scratch > state->scratch)
            state->scratch = scratch;
        entry->packs = direct_vectors(d, 0) * 16 != b->out_stored;
        entry->packed = state->floats;
        if (entry->packs)
            state->floats += floats((size_t)s->kernel_height * s->kernel_width * b->in_stored * b->out_stored);
    }
    state->scratch_at = state->floats;
    state->floats += state->scratch * (size_t)plan->threads;
    return state;
}

static size_t workspace(const void *state) {
    return ((const direct_state *)state)->floats * sizeof(float);
}
static void bind(void *state, void *workspace) {
    ((direct_state *)state)->workspace = workspace;
}

static int32_t stages(const void *state, gk_step step) {
    return (void)state, step == GK_STEP_BACKWARD ? 0 : 1;
}

/// Pieces that an image is cut into: 1 where there are images enough for all threads.
static int32_t strips(const direct_state *state, const direct_entry *entry, int32_t batch) {
    int32_t blocks = 0;
    for (int32_t i = 0; i < state->plan->count; i++)
        blocks += state->entries[i].runs;
    int32_t images = batch * blocks, wanted = 2 * state->plan->threads;
    if (state->plan->threads == 1 || images >= wanted)
        return 1;
    int32_t each = (wanted + images - 1) / images;
    return each < entry->direct.block->rows ? each : entry->direct.block->rows;
}

static int32_t items(const void *context, gk_step step, int32_t stage, const gk_block_call *call) {
    (void)stage;
    const direct_state *state = context;
    int32_t count = 0;
    for (int32_t i = 0; i < state->plan->count; i++) {
        const direct_entry *entry = &state->entries[i];
        if (!entry->runs)
            continue;
        if (step == GK_STEP_FORWARD)
            count += call->batch * strips(state, entry, call->batch);
        if (step == GK_STEP_PREPARE && entry->packs)
            count += entry->direct.block->shape.kernel_height;
    }
    return count;
}

/// Packs one kernel row: [group][kh][kw][in][channels of the group].
static void pack(const direct_state *state, const direct_entry *entry, const float *weights, int32_t row) {
    const gk_block *b = entry->direct.block;
    ptrdiff_t out = b->out_stored, taps = (ptrdiff_t)b->shape.kernel_width * b->in_stored;
    float *packed = state->workspace + entry->packed;
    for (int32_t o = 0; o < out;) {
        int32_t channels = direct_vectors(&entry->direct, o) * 16;
        float *to = packed + (ptrdiff_t)b->shape.kernel_height * taps * o + row * taps * channels;
        const float *from = weights + row * taps * out + o;
        for (ptrdiff_t k = 0; k < taps; k++)
            memcpy(to + k * channels, from + k * out, sizeof(float) * channels);
        o += channels;
    }
}

static void run(void *context, gk_step step, int32_t stage, const gk_block_call *call, int32_t item, int32_t worker) {
    (void)stage;
    const direct_state *state = context;
    for (int32_t i = 0; i < state->plan->count; i++) {
        const direct_entry *entry = &state->entries[i];
        if (!entry->runs)
            continue;
        const gk_block *b = entry->direct.block;
        const gk_block_tensors *t = &call->tensors[i];
        if (step == GK_STEP_PREPARE) {
            int32_t own = entry->packs ? b->shape.kernel_height : 0;
            if (item < own)
                return pack(state, entry, t->weights, item);
            item -= own;
            continue;
        }
        int32_t cuts = strips(state, entry, call->batch), own = call->batch * cuts;
        if (item >= own) {
            item -= own;
            continue;
        }
        size_t n = (size_t)(item / cuts), pooled = (size_t)b->rows * b->columns * b->out_stored;
        int32_t cut = item % cuts;
        state->kernels->forward(&entry->direct, t->input + n * b->shape.height * b->shape.width * b->in_stored,
                                entry->packs ? state->workspace + entry->packed : t->weights, t->bias,
                                b->rows * cut / cuts, b->rows * (cut + 1) / cuts, t->output + n * pooled,
                                t->argmax ? t->argmax + n * pooled : NULL,
                                state->workspace + state->scratch_at + state->scratch * (size_t)worker);
        return;
    }
}

const gk_block_path gk_path_direct = {"direct", cost, create, free, workspace, bind, stages, items, run};
