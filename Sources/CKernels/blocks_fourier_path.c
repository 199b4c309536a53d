// The Fourier path of a plan (block_paths.h): which axis, what blocks and passes share, memory and items.
//
// Blocks that read the same input and transform the same axis form a group: one spectrum of the input serves them all
// in the forward pass. The weight gradient computes it anew: to keep the spectra of a batch costs more (memory traffic)
// than the transforms do, 3 % of a layer's work.
//
// Steps, stages and items:
//     prepare      a block and bin: spectra of the weights
//     forward      a group and image (with fewer images than threads, a block and image)
//     backward 0   a block and GK_IMAGES_A_SUM images
//     backward 1   a block, tap across and input channel: sums in order, inverse transform
#include "block_paths.h"
#include "blocks_fourier.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gk_fourier_block plan;
    uint8_t passes;
    int32_t group;
    float *weights, *transposed; // spectra
    float *partial, *bias_sums;  // one a block of images
} fourier_member;

typedef struct {
    const gk_block_plan *plan;
    const gk_fourier_passes *passes;
    fourier_member *members; // one a block of the plan; passes 0: not ours
    int32_t *groups;         // the first member of each group
    int32_t group_count;
    size_t scratch_size;
    float *scratch;  // one a worker
    float *spectrum; // of an input, one a worker
    size_t spectrum_size;
    size_t bytes; // of workspace
} fourier_state;

static bool has(uint8_t passes, gk_pass pass) {
    return passes >> pass & 1;
}

/// Nanoseconds of a vector operation as measured: products run at 80 to 90 % of the multiply-adds that a core can do.
static double nanoseconds(gk_isa isa, double operations) {
    switch (isa) {
    case GK_ISA_AVX512:
        return 0.3 * operations;
    case GK_ISA_AVX2:
        return 0.37 * operations;
    default:
        return 1 * operations;
    }
}

static bool transform_columns(const gk_block_shape *shape, gk_pass pass) {
    gk_fourier_cost rows = gk_fourier_operations(shape, false, gk_fourier_length(shape, false));
    gk_fourier_cost columns = gk_fourier_operations(shape, true, gk_fourier_length(shape, true));
    switch (pass) {
    case GK_PASS_FORWARD:
        return columns.forward + columns.input < rows.forward + rows.input;
    case GK_PASS_WEIGHTS:
        return columns.weight_gradient < rows.weight_gradient;
    case GK_PASS_DATA:
        return columns.input_gradient < rows.input_gradient;
    }
    return false;
}

/// Operations of a block's forward pass along an axis, at the length that it shares with another one.
static double forward_beside(const gk_block_shape *shape, bool columns, const gk_block_shape *other) {
    int32_t own = gk_fourier_length(shape, columns), length = gk_fourier_length(other, columns);
    return gk_fourier_operations(shape, columns, length > own ? length : own).forward;
}

/// Whether two blocks that read one input of one channel, where either axis suits all, share its spectrum along the
/// first one's axis: where neither then costs more than half as much again. (Below that sharing need not pay; but the
/// bits of nets that were trained so depend on it.)
static bool shares(const gk_block_shape *first, bool first_columns, const gk_block_shape *other, bool other_columns) {
    const double most = 1.5;
    return forward_beside(other, first_columns, first) <= most * forward_beside(other, other_columns, other) &&
           forward_beside(first, first_columns, other) <= most * forward_beside(first, first_columns, first);
}

static bool reads_same(const gk_block *a, const gk_block *b) {
    return a->shape.input == b->shape.input && a->shape.in_channels == b->shape.in_channels &&
           a->shape.height == b->shape.height && a->shape.width == b->shape.width;
}

static double cost(const gk_block_plan *plan, int32_t b, gk_pass pass) {
    const gk_block *block = &plan->blocks[b];
    const gk_block_shape *shape = &block->shape;
    if (!gk_fourier_passes_for(plan->isa) || !gk_fourier_fits(shape))
        return INFINITY;
    bool columns = transform_columns(shape, pass);
    int32_t length = gk_fourier_length(shape, columns);
    // Spectra of the weights take N / 2 + 1 places for each tap across: decline what would fill memory.
    double taps = columns ? shape->kernel_width : shape->kernel_height;
    if ((length / 2 + 1) * taps * block->in_stored * block->out_stored > 1 << 26)
        return INFINITY;
    gk_fourier_cost operations = gk_fourier_operations(shape, columns, length);
    double sharing = 0;
    for (int32_t other = 0; other < plan->count; other++)
        sharing += reads_same(&plan->blocks[other], block);
    double an_image = 0;
    switch (pass) {
    case GK_PASS_FORWARD:
        an_image = operations.forward + operations.input / sharing;
        break;
    // The spectra of the gradient are shared with the data gradient where there is one.
    case GK_PASS_WEIGHTS:
        an_image = operations.weight_gradient + (block->in_stored == 1 ? 0 : operations.input);
        break;
    case GK_PASS_DATA:
        an_image = operations.input_gradient;
        break;
    }
    return nanoseconds(plan->isa, an_image) * plan->batch;
}

static void destroy(void *state) {
    fourier_state *s = state;
    if (!s)
        return;
    for (int32_t b = 0; s->members && b < s->plan->count; b++)
        gk_fourier_unplan(&s->members[b].plan);
    free(s->members);
    free(s->groups);
    free(s);
}

/// Plans all members of the group alike: one axis, the longest transform, the widest padding.
static bool plan_group(fourier_state *s, int32_t group, bool columns) {
    int32_t length = 0, before = 0, after = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int32_t b = 0; b < s->plan->count; b++) {
            fourier_member *m = &s->members[b];
            const gk_block_shape *shape = &s->plan->blocks[b].shape;
            if (!m->passes || m->group != group)
                continue;
            if (pass == 0) {
                int32_t n = gk_fourier_length(shape, columns);
                int32_t own_before, own_after;
                gk_fourier_sides(shape, columns, &own_before, &own_after);
                if (n > length)
                    length = n;
                if (own_before > before)
                    before = own_before;
                if (own_after > after)
                    after = own_after;
            } else if (!gk_fourier_plan(&m->plan, shape, columns, length, before, after))
                return false;
        }
    return true;
}

/// Hands out `floats` from `*at` (NULL: only counts).
static float *take(float *base, size_t *used, size_t floats) {
    float *here = base ? base + *used : NULL;
    *used += gk_aligned(floats * sizeof(float)) / sizeof(float);
    return here;
}

static size_t lay_out(fourier_state *s, float *base) {
    size_t used = 0;
    const size_t sums = gk_block_sums(s->plan->batch), workers = s->plan->threads;
    for (int32_t b = 0; b < s->plan->count; b++) {
        fourier_member *m = &s->members[b];
        if (has(m->passes, GK_PASS_FORWARD) || has(m->passes, GK_PASS_DATA))
            m->weights = take(base, &used, m->plan.weight_size);
        if (has(m->passes, GK_PASS_DATA))
            m->transposed = take(base, &used, m->plan.weight_size);
        if (has(m->passes, GK_PASS_WEIGHTS)) {
            m->partial = take(base, &used, sums * m->plan.partial_size);
            m->bias_sums = take(base, &used, sums * 16 * m->plan.out_groups);
        }
    }
    s->scratch_size = gk_aligned(s->scratch_size * sizeof(float)) / sizeof(float);
    s->spectrum_size = gk_aligned(s->spectrum_size * sizeof(float)) / sizeof(float);
    s->scratch = take(base, &used, workers * s->scratch_size);
    s->spectrum = take(base, &used, workers * s->spectrum_size);
    return used * sizeof(float);
}

static void *create(const gk_block_plan *plan, const uint8_t *passes) {
    fourier_state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->plan = plan;
    s->passes = gk_fourier_passes_for(plan->isa);
    s->members = calloc(plan->count, sizeof *s->members);
    s->groups = calloc(plan->count, sizeof *s->groups);
    bool *columns = calloc(plan->count, sizeof *columns);
    if (!s->members || !s->groups || !columns)
        goto failed;
    for (int32_t b = 0; b < plan->count; b++) {
        fourier_member *m = &s->members[b];
        const gk_block_shape *shape = &plan->blocks[b].shape;
        if (!(m->passes = passes[b]))
            continue;
        columns[b] = transform_columns(shape, has(passes[b], GK_PASS_FORWARD) ? GK_PASS_FORWARD : GK_PASS_WEIGHTS);
        m->group = s->group_count;
        for (int32_t g = 0; g < s->group_count; g++) {
            int32_t first = s->groups[g];
            // More channels: only blocks that transform the same axis share.
            if (reads_same(&plan->blocks[first], &plan->blocks[b]) &&
                (plan->blocks[b].in_stored == 1 ? shares(&plan->blocks[first].shape, columns[first], shape, columns[b])
                                                : columns[first] == columns[b]))
                m->group = g;
        }
        if (m->group == s->group_count)
            s->groups[s->group_count++] = b;
    }
    for (int32_t g = 0; g < s->group_count; g++)
        if (!plan_group(s, g, columns[s->groups[g]]))
            goto failed;
    for (int32_t b = 0; b < plan->count; b++) {
        const fourier_member *m = &s->members[b];
        if (!m->passes)
            continue;
        size_t scratch = gk_fourier_scratch(&m->plan);
        if (scratch > s->scratch_size)
            s->scratch_size = scratch;
        if (m->plan.input.size > s->spectrum_size)
            s->spectrum_size = m->plan.input.size;
    }
    free(columns);
    s->bytes = lay_out(s, NULL);
    return s;
failed:
    free(columns);
    destroy(s);
    return NULL;
}

static size_t workspace(const void *state) {
    return ((const fourier_state *)state)->bytes;
}

static void bind(void *state, void *memory) {
    lay_out(state, memory);
}

static int32_t stages(const void *state, gk_step step) {
    const fourier_state *s = state;
    uint8_t passes = 0;
    for (int32_t b = 0; b < s->plan->count; b++)
        passes |= s->members[b].passes;
    switch (step) {
    case GK_STEP_PREPARE:
        return has(passes, GK_PASS_FORWARD) || has(passes, GK_PASS_DATA);
    case GK_STEP_FORWARD:
        return has(passes, GK_PASS_FORWARD);
    case GK_STEP_BACKWARD:
        return has(passes, GK_PASS_WEIGHTS) ? 2 : has(passes, GK_PASS_DATA);
    }
    return 0;
}

/// Whether the blocks of a group run side by side, each with a spectrum of its own: for a short answer to few images.
static bool splits(const fourier_state *s, const gk_block_call *call) {
    return call->batch < s->plan->threads;
}

/// Whether block `b` speaks for its group in the forward pass: the first that runs forward here.
static bool leads(const fourier_state *s, int32_t b) {
    for (int32_t other = 0; other < b; other++)
        if (s->members[other].group == s->members[b].group && has(s->members[other].passes, GK_PASS_FORWARD))
            return false;
    return true;
}

static bool wants_weights(const fourier_member *m, const gk_block_tensors *t) {
    return has(m->passes, GK_PASS_WEIGHTS) && (t->weight_gradient || t->bias_gradient);
}
static bool wants_data(const fourier_member *m, const gk_block_tensors *t) {
    return has(m->passes, GK_PASS_DATA) && t->input_gradient;
}

static int32_t channels_in(const fourier_member *m) {
    return m->plan.in_groups ? 16 * m->plan.in_groups : 1;
}

/// Items that member `b` has in a stage.
static int32_t member_items(const fourier_state *s, gk_step step, int32_t stage, const gk_block_call *call, int32_t b) {
    const fourier_member *m = &s->members[b];
    const gk_block_tensors *t = &call->tensors[b];
    if (!m->passes)
        return 0;
    switch (step) {
    case GK_STEP_PREPARE:
        return m->weights ? m->plan.bins : 0;
    case GK_STEP_FORWARD:
        return has(m->passes, GK_PASS_FORWARD) && (splits(s, call) || leads(s, b)) ? call->batch : 0;
    case GK_STEP_BACKWARD:
        if (stage == 0)
            return wants_weights(m, t) || wants_data(m, t) ? gk_block_sums(call->batch) : 0;
        return wants_weights(m, t) ? m->plan.line_kernel * channels_in(m) : 0;
    }
    return 0;
}

static int32_t items(const void *state, gk_step step, int32_t stage, const gk_block_call *call) {
    const fourier_state *s = state;
    int32_t sum = 0;
    for (int32_t b = 0; b < s->plan->count; b++)
        sum += member_items(s, step, stage, call, b);
    return sum;
}

static size_t input_size(const gk_block *block) {
    return (size_t)block->shape.height * block->shape.width * block->in_stored;
}
static size_t output_size(const gk_block *block) {
    return (size_t)block->rows * block->columns * block->out_stored;
}

static void forward_image(fourier_state *s, const gk_block_call *call, int32_t first, int32_t image, int32_t worker) {
    float *scratch = s->scratch + worker * s->scratch_size, *spectrum = s->spectrum + worker * s->spectrum_size;
    const float *input = call->tensors[first].input + image * input_size(&s->plan->blocks[first]);
    s->passes->input(&s->members[first].plan, input, spectrum, scratch);
    int32_t end = splits(s, call) ? first + 1 : s->plan->count;
    for (int32_t b = first; b < end; b++) {
        const fourier_member *m = &s->members[b];
        const gk_block_tensors *t = &call->tensors[b];
        if (m->group != s->members[first].group || !has(m->passes, GK_PASS_FORWARD))
            continue;
        size_t at = image * output_size(&s->plan->blocks[b]);
        s->passes->forward(&m->plan, spectrum, m->weights, t->bias, t->output + at, t->argmax ? t->argmax + at : NULL,
                           scratch);
    }
}

static void backward_images(fourier_state *s, const gk_block_call *call, int32_t b, int32_t sum, int32_t worker) {
    const fourier_member *m = &s->members[b];
    const gk_block_tensors *t = &call->tensors[b];
    const gk_block *block = &s->plan->blocks[b];
    float *scratch = s->scratch + worker * s->scratch_size, *spectrum = s->spectrum + worker * s->spectrum_size;
    const bool weights = wants_weights(m, t), data = wants_data(m, t);
    float *partial = weights && t->weight_gradient ? m->partial + sum * m->plan.partial_size : NULL;
    float *bias_sum = weights ? m->bias_sums + (size_t)sum * 16 * m->plan.out_groups : NULL;
    if (partial)
        memset(partial, 0, sizeof(float) * m->plan.partial_size);
    if (bias_sum)
        memset(bias_sum, 0, sizeof(float) * 16 * m->plan.out_groups);
    int32_t end = (sum + 1) * GK_IMAGES_A_SUM;
    for (int32_t image = sum * GK_IMAGES_A_SUM; image < (end < call->batch ? end : call->batch); image++) {
        size_t in = image * input_size(block), out = image * output_size(block);
        if (partial)
            s->passes->input(&m->plan, t->input + in, spectrum, scratch);
        s->passes->backward(&m->plan, spectrum, m->transposed, t->output + out, t->argmax + out,
                            t->output_gradient + out, partial, bias_sum, data ? t->input_gradient + in : NULL, scratch);
    }
}

static void finish_row(fourier_state *s, const gk_block_call *call, int32_t b, int32_t row) {
    const fourier_member *m = &s->members[b];
    const gk_block_tensors *t = &call->tensors[b];
    const int32_t sums = gk_block_sums(call->batch), channels = 16 * m->plan.out_groups;
    if (t->weight_gradient)
        s->passes->finish(&m->plan, row, m->partial, sums, m->plan.partial_size, t->weight_gradient);
    if (row || !t->bias_gradient)
        return;
    for (int32_t o = 0; o < channels; o++) {
        float total = 0;
        for (int32_t sum = 0; sum < sums; sum++)
            total += m->bias_sums[(size_t)sum * channels + o];
        t->bias_gradient[o] = total;
    }
}

static void run(void *state, gk_step step, int32_t stage, const gk_block_call *call, int32_t item, int32_t worker) {
    fourier_state *s = state;
    int32_t b = 0;
    for (int32_t count; item >= (count = member_items(s, step, stage, call, b)); b++)
        item -= count;
    const fourier_member *m = &s->members[b];
    switch (step) {
    case GK_STEP_PREPARE:
        s->passes->weights(&m->plan, item, call->tensors[b].weights, m->weights, m->transposed);
        return;
    case GK_STEP_FORWARD:
        forward_image(s, call, b, item, worker);
        return;
    case GK_STEP_BACKWARD:
        if (stage == 0)
            backward_images(s, call, b, item, worker);
        else
            finish_row(s, call, b, item);
        return;
    }
}

const gk_block_path gk_path_fourier = {
    .name = "fourier",
    .cost = cost,
    .create = create,
    .destroy = destroy,
    .workspace = workspace,
    .bind = bind,
    .stages = stages,
    .items = items,
    .run = run,
};
