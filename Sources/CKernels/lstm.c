// LSTM layers on the pool (gk_lstm.h): forward, and the plan that both passes share.
//
// A source's columns times the batch are its lines. Lines are gathered once and cut into blocks of LINES; their
// projection is one matrix product over all steps. Then every group of GROUP images walks through all steps alone, so
// that threads never wait for one another within the sequence. All cuts depend on the shapes only.
#include "lstm_plan.h"
#include "gk_isa.h"
#include "gk_oracle.h"
#include "pool_scratch.h"
#include <string.h>

const lstm_kernels *gk_lstm_table(void) {
    switch (gk_isa_active()) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        return &gk_lstm_avx512;
    case GK_ISA_AVX2:
        return &gk_lstm_avx2;
#endif
    case GK_ISA_PORTABLE:
        return &gk_lstm_portable;
    default:
        return NULL;
    }
}

void gk_sigmoid(int64_t count, const float *from, float *to) {
    const lstm_kernels *kernels = gk_lstm_table();
    (kernels ? kernels : &gk_lstm_portable)->sigmoid(count, from, to);
}

void gk_tanh(int64_t count, const float *from, float *to) {
    const lstm_kernels *kernels = gk_lstm_table();
    (kernels ? kernels : &gk_lstm_portable)->tanh(count, from, to);
}

size_t gk_lstm_workspace(const gk_lstm *layer, int32_t batch) {
    if (batch < 1 || layer->steps < 1 || layer->hidden < 16 || layer->hidden % 16 || layer->source_count < 1 ||
        layer->direction_count < 1 || layer->direction_count > 2)
        return 0;
    for (int32_t s = 0; s < layer->source_count; s++) {
        const gk_lstm_source *source = &layer->sources[s];
        if (source->rows < 1 || source->columns < 1 || source->channels < 1 || source->span < 1 ||
            (int64_t)source->columns * source->span != layer->steps)
            return 0;
    }
    return sizeof(float) * lstm_layout_for(layer, batch).total;
}

lstm_run lstm_run_for(int32_t batch, const gk_lstm *layer) {
    lstm_run run = {
        .kernels = gk_lstm_table(),
        .layer = layer,
        .dropout = gk_dropout_for(layer->dropout, layer->key, layer->step),
        .layout = lstm_layout_for(layer, batch),
        .batch = batch,
        .groups = ceiling(batch, GROUP),
        .columns = 4 * layer->hidden,
        .workspace = layer->workspace,
    };
    if (run.kernels) run.gemm = &gk_dense_table()->gemm;
    return run;
}

static void gather_item(void *context, int32_t item, int32_t worker) {
    const lstm_run *run = context;
    lstm_source s = first_source(run);
    while (item >= s.blocks) item -= s.blocks, next_source(run, &s);
    const gk_lstm_source *source = s.source;
    int32_t end = block_end(&s, item);
    for (int32_t line = item * LINES; line < end; line++) {
        int32_t column = line / run->batch, n = line % run->batch;
        for (int32_t r = 0; r < source->rows; r++)
            memcpy(s.inputs + (size_t)line * s.features + (size_t)r * source->channels,
                   source->values + (((size_t)n * source->rows + r) * source->columns + column) * source->channels,
                   sizeof(float) * source->channels);
    }
}

/// One gate of one block of lines: of a source with a long span, or of all sources whose columns are single steps.
static void project_item(void *context, int32_t item, int32_t worker) {
    const lstm_run *run = context;
    const gk_lstm *l = run->layer;
    const int32_t hidden = l->hidden, columns = run->columns;
    int32_t gate = item % 4, direction = item / 4 % l->direction_count;
    item /= 4 * l->direction_count;
    lstm_source s = first_source(run);
    const int32_t step_lines = l->steps * run->batch, step_blocks = ceiling(step_lines, LINES);
    bool together = item < step_blocks;
    if (!together) {
        item -= step_blocks;
        while (s.source->span == 1 || item >= s.blocks) {
            if (s.source->span > 1) item -= s.blocks;
            next_source(run, &s);
        }
    }
    int32_t line = item * LINES, lines = together ? step_lines : s.lines;
    int32_t rows = lines - line < LINES ? lines - line : LINES;
    float *to = (together ? run->workspace + run->layout.gates + direction * 4 * run->layout.direction
                          : run->shared + (direction * run->shared_lines + s.shared_line) * columns) +
                (size_t)line * columns + gate * hidden;
    bool more = false;
    for (; s.index < l->source_count; next_source(run, &s)) {
        if (together && s.source->span > 1) continue;
        const float *w = l->directions[direction].input_weights + (size_t)s.feature * columns + gate * hidden;
        for (int32_t k = 0; k < s.features; k += DEPTH) {
            run->gemm->rows(rows, hidden / 16, s.features - k < DEPTH ? s.features - k : DEPTH,
                            s.inputs + (size_t)line * s.features + k, s.features, w + (size_t)k * columns, columns, to,
                            columns, more);
            more = true;
        }
        if (!together) break;
    }
    for (int32_t r = 0; !more && r < rows; r++) memset(to + (size_t)r * columns, 0, sizeof(float) * hidden);
}

static void leave(const lstm_run *run, int32_t direction, int32_t step, int32_t n, const float *state) {
    const gk_lstm *l = run->layer;
    size_t width = (size_t)l->direction_count * l->hidden, place = (size_t)direction * l->hidden;
    if (l->outputs) {
        size_t at = ((size_t)n * l->steps + step) * width + place;
        run->kernels->drop(&run->dropout, l->hidden, at, state, l->outputs + at, false);
    }
    if (l->last && step == (direction ? 0 : l->steps - 1)) {
        size_t at = n * width + place;
        run->kernels->drop(&run->dropout, l->hidden, at, state, l->last + at, false);
    }
}

/// A group of images through all steps of one direction.
static void walk_item(void *context, int32_t item, int32_t worker) {
    const lstm_run *run = context;
    const gk_lstm *l = run->layer;
    const int32_t hidden = l->hidden, columns = run->columns;
    int32_t direction = item / run->groups, begin = item % run->groups * GROUP;
    int32_t rows = run->batch - begin < GROUP ? run->batch - begin : GROUP;
    const gk_lstm_direction *weights = &l->directions[direction];
    float *bias = run->scratch + worker * run->worker_floats;
    memcpy(bias, weights->input_bias, sizeof(float) * columns);
    run->kernels->add(columns, weights->recurrent_bias, bias);
    lstm_step step = {.rows = rows, .hidden = hidden, .bias = bias};
    for (int32_t i = 0; i < l->steps; i++) {
        int32_t t = direction ? l->steps - 1 - i : i;
        lstm_states now = states_at(run, direction, t, begin);
        for (lstm_source s = first_source(run); s.index < l->source_count; next_source(run, &s)) {
            if (s.source->span == 1) continue;
            size_t line = direction * run->shared_lines + s.shared_line + (size_t)(t / s.source->span) * run->batch;
            run->kernels->add((int64_t)rows * columns, run->shared + (line + begin) * columns, now.gates);
        }
        if (i > 0) {
            lstm_states before = states_at(run, direction, direction ? t + 1 : t - 1, begin);
            run->gemm->rows(rows, columns / 16, hidden, before.hidden, hidden, weights->recurrent_weights, columns,
                            now.gates, columns, true);
            step.earlier = before.cells;
        }
        step.gates = now.gates;
        step.cells = now.cells;
        step.tanhs = now.tanhs;
        step.outputs = now.hidden;
        run->kernels->step(&step);
        for (int32_t n = 0; n < rows; n++) leave(run, direction, t, begin + n, now.hidden + (size_t)n * hidden);
    }
}

void gk_lstm_forward(gk_pool *pool, int32_t batch, const gk_lstm *layer) {
    if (!gk_lstm_workspace(layer, batch)) return;
    lstm_run run = lstm_run_for(batch, layer);
    int32_t gathers = 0, projections = ceiling((int64_t)layer->steps * batch, LINES);
    for (lstm_source s = first_source(&run); s.index < layer->source_count; next_source(&run, &s)) {
        gathers += s.blocks;
        if (s.source->span == 1) continue;
        projections += s.blocks;
        run.shared_lines += s.lines;
    }
    size_t shared = run.shared_lines * layer->direction_count * run.columns;
    run.worker_floats = run.columns;
    if (run.kernels) {
        // Before scratch memory is asked for: a backward pass that gets its own reads these, whoever ran forward.
        gk_pool_run(pool, gathers, gather_item, &run);
        run.shared = gk_pool_scratch(pool, sizeof(float) * (shared + run.worker_floats * gk_pool_threads(pool)));
    }
    if (!run.shared) return gk_oracle_lstm_forward(batch, layer);
    run.scratch = run.shared + shared;
    gk_pool_run(pool, projections * 4 * layer->direction_count, project_item, &run);
    gk_pool_run(pool, run.groups * layer->direction_count, walk_item, &run);
}
