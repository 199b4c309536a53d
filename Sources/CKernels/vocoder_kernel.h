// The vocoder's kernels (gk_vocoder.h), compiled once an instruction set: the including file sets GK_SET(name) and its
// target pragma first. Transforms lie as [sample or bin][lane], a frame a lane; spectra as rows of bins, so that the
// recurrence over frames is on whole vectors. The inverse transform is the forward one of the Hartley spectrum
// (Bracewell 1983): h[k] = Re Y[k] - Im Y[k] over all k, then y[t] = (Re H[t] - Im H[t]) / n.
#include "vocoder_plan.h"
#include <float.h>
#include <string.h>

#define GK_INLINE static inline __attribute__((always_inline))

typedef double d8 __attribute__((vector_size(64)));
typedef int64_t l8 __attribute__((vector_size(64)));

enum { LANES = GK_VOCODER_LANES };

typedef struct {
    double *acc;    // [2][row]: the phase that the next frame has
    double *frame;  // [2][row]: the frame in hand
    double *data;   // [length][LANES], and room for the transform
    double *re, *im; // [bins][LANES]
    double *sum, *norm;
} memory;

GK_INLINE memory lay_out(const gk_vocoder *plan, void *scratch, int64_t wanted) {
    memory m = {.acc = scratch};
    m.frame = m.acc + 2 * plan->row;
    m.data = m.frame + 2 * plan->row;
    m.re = m.data + gk_fft_buffer_bytes(&plan->fft) / sizeof(double);
    m.im = m.re + (size_t)plan->bins * LANES;
    m.sum = m.im + (size_t)plan->bins * LANES;
    m.norm = m.sum + wanted;
    return m;
}

/// `data` holds LANES signals and is spoilt.
GK_INLINE void transform_lanes(const gk_vocoder *plan, const memory *m) {
    double *other = m->data + gk_fft_buffer_bytes(&plan->fft) / sizeof(double) / 2;
    GK_SET(gk_real_fft)(&plan->fft, m->data, other, m->re, m->im);
}

static void polar(const gk_vocoder *plan, double *spectrum, int64_t frames) {
    const d8 zero = {0}, one = {1, 1, 1, 1, 1, 1, 1, 1};
    for (int64_t f = 0; f < frames + 2; f++) {
        double *row = spectrum + (size_t)f * 3 * plan->row;
        for (size_t k = 0; k < plan->row; k += 8) {
            d8 *magnitude = (d8 *)(row + k), *re = (d8 *)(row + plan->row + k), *im = (d8 *)(row + 2 * plan->row + k);
            d8 size = __builtin_elementwise_sqrt(*re * *re + *im * *im);
            l8 sounds = size > zero;
            d8 inverse = one / (d8)(((l8)size & sounds) | ((l8)one & ~sounds));
            *magnitude = size;
            *re = (d8)(((l8)(*re * inverse) & sounds) | ((l8)one & ~sounds)); // silence has phase 0
            *im = (d8)((l8)(*im * inverse) & sounds);
        }
    }
}

static void analyse(const gk_vocoder *plan, const float *samples, int64_t count, double *spectrum, void *scratch) {
    memory m = lay_out(plan, scratch, 0);
    int64_t frames = gk_vocoder_frames(plan, count);
    size_t row = plan->row;
    memset(spectrum, 0, gk_vocoder_spectrum_count(plan, frames) * sizeof(double));
    for (int64_t f = 0; f < frames; f += LANES) {
        for (int l = 0; l < LANES; l++) {
            int64_t start = (f + l) * plan->hop - plan->length / 2;
            for (int32_t t = 0; t < plan->length; t++) {
                int64_t at = start + t;
                m.data[(size_t)t * LANES + l] = at < 0 || at >= count ? 0 : samples[at] * plan->window[t];
            }
        }
        transform_lanes(plan, &m);
        for (int l = 0; l < LANES && f + l < frames; l++) {
            double *to = spectrum + ((size_t)(f + l) * 3 + 1) * row;
            for (int32_t k = 0; k < plan->bins; k++) {
                to[k] = m.re[(size_t)k * LANES + l];
                to[row + k] = m.im[(size_t)k * LANES + l];
            }
        }
    }
    polar(plan, spectrum, frames);
}

/// The phase of the first frame.
GK_INLINE void begin(const gk_vocoder *plan, const double *spectrum, double *acc) {
    memcpy(acc, spectrum + plan->row, 2 * plan->row * sizeof(double));
}

/// Frame t of the result to `to` [2][row]; the phase goes on to the next.
GK_INLINE void next_frame(const gk_vocoder *plan, const double *spectrum, int64_t t, double rate, double *acc,
                          double *to) {
    double step = (double)t * rate;
    int64_t f = (int64_t)step;
    double later = step - (double)f, earlier = 1 - later;
    size_t row = plan->row;
    const double *from = spectrum + (size_t)f * 3 * row, *after = from + 3 * row;
    for (size_t k = 0; k < row; k += 8) {
        d8 size = *(const d8 *)(from + k) * earlier + *(const d8 *)(after + k) * later;
        d8 re = *(d8 *)(acc + k), im = *(d8 *)(acc + row + k);
        *(d8 *)(to + k) = size * re;
        *(d8 *)(to + row + k) = size * im;
        d8 a = *(const d8 *)(from + row + k), b = *(const d8 *)(from + 2 * row + k);
        d8 c = *(const d8 *)(after + row + k), d = *(const d8 *)(after + 2 * row + k);
        d8 turn_re = c * a + d * b, turn_im = d * a - c * b;
        *(d8 *)(acc + k) = re * turn_re - im * turn_im;
        *(d8 *)(acc + row + k) = re * turn_im + im * turn_re;
    }
}

static void turn(const gk_vocoder *plan, const double *spectrum, int64_t frames, double rate, double *stretched,
                 void *scratch) {
    double *acc = scratch;
    begin(plan, spectrum, acc);
    for (int64_t t = 0; t < gk_vocoder_stretched_frames(frames, rate); t++)
        next_frame(plan, spectrum, t, rate, acc, stretched + (size_t)t * 2 * plan->row);
}

/// Adds lane l of the transform of a Hartley spectrum, windowed, where its frame lies.
GK_INLINE void overlap(const gk_vocoder *plan, const memory *m, int l, int64_t start, int64_t wanted) {
    const double scale = 1.0 / plan->length, *window = plan->window;
    int32_t n = plan->length;
    for (int32_t t = 0; t < n; t++) {
        int64_t at = start + t;
        if (at < 0 || at >= wanted)
            continue;
        size_t place = (size_t)(t < plan->bins ? t : n - t) * LANES + l;
        double value = t < plan->bins ? m->re[place] - m->im[place] : m->re[place] + m->im[place];
        m->sum[at] += value * scale * window[t];
        m->norm[at] += window[t] * window[t];
    }
}

static void synthesise(const gk_vocoder *plan, const double *spectrum, int64_t frames, double rate, float *output,
                       int64_t wanted, void *scratch) {
    memory m = lay_out(plan, scratch, wanted);
    size_t row = plan->row;
    int32_t n = plan->length, last = plan->bins - 1;
    int64_t count = gk_vocoder_stretched_frames(frames, rate);
    memset(m.sum, 0, 2 * (size_t)wanted * sizeof(double));
    begin(plan, spectrum, m.acc);
    for (int64_t t = 0; t < count && t * plan->hop - n / 2 < wanted; t += LANES) {
        int64_t lanes = count - t < LANES ? count - t : LANES;
        if (lanes < LANES)
            memset(m.data, 0, (size_t)n * LANES * sizeof(double));
        for (int64_t l = 0; l < lanes; l++) {
            next_frame(plan, spectrum, t + l, rate, m.acc, m.frame);
            // The first bin is real, and so is the last of an even length.
            double *to = m.data + l;
            to[0] = m.frame[0];
            for (int32_t k = 1; k <= last; k++) {
                double re = m.frame[k], im = 2 * k == n ? 0 : m.frame[row + k];
                to[(size_t)(n - k) * LANES] = re + im;
                to[(size_t)k * LANES] = re - im;
            }
        }
        transform_lanes(plan, &m);
        for (int64_t l = 0; l < lanes; l++)
            overlap(plan, &m, (int)l, (t + l) * plan->hop - n / 2, wanted);
    }
    for (int64_t i = 0; i < wanted; i++)
        output[i] = (float)(m.norm[i] > DBL_MIN ? m.sum[i] / m.norm[i] : m.sum[i]);
}

const gk_vocoder_kernels GK_SET(gk_vocoder_kernels) = {analyse, synthesise, polar, turn};
