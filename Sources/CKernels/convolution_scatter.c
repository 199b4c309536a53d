// The data gradient of a convolution by scattering: each output place gives its gradient to the places of the input that
// its window covers. No zeros are multiplied, whatever the stride, and one channel of input fills whole vectors:
//
//     one channel    P[tap, x] = sum over o of w[tap, o] g[x, o] for a stretch of a row, one product; then
//                    dx[y sh + i - top, x sw + j - left] += P[(i, j), x], tap by tap
//     many           dx[y sh + i - top, x sw + j - left] += g[x] x transposed w[i, j]: a product a row and tap
//
// An image is one item, and its sums run in a fixed order. Cost: as the forward pass.
#include "convolution.h"
#include "layers.h"
#include "pool_scratch.h"
#include <string.h>

enum { STRETCH = 64 }; // places of a row that are worked on together

typedef struct {
    const layer_kernels *kernels;
    const gk_convolution *layer;
    size_t worker_floats;
    float *turned; // [taps][out][in]
    float *scratch;
} scatter_run;

/// Output columns begin ..< end whose window's column j lies on the input.
static void covered(const gk_convolution *l, int32_t j, int32_t *begin, int32_t *end) {
    int32_t shift = l->pad_left - j, last = l->width - 1 + shift;
    *begin = shift > 0 ? (shift + l->stride_width - 1) / l->stride_width : 0;
    *end = last < 0 ? 0 : last / l->stride_width + 1;
    if (*end > l->out_width) *end = l->out_width;
}

static void scatter_one_channel(const scatter_run *r, const float *gradient, int32_t y, float *image, float *own) {
    const gk_convolution *l = r->layer;
    const gk_gemm *gemm = &r->kernels->gemm;
    int32_t taps = l->kernel_height * l->kernel_width;
    float *turned = own, *products = own + (size_t)l->out * STRETCH;
    for (int32_t from = 0; from < l->out_width; from += STRETCH) {
        int32_t count = l->out_width - from < STRETCH ? l->out_width - from : STRETCH, wide = (count + 15) / 16 * 16;
        if (wide > count) memset(turned, 0, sizeof(float) * l->out * STRETCH);
        gemm->transpose(count, l->out, gradient + (size_t)from * l->out, l->out, turned, STRETCH);
        gemm->rows(taps, wide / 16, l->out, l->weights, l->out, turned, STRETCH, products, STRETCH, false);
        for (int32_t i = 0; i < l->kernel_height; i++) {
            int32_t row = y * l->stride_height + i - l->pad_top;
            if (row < 0 || row >= l->height) continue;
            for (int32_t j = 0; j < l->kernel_width; j++) {
                int32_t begin, end;
                covered(l, j, &begin, &end);
                if (begin < from) begin = from;
                if (end > from + count) end = from + count;
                if (end <= begin) continue;
                const float *product = products + (size_t)(i * l->kernel_width + j) * STRETCH - from;
                float *to = image + (size_t)row * l->width + j - l->pad_left;
                if (l->stride_width == 1)
                    r->kernels->add(end - begin, product + begin, to + begin);
                else
                    for (int32_t x = begin; x < end; x++) to[(ptrdiff_t)x * l->stride_width] += product[x];
            }
        }
    }
}

static void scatter_channels(const scatter_run *r, const float *gradient, int32_t y, float *image) {
    const gk_convolution *l = r->layer;
    for (int32_t i = 0; i < l->kernel_height; i++) {
        int32_t row = y * l->stride_height + i - l->pad_top;
        if (row < 0 || row >= l->height) continue;
        for (int32_t j = 0; j < l->kernel_width; j++) {
            int32_t begin, end;
            covered(l, j, &begin, &end);
            if (end <= begin) continue;
            ptrdiff_t column = (ptrdiff_t)begin * l->stride_width + j - l->pad_left;
            r->kernels->gemm.rows(end - begin, l->in / 16, l->out, gradient + (size_t)begin * l->out, l->out,
                                  r->turned + (size_t)(i * l->kernel_width + j) * l->out * l->in, l->in,
                                  image + ((size_t)row * l->width + column) * l->in,
                                  (ptrdiff_t)l->stride_width * l->in, true);
        }
    }
}

static void scatter_item(void *context, int32_t n, int32_t worker) {
    const scatter_run *r = context;
    const gk_convolution *l = r->layer;
    size_t size = (size_t)l->height * l->width * l->in;
    float *image = l->input_gradient + n * size;
    memset(image, 0, sizeof(float) * size);
    for (int32_t y = 0; y < l->out_height; y++) {
        const float *gradient = l->output_gradient + ((size_t)n * l->out_height + y) * l->out_width * l->out;
        if (l->in == 1) scatter_one_channel(r, gradient, y, image, r->scratch + worker * r->worker_floats);
        else scatter_channels(r, gradient, y, image);
    }
}

bool gk_convolution_scatters(const gk_convolution *l) {
    return l->out > 1 && (l->in == 1 || l->stride_height > 1 || l->stride_width > 1);
}

bool gk_convolution_scatter(gk_pool *pool, int32_t batch, const gk_convolution *l) {
    scatter_run r = {.kernels = gk_layer_table(), .layer = l};
    int32_t taps = l->kernel_height * l->kernel_width;
    size_t turned = l->in == 1 ? 0 : (size_t)taps * l->out * l->in;
    if (l->in == 1) r.worker_floats = (size_t)STRETCH * (l->out + taps);
    r.turned = gk_pool_scratch(pool, sizeof(float) * (turned + gk_pool_threads(pool) * r.worker_floats + 16));
    if (!r.turned) return false;
    r.scratch = r.turned + turned;
    for (int32_t t = 0; turned && t < taps; t++) {
        size_t at = (size_t)t * l->in * l->out;
        r.kernels->gemm.transpose(l->in, l->out, l->weights + at, l->out, r.turned + at, l->in);
    }
    gk_pool_run(pool, batch, scatter_item, &r);
    return true;
}
