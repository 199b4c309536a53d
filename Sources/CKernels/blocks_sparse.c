// The sparse path: weight and data gradient of any shape from the pooled gradient and the arg-max. Backward runs in two
// stages: one item a block of images (or, where those are few, a part of the output channels of one) for partial weight
// gradients, and one an image for the data gradient; then the partial sums are added in order.
#include "block_paths.h"
#include "blocks_sparse_kernels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gk_sparse_block sparse;
    bool weights, data;
    size_t partial, packed; // offsets in the workspace, floats
} sparse_entry;

typedef struct {
    const gk_block_plan *plan;
    const gk_sparse_kernels *kernels;
    size_t scratch; // floats a worker
    size_t scratch_at;
    size_t floats;
    float *workspace;
    sparse_entry entries[];
} sparse_state;

static const gk_sparse_kernels *kernels_for(gk_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        return &gk_sparse_avx512;
    case GK_ISA_AVX2:
        return &gk_sparse_avx2;
#endif
    case GK_ISA_PORTABLE:
        return &gk_sparse_portable;
    default:
        return NULL;
    }
}

static double cost(const gk_block_plan *plan, int32_t block, gk_pass pass) {
    const gk_block *b = &plan->blocks[block];
    if (pass == GK_PASS_FORWARD || b->out_stored < 16 || !kernels_for(plan->isa))
        return INFINITY;
    // One channel: loads cross cache lines, and a kernel row takes whole vectors.
    double row = b->in_stored == 1 ? fmax(1.4 * b->shape.kernel_width, 16) : (double)b->shape.kernel_width * b->in_stored;
    double macs = (double)b->rows * b->columns * b->out_stored * b->shape.kernel_height * row;
    double a_nanosecond = plan->isa == GK_ISA_AVX512 ? 37 : plan->isa == GK_ISA_AVX2 ? 31 : 15;
    return plan->batch * macs / a_nanosecond;
}

static size_t floats(size_t count) {
    return gk_aligned(count * sizeof(float)) / sizeof(float);
}

static void *create(const gk_block_plan *plan, const uint8_t *passes) {
    sparse_state *state = calloc(1, sizeof(sparse_state) + sizeof(sparse_entry) * (size_t)plan->count);
    if (!state)
        return NULL;
    state->plan = plan;
    state->kernels = kernels_for(plan->isa);
    for (int32_t i = 0; i < plan->count; i++) {
        sparse_entry *entry = &state->entries[i];
        entry->weights = passes[i] & 1 << GK_PASS_WEIGHTS;
        entry->data = passes[i] & 1 << GK_PASS_DATA;
        if (!entry->weights && !entry->data)
            continue;
        const gk_block *b = &plan->blocks[i];
        const gk_block_shape *shape = &b->shape;
        gk_sparse_block *s = &entry->sparse;
        s->block = b;
        s->places = b->rows * b->columns;
        s->run = (shape->kernel_width * b->in_stored + 15) / 16;
        s->row = (ptrdiff_t)b->padded_columns * b->in_stored;
        s->padded = (ptrdiff_t)floats((size_t)b->padded_rows * s->row + 32);
        size_t sum = (size_t)b->out_stored * shape->kernel_height * s->run * 16;
        s->partial = (ptrdiff_t)floats(sum + b->out_stored);
        const ptrdiff_t cached = 16 * 1024 / sizeof(float); // floats of the image in the first-level cache
        int64_t strip = (cached / s->row - shape->kernel_height + 1) / shape->pool_height;
        s->strip = strip < 1 ? 1 : strip > b->rows ? b->rows : (int32_t)strip;
        while (s->strip < b->rows && s->strip * b->columns < 16)
            s->strip++;
        int32_t strips = (b->rows + s->strip - 1) / s->strip;
        s->strip = (b->rows + strips - 1) / strips;
        size_t lists = 0;
        if (entry->weights) {
            lists = sparse_weight_lists(s);
            entry->partial = state->floats;
            state->floats += (size_t)s->partial * gk_block_sums(plan->batch);
        }
        if (entry->data) {
            if (sparse_data_lists(s) > lists)
                lists = sparse_data_lists(s);
            entry->packed = state->floats;
            state->floats += floats(sum);
        }
        size_t scratch = floats((size_t)s->padded + lists);
        if (scratch > state->scratch)
            state->scratch = scratch;
    }
    state->scratch_at = state->floats;
    state->floats += state->scratch * (size_t)plan->threads;
    return state;
}

static size_t workspace(const void *state) {
    return ((const sparse_state *)state)->floats * sizeof(float);
}
static void bind(void *state, void *workspace) {
    ((sparse_state *)state)->workspace = workspace;
}

static int32_t stages(const void *state, gk_step step) {
    (void)state;
    return step == GK_STEP_BACKWARD ? 2 : step == GK_STEP_PREPARE ? 1 : 0;
}

static bool wants_weights(const sparse_entry *entry, const gk_block_tensors *t) {
    return entry->weights && (t->weight_gradient || t->bias_gradient);
}
static bool wants_data(const sparse_entry *entry, const gk_block_tensors *t) {
    return entry->data && t->input_gradient;
}

/// Parts of the output channels that one block of images is cut into.
static int32_t channel_parts(const sparse_state *state, int32_t block, int32_t batch) {
    int32_t items = gk_block_sums(batch) * state->plan->count, wanted = 4 * state->plan->threads;
    int32_t groups = state->plan->blocks[block].out_stored / 16;
    int32_t parts = state->plan->threads == 1 || items >= wanted ? 1 : (wanted + items - 1) / items;
    return parts < groups ? parts : groups;
}

static int32_t items_of(const sparse_state *state, int32_t i, gk_step step, int32_t stage, bool data,
                        const gk_block_call *call) {
    const sparse_entry *entry = &state->entries[i];
    const gk_block *b = &state->plan->blocks[i];
    if (step == GK_STEP_PREPARE)
        return data && entry->data ? b->shape.kernel_height : 0;
    const gk_block_tensors *t = &call->tensors[i];
    if (stage == 0 && data)
        return wants_data(entry, t) ? call->batch : 0;
    if (data || !wants_weights(entry, t))
        return 0;
    if (stage == 0)
        return gk_block_sums(call->batch) * channel_parts(state, i, call->batch);
    return b->shape.kernel_height * ((b->out_stored + 15) / 16);
}

static int32_t items(const void *state, gk_step step, int32_t stage, const gk_block_call *call) {
    int32_t count = 0;
    for (int32_t i = 0; i < ((const sparse_state *)state)->plan->count; i++)
        count += items_of(state, i, step, stage, false, call) + items_of(state, i, step, stage, true, call);
    return count;
}

static void run_weights(const sparse_state *state, int32_t i, const gk_block_call *call, int32_t item, float *scratch) {
    const sparse_entry *entry = &state->entries[i];
    const gk_sparse_block *s = &entry->sparse;
    int32_t parts = channel_parts(state, i, call->batch), sum = item / parts, part = item % parts;
    int32_t groups = s->block->out_stored / 16, first = sum * GK_IMAGES_A_SUM, end = first + GK_IMAGES_A_SUM;
    state->kernels->weights(s, &call->tensors[i], first, end < call->batch ? end : call->batch,
                            groups * part / parts * 16, groups * (part + 1) / parts * 16,
                            state->workspace + entry->partial + sum * s->partial, scratch);
}

static void run(void *context, gk_step step, int32_t stage, const gk_block_call *call, int32_t item, int32_t worker) {
    const sparse_state *state = context;
    float *scratch = state->workspace + state->scratch_at + state->scratch * (size_t)worker;
    // Weights first: their items are larger.
    for (int32_t pass = 0; pass < 2; pass++)
        for (int32_t i = 0; i < state->plan->count; i++) {
            int32_t own = items_of(state, i, step, stage, pass == 1, call);
            if (item >= own) {
                item -= own;
                continue;
            }
            const sparse_entry *entry = &state->entries[i];
            const gk_sparse_block *s = &entry->sparse;
            const gk_block_tensors *t = &call->tensors[i];
            if (step == GK_STEP_PREPARE)
                state->kernels->pack(s, t->weights, item, state->workspace + entry->packed);
            else if (pass == 1)
                state->kernels->data(s, state->workspace + entry->packed, t, item, scratch);
            else if (stage == 0)
                run_weights(state, i, call, item, scratch);
            else
                state->kernels->finish(s, state->workspace + entry->partial, gk_block_sums(call->batch),
                                       item % s->block->shape.kernel_height, item / s->block->shape.kernel_height * 16,
                                       t->weight_gradient, t->bias_gradient);
            return;
        }
}

const gk_block_path gk_path_sparse = {"sparse", cost, create, free, workspace, bind, stages, items, run};
