// LSTM layers on the pool: back through time, then all gradients as matrix products over all steps.
#include "lstm_plan.h"
#include "gk_oracle.h"
#include "pool_scratch.h"
#include <string.h>

enum {
    STRIP = 64,         // features whose gradients are worked on together
    WEIGHT_LINES = 128, // lines of one pass over a strip's weight gradient
    STRIPS_AN_ITEM = 4, // of data gradients
};

static int32_t recurrent_strips(const lstm_run *run) { return ceiling(run->layer->hidden, STRIP); }

static void turn_weights_item(void *context, int32_t item, int32_t worker) {
    const lstm_run *run = context;
    int32_t hidden = run->layer->hidden, direction = item / (hidden / 16), row = item % (hidden / 16) * 16;
    run->gemm->transpose(16, run->columns,
                         run->layer->directions[direction].recurrent_weights + (size_t)row * run->columns, run->columns,
                         run->turned_recurrent + (size_t)direction * run->columns * hidden + row, hidden);
}

/// A group of images back through all steps of one direction: gates become gradients.
static void walk_back_item(void *context, int32_t item, int32_t worker) {
    const lstm_run *run = context;
    const gk_lstm *l = run->layer;
    const int32_t hidden = l->hidden, columns = run->columns;
    int32_t direction = item / run->groups, begin = item % run->groups * GROUP;
    int32_t rows = run->batch - begin < GROUP ? run->batch - begin : GROUP;
    size_t width = (size_t)l->direction_count * hidden, place = (size_t)direction * hidden;
    float *output_gradient = run->scratch + worker * run->worker_floats;
    float *cell_gradient = output_gradient + GROUP * hidden;
    memset(cell_gradient, 0, sizeof(float) * rows * hidden);
    for (int32_t i = l->steps - 1; i >= 0; i--) {
        int32_t t = direction ? l->steps - 1 - i : i, earlier = direction ? t + 1 : t - 1;
        int32_t later = direction ? t - 1 : t + 1;
        bool last = i == l->steps - 1;
        if (last) memset(output_gradient, 0, sizeof(float) * rows * hidden);
        else
            run->gemm->rows(rows, hidden / 16, columns, states_at(run, direction, later, begin).gates, columns,
                            run->turned_recurrent + (size_t)direction * columns * hidden, hidden, output_gradient,
                            hidden, false);
        for (int32_t n = 0; n < rows; n++) {
            size_t all = ((size_t)(begin + n) * l->steps + t) * width + place, end = (begin + n) * width + place;
            float *to = output_gradient + (size_t)n * hidden;
            if (l->outputs_gradient)
                run->kernels->drop(&run->dropout, hidden, all, l->outputs_gradient + all, to, true);
            if (l->last_gradient && last) run->kernels->drop(&run->dropout, hidden, end, l->last_gradient + end, to, true);
        }
        lstm_states now = states_at(run, direction, t, begin);
        lstm_step step = {
            .rows = rows,
            .hidden = hidden,
            .gates = now.gates,
            .earlier = i > 0 ? states_at(run, direction, earlier, begin).cells : NULL,
            .tanhs = now.tanhs,
            .output_gradient = output_gradient,
            .cell_gradient = cell_gradient,
        };
        run->kernels->step_backward(&step);
    }
}

/// The gates' gradients of a block of lines, turned; those of shared lines are first summed over the steps they span.
static void turn_gates_item(void *context, int32_t item, int32_t worker) {
    const lstm_run *run = context;
    const gk_lstm *l = run->layer;
    int32_t direction = item / run->turned_blocks, block = item % run->turned_blocks, columns = run->columns;
    float *turned = run->turned_gates + (size_t)item * columns * LINES;
    const float *from;
    int32_t lines;
    if (block < run->first_shared) {
        int32_t all = l->steps * run->batch, line = block * LINES;
        lines = all - line < LINES ? all - line : LINES;
        from = states_at(run, direction, 0, 0).gates + (size_t)line * columns;
    } else {
        lstm_source s = first_source(run);
        block -= run->first_shared;
        while (s.source->span == 1 || block >= s.shared_block + s.blocks) next_source(run, &s);
        block -= s.shared_block;
        int32_t begin = block * LINES, end = block_end(&s, block);
        float *sums = run->shared + (direction * run->shared_lines + s.shared_line + begin) * columns;
        for (int32_t line = begin; line < end; line++) {
            int32_t t = line / run->batch * s.source->span, n = line % run->batch;
            float *sum = sums + (size_t)(line - begin) * columns;
            memcpy(sum, states_at(run, direction, t, n).gates, sizeof(float) * columns);
            for (int32_t i = 1; i < s.source->span; i++)
                run->kernels->add(columns, states_at(run, direction, t + i, n).gates, sum);
        }
        from = sums;
        lines = end - begin;
    }
    if (lines % 16) memset(turned, 0, sizeof(float) * columns * LINES);
    run->gemm->transpose(lines, columns, from, columns, turned, LINES);
}

/// gradient[features][columns] = sum over lines of inputs x gates, for at most STRIP features.
static void weight_strip(const lstm_run *run, int32_t count, int32_t lines, const float *inputs, int32_t stride,
                         const float *gates, float *gradient, float *scratch) {
    if (lines == 0) memset(gradient, 0, sizeof(float) * count * run->columns);
    for (int32_t line = 0; line < lines; line += WEIGHT_LINES) {
        int32_t some = lines - line < WEIGHT_LINES ? lines - line : WEIGHT_LINES;
        for (int32_t i = 0; i < some; i++)
            memcpy(scratch + (size_t)i * STRIP, inputs + (size_t)(line + i) * stride, sizeof(float) * count);
        run->gemm->columns(count, run->columns / 16, some, scratch, STRIP, gates + (size_t)line * run->columns,
                           run->columns, gradient, run->columns, line > 0);
    }
}

static void recurrent_gradient(const lstm_run *run, int32_t item, float *scratch) {
    const gk_lstm *l = run->layer;
    int32_t direction = item / recurrent_strips(run), unit = item % recurrent_strips(run) * STRIP;
    // Gates of a step with the state that they saw: that of the step before, after in the second direction.
    const float *hidden = states_at(run, direction, direction && l->steps > 1 ? 1 : 0, 0).hidden;
    const float *gates = states_at(run, direction, direction || l->steps == 1 ? 0 : 1, 0).gates;
    weight_strip(run, l->hidden - unit < STRIP ? l->hidden - unit : STRIP, (l->steps - 1) * run->batch, hidden + unit,
                 l->hidden, gates,
                 l->directions[direction].recurrent_weight_gradient + (size_t)unit * run->columns, scratch);
}

static void bias_gradient(const lstm_run *run, int32_t direction) {
    const gk_lstm *l = run->layer;
    const gk_lstm_direction *d = &l->directions[direction];
    run->gemm->sum_rows(l->steps * run->batch, run->columns, states_at(run, direction, 0, 0).gates,
                        d->input_bias_gradient);
    memcpy(d->recurrent_bias_gradient, d->input_bias_gradient, sizeof(float) * run->columns);
}

static void input_weight_gradient(const lstm_run *run, int32_t item, float *scratch) {
    const gk_lstm *l = run->layer;
    int32_t direction = item % l->direction_count;
    item /= l->direction_count;
    lstm_source s = first_source(run);
    while (item >= ceiling(s.features, STRIP)) item -= ceiling(s.features, STRIP), next_source(run, &s);
    int32_t k = item * STRIP;
    const float *gates = s.source->span == 1
                             ? states_at(run, direction, 0, 0).gates
                             : run->shared + (direction * run->shared_lines + s.shared_line) * run->columns;
    weight_strip(run, s.features - k < STRIP ? s.features - k : STRIP, s.lines, s.inputs + k, s.features, gates,
                 l->directions[direction].input_weight_gradient + (size_t)(s.feature + k) * run->columns, scratch);
}

static int32_t data_strips(const lstm_source *s) { return s->source->rows * ceiling(s->source->channels, STRIP); }

/// Items of the data gradient of a source: blocks of lines times groups of strips.
static int32_t data_items(const lstm_source *s) {
    return s->source->gradient ? s->blocks * ceiling(data_strips(s), STRIPS_AN_ITEM) : 0;
}

static void data_gradient(const lstm_run *run, int32_t item, float *scratch) {
    const gk_lstm *l = run->layer;
    const int32_t columns = run->columns;
    lstm_source s = first_source(run);
    while (item >= data_items(&s)) item -= data_items(&s), next_source(run, &s);
    const gk_lstm_source *source = s.source;
    int32_t groups = ceiling(data_strips(&s), STRIPS_AN_ITEM), a_row = ceiling(source->channels, STRIP);
    int32_t block = item / groups, strip = item % groups * STRIPS_AN_ITEM;
    int32_t begin = block * LINES, lines = block_end(&s, block) - begin;
    int32_t turned = (source->span == 1 ? 0 : run->first_shared + s.shared_block) + block;
    float *product = scratch, *lined = scratch + STRIP * LINES;
    for (int32_t end = strip + STRIPS_AN_ITEM; strip < end && strip < data_strips(&s); strip++) {
        int32_t row = strip / a_row, channel = strip % a_row * STRIP;
        int32_t count = source->channels - channel < STRIP ? source->channels - channel : STRIP;
        size_t feature = s.feature + (size_t)row * source->channels + channel;
        for (int32_t d = 0; d < l->direction_count; d++)
            run->gemm->rows(count, ceiling(lines, 16), columns, l->directions[d].input_weights + feature * columns,
                            columns, run->turned_gates + (size_t)(d * run->turned_blocks + turned) * columns * LINES,
                            LINES, product, LINES, d > 0);
        run->gemm->transpose(count, lines, product, LINES, lined, STRIP);
        for (int32_t i = 0; i < lines; i++) {
            int32_t column = (begin + i) / run->batch, n = (begin + i) % run->batch;
            memcpy(source->gradient +
                       (((size_t)n * source->rows + row) * source->columns + column) * source->channels + channel,
                   lined + (size_t)i * STRIP, sizeof(float) * count);
        }
    }
}

static void gradient_item(void *context, int32_t item, int32_t worker) {
    const lstm_run *run = context;
    const int32_t directions = run->layer->direction_count;
    float *scratch = run->scratch + worker * run->worker_floats;
    int32_t recurrent = directions * recurrent_strips(run), inputs = 0;
    for (lstm_source s = first_source(run); s.index < run->layer->source_count; next_source(run, &s))
        inputs += ceiling(s.features, STRIP) * directions;
    // The longest first, so that the threads end together.
    if (item < recurrent) return recurrent_gradient(run, item, scratch);
    if ((item -= recurrent) < inputs) return input_weight_gradient(run, item, scratch);
    if ((item -= inputs) < directions) return bias_gradient(run, item);
    data_gradient(run, item - directions, scratch);
}

void gk_lstm_backward(gk_pool *pool, int32_t batch, const gk_lstm *layer) {
    if (!gk_lstm_workspace(layer, batch)) return;
    lstm_run run = lstm_run_for(batch, layer);
    const int32_t directions = layer->direction_count;
    int32_t gradients = directions * (1 + recurrent_strips(&run));
    run.first_shared = run.turned_blocks = ceiling((int64_t)layer->steps * batch, LINES);
    for (lstm_source s = first_source(&run); s.index < layer->source_count; next_source(&run, &s)) {
        gradients += directions * ceiling(s.features, STRIP) + data_items(&s);
        if (s.source->span == 1) continue;
        run.turned_blocks += s.blocks;
        run.shared_lines += s.lines;
    }
    size_t shared = run.shared_lines * directions * run.columns;
    size_t turned = (size_t)directions * run.turned_blocks * run.columns * LINES;
    size_t recurrent = (size_t)directions * run.columns * layer->hidden;
    size_t strip = (size_t)STRIP * (WEIGHT_LINES > 2 * LINES ? WEIGHT_LINES : 2 * LINES);
    size_t walk = (size_t)2 * GROUP * layer->hidden;
    run.worker_floats = strip > walk ? strip : walk;
    size_t floats = shared + turned + recurrent + run.worker_floats * gk_pool_threads(pool);
    if (run.kernels) run.shared = gk_pool_scratch(pool, sizeof(float) * floats);
    if (!run.shared) return gk_oracle_lstm_backward(batch, layer);
    run.turned_gates = run.shared + shared;
    run.turned_recurrent = run.turned_gates + turned;
    run.scratch = run.turned_recurrent + recurrent;
    gk_pool_run(pool, directions * layer->hidden / 16, turn_weights_item, &run);
    gk_pool_run(pool, directions * run.groups, walk_back_item, &run);
    gk_pool_run(pool, directions * run.turned_blocks, turn_gates_item, &run);
    gk_pool_run(pool, gradients, gradient_item, &run);
}
