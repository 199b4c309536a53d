// Convolutions on the pool (gk_convolution.h): how the work is cut, the same way whatever the number of threads.
#include "convolution.h"
#include "gk_isa.h"
#include "layers.h"
#include "pool_scratch.h"
#include <stdbool.h>
#include <string.h>

enum {
    NARROW = 16,          // output columns below which rows are gathered into a matrix
    SHORT = 32,           // likewise, floats of a kernel row's stretch
    ITEM = 1 << 16,       // floats of the input that an item copies
    GATHERED = 1 << 17,   // floats of an item's gathered matrix
    BLOCK = 8,            // images of one partial sum of the weight gradient
    DEPTH = 512,          // places of one matrix product of the weight gradient
    PIECE = 96,           // depth of one matrix product on gathered rows
    SUMS = 4096,          // weights of one item that adds partial sums
};

const layer_kernels *gk_layer_table(void) {
    switch (gk_isa_active()) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        return &gk_layers_avx512;
    case GK_ISA_AVX2:
        return &gk_layers_avx2;
#endif
    default:
        return &gk_layers_portable;
    }
}

static int32_t least(int64_t a, int64_t b) { return (int32_t)(a < b ? a : b); }
static int32_t ceiling(int64_t value, int64_t unit) { return (int32_t)((value + unit - 1) / unit); }

/// Which places of a map the kernel covers: the forward pass, or, for the data gradient, its mirror.
typedef struct {
    int32_t height, width, in; // of the map that is read
    int32_t apart_h, apart_w;  // distance of its rows and columns: between them lie zeros
    int32_t kh, kw, stride_h, stride_w, top, left;
    int32_t out_h, out_w;
    const float *source;
} field;

/// Copies `rows` rows from `first` on, counted in the padded map, `columns` wide, zeros around.
static void copy_padded(const field *f, const float *image, int64_t first, int32_t rows, int32_t columns, float *to) {
    size_t row = (size_t)columns * f->in;
    for (int32_t r = 0; r < rows; r++, to += row) {
        int64_t y = first + r - f->top;
        if (y < 0 || y % f->apart_h || y / f->apart_h >= f->height) {
            memset(to, 0, sizeof(float) * row);
            continue;
        }
        const float *from = image + (size_t)(y / f->apart_h) * f->width * f->in;
        if (f->apart_w > 1) {
            memset(to, 0, sizeof(float) * row);
            for (int32_t x = 0; x < f->width; x++) {
                int64_t at = (int64_t)x * f->apart_w + f->left;
                if (at >= 0 && at < columns)
                    memcpy(to + (size_t)at * f->in, from + (size_t)x * f->in, sizeof(float) * f->in);
            }
            continue;
        }
        int32_t begin = f->left > 0 ? f->left : 0, skipped = f->left < 0 ? -f->left : 0;
        if (begin > columns) begin = columns;
        int32_t count = least(f->width - skipped, columns - begin);
        if (count < 0) count = 0;
        memset(to, 0, sizeof(float) * begin * f->in);
        memcpy(to + (size_t)begin * f->in, from + (size_t)skipped * f->in, sizeof(float) * count * f->in);
        memset(to + (size_t)(begin + count) * f->in, 0, sizeof(float) * (columns - begin - count) * f->in);
    }
}

/// What the windows of places begin ..< end (of all images, row by row) cover, one row a place: [kh][kw][in].
static void gather(const field *f, int64_t begin, int64_t end, float *to) {
    int32_t stretch = f->kw * f->in;
    size_t image = (size_t)f->height * f->width * f->in;
    for (int64_t place = begin; place < end; place++) {
        int32_t x = (int32_t)(place % f->out_w), y = (int32_t)(place / f->out_w % f->out_h);
        const float *from = f->source + (size_t)(place / f->out_w / f->out_h) * image;
        for (int32_t i = 0; i < f->kh; i++, to += stretch) {
            int64_t row = (int64_t)y * f->stride_h + i - f->top, column = (int64_t)x * f->stride_w - f->left;
            if (row < 0 || row % f->apart_h || row / f->apart_h >= f->height) {
                memset(to, 0, sizeof(float) * stretch);
                continue;
            }
            const float *line = from + (size_t)(row / f->apart_h) * f->width * f->in;
            if (f->apart_w == 1 && column >= 0 && column + f->kw <= f->width) {
                memcpy(to, line + (size_t)column * f->in, sizeof(float) * stretch);
                continue;
            }
            for (int32_t j = 0; j < f->kw; j++, column++) {
                if (column < 0 || column % f->apart_w || column / f->apart_w >= f->width)
                    memset(to + (size_t)j * f->in, 0, sizeof(float) * f->in);
                else
                    memcpy(to + (size_t)j * f->in, line + (size_t)(column / f->apart_w) * f->in,
                           sizeof(float) * f->in);
            }
        }
    }
}

static bool is_gathered(const field *f) {
    return f->out_w < NARROW || (f->kh > 1 && f->kw * f->in < SHORT);
}

/// Whether the windows lie on the map, which is then read where it lies.
static bool is_inside(const field *f) {
    return f->apart_h == 1 && f->apart_w == 1 && f->top == 0 && f->left == 0 &&
           (f->out_h - 1) * f->stride_h + f->kh <= f->height && (f->out_w - 1) * f->stride_w + f->kw <= f->width;
}

/// A kernel of one column on one channel: its depth goes down the rows of the map as it lies.
static bool is_upright(const field *f) {
    return is_inside(f) && f->kw == 1 && f->in == 1 && f->stride_w == 1 && f->out_w >= NARROW;
}

// MARK: - Values

typedef struct {
    const layer_kernels *kernels;
    field f;
    int64_t places; // of all images
    int32_t out, columns; // of the target, and of the products: at least 16
    const float *weights, *bias; // [kh][kw][in][columns]
    float slope;
    float *target;
    bool direct; // the map is read where it lies
    bool upright;
    int32_t rows, row_blocks, padded; // rows of an item, items of an image, columns of its copy
    int32_t gathered;                 // places of an item
    size_t worker_floats;
    float *scratch;
} correlation;

/// The rows of one item, gathered over images.
static void gathered_item(void *context, int32_t item, int32_t worker) {
    const correlation *c = context;
    int64_t begin = (int64_t)item * c->gathered, end = begin + c->gathered < c->places ? begin + c->gathered : c->places;
    int32_t rows = (int32_t)(end - begin), depth = c->f.kh * c->f.kw * c->f.in;
    float *matrix = c->scratch + worker * c->worker_floats, *products = matrix + (size_t)c->gathered * depth;
    gather(&c->f, begin, end, matrix);
    float *to = c->out == c->columns ? c->target + (size_t)begin * c->out : products;
    // In pieces of the depth, whose weights the first-level cache holds: the order of the sums, and their bits, stay.
    for (int32_t k = 0; k < depth; k += PIECE)
        c->kernels->gemm.rows(rows, c->columns / 16, least(depth - k, PIECE), matrix + k, depth,
                              c->weights + (size_t)k * c->columns, c->columns, to, c->columns, k > 0);
    if (c->bias || c->slope != 1) c->kernels->finish(rows, c->columns, c->bias, c->slope, to);
    if (to == products)
        for (int32_t r = 0; r < rows; r++) c->target[begin + r] = products[(size_t)r * c->columns];
}

static void direct_item(void *context, int32_t item, int32_t worker) {
    const correlation *c = context;
    const field *f = &c->f;
    int32_t n = item / c->row_blocks, first = item % c->row_blocks * c->rows;
    int32_t rows = least(f->out_h - first, c->rows);
    const float *image = f->source + (size_t)n * f->height * f->width * f->in;
    float *own = c->scratch + worker * c->worker_floats, *products = own + c->worker_floats - (size_t)f->out_w * 16;
    const float *from = image + (size_t)first * f->stride_h * f->width * f->in;
    size_t line = (size_t)(c->direct ? f->width : c->padded) * f->in;
    if (!c->direct) {
        copy_padded(f, image, (int64_t)first * f->stride_h, (rows - 1) * f->stride_h + f->kh, c->padded, own);
        from = own;
    }
    int32_t depth = f->kw * f->in;
    for (int32_t y = 0; y < rows; y++) {
        float *target = c->target + ((size_t)n * f->out_h + first + y) * f->out_w * c->out;
        float *to = c->out == c->columns ? target : products;
        if (c->upright)
            c->kernels->gemm.columns(f->out_w, c->columns / 16, f->kh, from + y * f->stride_h * line, (ptrdiff_t)line,
                                     c->weights, c->columns, to, c->columns, false);
        for (int32_t i = 0; i < f->kh && !c->upright; i++)
            c->kernels->gemm.rows(f->out_w, c->columns / 16, depth, from + (y * f->stride_h + i) * line,
                                  (ptrdiff_t)f->stride_w * f->in, c->weights + (size_t)i * depth * c->columns,
                                  c->columns, to, c->columns, i > 0);
        if (c->bias || c->slope != 1) c->kernels->finish(f->out_w, c->columns, c->bias, c->slope, to);
        if (to == products)
            for (int32_t x = 0; x < f->out_w; x++) target[x] = products[(size_t)x * c->columns];
    }
}

/// Weights [rows][1] as [rows][16], the rest zeros.
static void widen(int64_t rows, const float *from, float *to) {
    memset(to, 0, sizeof(float) * rows * 16);
    for (int64_t r = 0; r < rows; r++) to[r * 16] = from[r];
}

/// Plans an item's memory; `reserved` floats at the scratch's beginning are the caller's.
static bool correlate(gk_pool *pool, int32_t batch, correlation *c, float *(*prepare)(float *, void *), void *given,
                      size_t reserved) {
    field *f = &c->f;
    c->kernels = gk_layer_table();
    c->places = (int64_t)batch * f->out_h * f->out_w;
    c->columns = c->out == 1 ? 16 : c->out;
    int32_t depth = f->kh * f->kw * f->in, items;
    c->direct = is_inside(f);
    c->upright = is_upright(f);
    bool gathered = is_gathered(f) && !c->upright;
    if (gathered) {
        c->gathered = least(96, GATHERED / depth);
        if (c->gathered < 6) c->gathered = 6;
        c->worker_floats = (size_t)c->gathered * (depth + 16);
        items = ceiling(c->places, c->gathered);
    } else {
        c->padded = (f->out_w - 1) * f->stride_w + f->kw;
        int64_t line = (int64_t)c->padded * f->in;
        c->rows = (int32_t)((ITEM / line - f->kh) / f->stride_h + 1);
        if (c->rows < 1 || ITEM / line < f->kh) c->rows = 1;
        c->rows = least(c->rows, f->out_h);
        c->row_blocks = ceiling(f->out_h, c->rows);
        c->worker_floats = c->direct ? 0 : (size_t)((c->rows - 1) * f->stride_h + f->kh) * line;
        c->worker_floats += (size_t)f->out_w * 16;
        items = batch * c->row_blocks;
    }
    c->worker_floats = (c->worker_floats + 15) / 16 * 16;
    reserved = (reserved + 15) / 16 * 16;
    float *scratch = gk_pool_scratch(pool, sizeof(float) * (reserved + gk_pool_threads(pool) * c->worker_floats));
    if (!scratch) return false;
    c->scratch = scratch + reserved;
    if (prepare) c->weights = prepare(scratch, given);
    gk_pool_run(pool, items, gathered ? gathered_item : direct_item, c);
    return true;
}

static field field_of(const gk_convolution *l) {
    return (field){.height = l->height, .width = l->width, .in = l->in, .apart_h = 1, .apart_w = 1,
                   .kh = l->kernel_height, .kw = l->kernel_width, .stride_h = l->stride_height,
                   .stride_w = l->stride_width, .top = l->pad_top, .left = l->pad_left, .out_h = l->out_height,
                   .out_w = l->out_width, .source = l->input};
}

/// For a target of one channel: weights and bias in 16 columns.
static float *widened(float *scratch, void *given) {
    correlation *c = given;
    int64_t rows = (int64_t)c->f.kh * c->f.kw * c->f.in;
    widen(rows, c->weights, scratch);
    float *bias = scratch + rows * 16;
    if (c->bias) {
        widen(1, c->bias, bias);
        c->bias = bias;
    }
    return scratch;
}

void gk_convolution_forward(gk_pool *pool, int32_t batch, const gk_convolution *l) {
    if (batch <= 0) return;
    correlation c = {.f = field_of(l), .out = l->out, .weights = l->weights, .bias = l->bias, .slope = l->slope,
                     .target = l->output};
    bool is_wide = l->out > 1;
    size_t reserved = is_wide ? 0 : ((size_t)c.f.kh * c.f.kw * c.f.in + 1) * 16;
    if (!correlate(pool, batch, &c, is_wide ? NULL : widened, &c, reserved)) gk_oracle_convolution_forward(batch, l);
}

// MARK: - Gradients

/// The kernel turned round, inputs and outputs exchanged: [kh][kw][out][in or 16].
static float *turned(float *scratch, void *given) {
    const gk_convolution *l = given;
    int32_t taps = l->kernel_height * l->kernel_width, columns = l->in == 1 ? 16 : l->in;
    size_t from = (size_t)l->in * l->out, to = (size_t)l->out * columns;
    if (l->in == 1) memset(scratch, 0, sizeof(float) * taps * to);
    for (int32_t t = 0; t < taps; t++)
        gk_layer_table()->gemm.transpose(l->in, l->out, l->weights + t * from, l->out, scratch + (taps - 1 - t) * to,
                                         columns);
    return scratch;
}

static bool data_gradient(gk_pool *pool, int32_t batch, const gk_convolution *l) {
    if (gk_convolution_scatters(l)) return gk_convolution_scatter(pool, batch, l);
    correlation c = {.out = l->in, .slope = 1, .target = l->input_gradient};
    c.f = (field){.height = l->out_height, .width = l->out_width, .in = l->out, .apart_h = l->stride_height,
                  .apart_w = l->stride_width, .kh = l->kernel_height, .kw = l->kernel_width, .stride_h = 1,
                  .stride_w = 1, .top = l->kernel_height - 1 - l->pad_top, .left = l->kernel_width - 1 - l->pad_left,
                  .out_h = l->height, .out_w = l->width, .source = l->output_gradient};
    size_t weights = (size_t)l->kernel_height * l->kernel_width * l->out * (l->in == 1 ? 16 : l->in);
    return correlate(pool, batch, &c, turned, (void *)l, weights);
}

typedef struct {
    const layer_kernels *kernels;
    const gk_convolution *layer;
    field f;
    int32_t batch, columns, blocks;
    bool gathered, direct;
    int32_t rows, padded; // output rows of a product, and columns of the padded copies
    size_t weights, worker_floats;
    float *partials, *sums, *scratch;
} weight_run;

/// Rows `first ..< first + rows` of the gradient in `columns` channels, rows `padded` apart with zeros between.
static void spread(const weight_run *r, int32_t image, int32_t first, int32_t rows, int32_t padded, float *to) {
    const gk_convolution *l = r->layer;
    int32_t width = l->out_width;
    const float *from = l->output_gradient + ((size_t)image * l->out_height + first) * width * l->out;
    for (int32_t y = 0; y < rows; y++, from += (size_t)width * l->out, to += (size_t)padded * r->columns) {
        if (l->out == 1) widen(width, from, to);
        else memcpy(to, from, sizeof(float) * width * l->out);
        memset(to + (size_t)width * r->columns, 0, sizeof(float) * (padded - width) * r->columns);
    }
}

/// Adds one stretch of an image's output rows to a block's weight gradient.
static void add_rows(const weight_run *r, int32_t image, int32_t first, int32_t rows, float *own, float *partial,
                     bool more) {
    const gk_convolution *l = r->layer;
    const field *f = &r->f;
    const gk_gemm *gemm = &r->kernels->gemm;
    int32_t stretch = f->kw * f->in, vectors = r->columns / 16;
    if (is_upright(f) && l->out > 1) {
        for (int32_t y = first; y < first + rows; y++)
            gemm->rows(f->kh, vectors, f->out_w,
                       f->source + ((size_t)image * f->height + y * f->stride_h) * f->width, f->width,
                       l->output_gradient + ((size_t)image * f->out_h + y) * f->out_w * l->out, r->columns, partial,
                       r->columns, more || y > first);
        return;
    }
    if (r->gathered) {
        int32_t depth = rows * f->out_w, taps = f->kh * stretch;
        int64_t begin = ((int64_t)image * f->out_h + first) * f->out_w;
        float *gradient = own + (size_t)r->rows * f->out_w * taps;
        gather(f, begin, begin + depth, own);
        if (l->out == 1) spread(r, image, first, rows, f->out_w, gradient);
        gemm->columns(taps, vectors, depth, own, taps,
                      l->out == 1 ? gradient : l->output_gradient + (size_t)begin * l->out, r->columns, partial,
                      r->columns, more);
        return;
    }
    const float *source = f->source + (size_t)image * f->height * f->width * f->in;
    int32_t input_rows = (rows - 1) * f->stride_h + f->kh;
    copy_padded(f, source, (int64_t)first * f->stride_h, input_rows, r->padded, own);
    float *gradient = own + (size_t)((r->rows - 1) * f->stride_h + f->kh) * r->padded * f->in;
    size_t line = (size_t)r->padded * f->in;
    if (f->stride_h == 1 && f->stride_w == 1) {
        // Rows follow one another in both copies, so that one product takes them all.
        spread(r, image, first, rows, r->padded, gradient);
        int32_t depth = (rows - 1) * r->padded + f->out_w;
        for (int32_t i = 0; i < f->kh; i++)
            gemm->columns(stretch, vectors, depth, own + i * line, f->in, gradient, r->columns,
                          partial + (size_t)i * stretch * r->columns, r->columns, more);
        return;
    }
    spread(r, image, first, rows, f->out_w, gradient);
    for (int32_t y = 0; y < rows; y++)
        for (int32_t i = 0; i < f->kh; i++)
            gemm->columns(stretch, vectors, f->out_w, own + (y * f->stride_h + i) * line,
                          (ptrdiff_t)f->stride_w * f->in, gradient + (size_t)y * f->out_w * r->columns, r->columns,
                          partial + (size_t)i * stretch * r->columns, r->columns, more || y > 0);
}

static void weight_item(void *context, int32_t item, int32_t worker) {
    const weight_run *r = context;
    const gk_convolution *l = r->layer;
    int32_t end = least(r->batch, (item + 1) * BLOCK);
    float *own = r->scratch + worker * r->worker_floats;
    bool more = false;
    size_t image = (size_t)l->out_height * l->out_width * l->out;
    for (int32_t n = item * BLOCK; n < end; n++) {
        for (int32_t y = 0; y < l->out_height; y += r->rows, more = true)
            add_rows(r, n, y, least(l->out_height - y, r->rows), own, r->partials + item * r->weights, more);
        if (!l->bias_gradient) continue;
        if (l->out > 1)
            r->kernels->gemm.sum_rows(l->out_height * l->out_width, l->out, l->output_gradient + n * image,
                                      r->sums + (size_t)n * r->columns);
        else {
            float sum = 0;
            for (size_t p = 0; p < image; p++) sum += l->output_gradient[n * image + p];
            r->sums[(size_t)n * r->columns] = sum;
        }
    }
}

static void sum_item(void *context, int32_t item, int32_t worker) {
    const weight_run *r = context;
    const gk_convolution *l = r->layer;
    size_t begin = (size_t)item * SUMS, end = begin + SUMS < r->weights ? begin + SUMS : r->weights;
    for (int32_t b = 1; b < r->blocks; b++)
        for (size_t i = begin; i < end; i++) r->partials[i] += r->partials[b * r->weights + i];
    if (l->out > 1) memcpy(l->weight_gradient + begin, r->partials + begin, sizeof(float) * (end - begin));
    else
        for (size_t i = begin; i < end; i += 16) l->weight_gradient[i / 16] = r->partials[i];
}

static bool weight_gradient(gk_pool *pool, int32_t batch, const gk_convolution *l) {
    weight_run r = {.kernels = gk_layer_table(), .layer = l, .f = field_of(l), .batch = batch,
                    .columns = l->out == 1 ? 16 : l->out, .blocks = ceiling(batch, BLOCK)};
    const field *f = &r.f;
    int32_t taps = f->kh * f->kw * f->in;
    r.weights = (size_t)taps * r.columns;
    r.gathered = is_gathered(f);
    r.padded = (f->out_w - 1) * f->stride_w + f->kw;
    r.rows = r.gathered ? least(ceiling(DEPTH, f->out_w), GATHERED / ((int64_t)f->out_w * taps))
                        : ceiling(DEPTH, r.padded);
    if (r.rows < 1) r.rows = 1;
    r.rows = least(r.rows, f->out_h);
    r.worker_floats =
        r.gathered ? (size_t)r.rows * f->out_w * (taps + 16)
                   : (size_t)((r.rows - 1) * f->stride_h + f->kh) * r.padded * f->in +
                         (size_t)r.rows * r.padded * r.columns;
    r.worker_floats = (r.worker_floats + 15) / 16 * 16;
    size_t partials = r.blocks * r.weights, sums = (size_t)batch * r.columns;
    r.partials = gk_pool_scratch(pool, sizeof(float) * (partials + sums + gk_pool_threads(pool) * r.worker_floats));
    if (!r.partials) return false;
    r.sums = r.partials + partials;
    r.scratch = r.sums + sums;
    gk_pool_run(pool, r.blocks, weight_item, &r);
    gk_pool_run(pool, ceiling(r.weights, SUMS), sum_item, &r);
    if (l->bias_gradient)
        for (int32_t o = 0; o < l->out; o++) {
            float sum = 0;
            for (int32_t n = 0; n < batch; n++) sum += r.sums[(size_t)n * r.columns + o];
            l->bias_gradient[o] = sum;
        }
    return true;
}

typedef struct {
    const gk_convolution *layer;
    int64_t count;
} leaky_run;

static void leaky_item(void *context, int32_t item, int32_t worker) {
    const leaky_run *r = context;
    int64_t begin = (int64_t)item * ITEM, count = r->count - begin < ITEM ? r->count - begin : ITEM;
    gk_layer_table()->leaky_gradient((count + 15) / 16 * 16, r->layer->slope, r->layer->output + begin,
                                     r->layer->output_gradient + begin);
}

void gk_convolution_backward(gk_pool *pool, int32_t batch, const gk_convolution *l) {
    if (batch <= 0) return;
    if (l->slope != 1) {
        leaky_run r = {l, (int64_t)batch * l->out_height * l->out_width * l->out};
        gk_pool_run(pool, ceiling(r.count, ITEM), leaky_item, &r);
    }
    bool done = weight_gradient(pool, batch, l);
    if (done && l->input_gradient) done = data_gradient(pool, batch, l);
    if (done) return;
    gk_convolution linear = *l; // the gradient is before the activation by now
    linear.slope = 1;
    gk_oracle_convolution_backward(batch, &linear);
}
