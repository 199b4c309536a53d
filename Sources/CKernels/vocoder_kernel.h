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
typedef float f8_unaligned __attribute__((vector_size(32), aligned(4)));
typedef double d8_unaligned __attribute__((vector_size(64), aligned(8)));

enum { LANES = GK_VOCODER_LANES };

typedef struct {
    double *acc;     // [2][row]: the phase that the next frame has
    double *frame;   // [2][row]: the frame in hand
    double *hartley; // [LANES][2][row]: of each frame Re + Im and Re - Im
    double *data;    // [length][LANES]
    void *transform; // its scratch memory
    double *re, *im; // [bins][LANES]
    double *window;  // [length], by the length
    double *sum, *norm; // [wanted + 2 length]: sample i at i + length / 2
    float *span;     // [7 hop + length]: the samples of LANES frames, fewer bytes than `hartley` has
} memory;

GK_INLINE memory lay_out(const gk_vocoder *plan, void *scratch, int64_t wanted) {
    size_t row = plan->row, n = plan->length, lanes = (size_t)plan->bins * LANES;
    memory m = {.acc = scratch};
    m.frame = m.acc + 2 * row;
    m.hartley = m.frame + 2 * row;
    m.data = m.hartley + 2 * LANES * row;
    m.transform = m.data + n * LANES;
    m.re = m.data + n * LANES + gk_fft_buffer_bytes(&plan->fft) / sizeof(double);
    m.im = m.re + lanes;
    m.window = m.im + lanes;
    m.sum = m.window + n;
    m.norm = m.sum + wanted + 2 * n;
    m.span = (float *)m.hartley; // never at the same time
    return m;
}

/// Eight rows become eight columns, by three rounds of a perfect shuffle.
GK_INLINE void transpose(d8 *v) {
    for (int round = 0; round < 3; round++) {
        d8 w[8];
        for (int i = 0; i < 4; i++) {
            w[2 * i] = __builtin_shufflevector(v[i], v[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
            w[2 * i + 1] = __builtin_shufflevector(v[i], v[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        for (int i = 0; i < 8; i++)
            v[i] = w[i];
    }
}

/// `data` holds LANES signals.
GK_INLINE void transform_lanes(const gk_vocoder *plan, const memory *m) {
    GK_SET(gk_real_fft)(&plan->fft, m->data, m->re, m->im, m->transform);
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

/// Windowed frames to data [sample][lane]: lane l's starts at from[l hop].
static void load_frames(const gk_vocoder *plan, const float *from, double *data) {
    int32_t t = 0;
    for (; t + 8 <= plan->length; t += 8) {
        d8 v[8];
        for (size_t l = 0; l < 8; l++)
            v[l] = __builtin_convertvector(*(const f8_unaligned *)(from + l * plan->hop + t), d8);
        transpose(v);
        for (int32_t i = 0; i < 8; i++)
            *(d8 *)(data + (size_t)(t + i) * LANES) = v[i] * plan->window[t + i];
    }
    for (; t < plan->length; t++)
        for (size_t l = 0; l < LANES; l++)
            data[(size_t)t * LANES + l] = from[l * plan->hop + t] * plan->window[t];
}

/// [bin][lane] to rows of bins, `stride` doubles apart.
static void store_rows(const gk_vocoder *plan, const double *from, int64_t lanes, double *to, size_t stride) {
    int32_t k = 0;
    for (; k + 8 <= plan->bins; k += 8) {
        d8 v[8];
        for (int i = 0; i < 8; i++)
            v[i] = *(const d8 *)(from + (size_t)(k + i) * LANES);
        transpose(v);
        for (int64_t l = 0; l < lanes; l++)
            *(d8 *)(to + (size_t)l * stride + k) = v[l];
    }
    for (; k < plan->bins; k++)
        for (int64_t l = 0; l < lanes; l++)
            to[(size_t)l * stride + k] = from[(size_t)k * LANES + l];
}

static void analyse(const gk_vocoder *plan, const float *samples, int64_t count, double *spectrum, void *scratch) {
    memory m = lay_out(plan, scratch, 0);
    int64_t frames = gk_vocoder_frames(plan, count), span = (int64_t)7 * plan->hop + plan->length;
    size_t row = plan->row;
    memset(spectrum, 0, gk_vocoder_spectrum_count(plan, frames) * sizeof(double));
    for (int64_t f = 0; f < frames; f += LANES) {
        int64_t start = f * plan->hop - plan->length / 2, lanes = frames - f < LANES ? frames - f : LANES;
        const float *from;
        if (start >= 0 && start + span <= count) {
            from = samples + start;
        } else {
            int64_t first = start < 0 ? -start : 0, end = count - start < span ? count - start : span;
            memset(m.span, 0, span * sizeof(float));
            if (end > first)
                memcpy(m.span + first, samples + (start + first), (end - first) * sizeof(float));
            from = m.span;
        }
        load_frames(plan, from, m.data);
        transform_lanes(plan, &m);
        double *to = spectrum + ((size_t)f * 3 + 1) * row;
        store_rows(plan, m.re, lanes, to, 3 * row);
        store_rows(plan, m.im, lanes, to + row, 3 * row);
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

/// The frames' Hartley spectra to data [k][lane].
static void load_spectra(const gk_vocoder *plan, const memory *m) {
    const int32_t n = plan->length, last = (n - 1) / 2; // the last bin that is not its own mirror image
    const size_t row = plan->row;
    for (int32_t k = 0; k < plan->bins; k += 8) { // rows are padded to whole vectors
        d8 plus[8], minus[8];
        for (size_t l = 0; l < 8; l++) {
            plus[l] = *(const d8 *)(m->hartley + 2 * l * row + k);
            minus[l] = *(const d8 *)(m->hartley + (2 * l + 1) * row + k);
        }
        transpose(plus);
        transpose(minus);
        for (int32_t i = 0; i < 8 && k + i < plan->bins; i++) {
            *(d8 *)(m->data + (size_t)(k + i) * LANES) = minus[i];
            if (k + i > 0 && k + i <= last)
                *(d8 *)(m->data + (size_t)(n - k - i) * LANES) = plus[i];
        }
    }
}

/// A frame's real and imaginary parts, [2][row], as their sum and difference, [2][row].
static void to_hartley(const gk_vocoder *plan, double *frame, double *to) {
    size_t row = plan->row;
    frame[row] = 0; // the first bin is real, and so is the last of an even length
    if (plan->length % 2 == 0)
        frame[row + plan->length / 2] = 0;
    for (size_t k = 0; k < row; k += 8) {
        d8 re = *(const d8 *)(frame + k), im = *(const d8 *)(frame + row + k);
        *(d8 *)(to + k) = re + im;
        *(d8 *)(to + row + k) = re - im;
    }
}

/// Adds the first `lanes` transforms of Hartley spectra, windowed, where their frames lie; the first frame's at `start`.
static void overlap(const gk_vocoder *plan, const memory *m, int64_t start, int64_t lanes) {
    int32_t n = plan->length, t = 0;
    for (; t + 8 <= n; t += 8) {
        d8 v[8];
        for (int32_t i = t; i < t + 8; i++) {
            size_t place = (size_t)(i < plan->bins ? i : n - i) * LANES;
            d8 re = *(const d8 *)(m->re + place), im = *(const d8 *)(m->im + place);
            v[i - t] = i < plan->bins ? re - im : re + im;
        }
        transpose(v);
        d8 scaled = *(const d8_unaligned *)(m->window + t), window = *(const d8_unaligned *)(plan->window + t);
        for (int64_t l = 0; l < lanes; l++) {
            int64_t at = start + l * plan->hop + t;
            *(d8_unaligned *)(m->sum + at) += v[l] * scaled;
            *(d8_unaligned *)(m->norm + at) += window * window;
        }
    }
    for (; t < n; t++)
        for (int64_t l = 0; l < lanes; l++) {
            size_t place = (size_t)(t < plan->bins ? t : n - t) * LANES + l;
            double value = t < plan->bins ? m->re[place] - m->im[place] : m->re[place] + m->im[place];
            m->sum[start + l * plan->hop + t] += value * m->window[t];
            m->norm[start + l * plan->hop + t] += plan->window[t] * plan->window[t];
        }
}

static void synthesise(const gk_vocoder *plan, const double *spectrum, int64_t frames, double rate, float *output,
                       int64_t wanted, void *scratch) {
    memory m = lay_out(plan, scratch, wanted);
    size_t row = plan->row;
    int32_t n = plan->length;
    // Frames that reach what is wanted: t hop - n / 2 < wanted.
    int64_t reaching = (wanted + n / 2 + plan->hop - 1) / plan->hop;
    int64_t count = gk_vocoder_stretched_frames(frames, rate);
    if (count > reaching)
        count = reaching;
    for (int32_t t = 0; t < n; t++)
        m.window[t] = plan->window[t] / n;
    memset(m.sum, 0, 2 * (size_t)(wanted + 2 * n) * sizeof(double));
    begin(plan, spectrum, m.acc);
    for (int64_t t = 0; t < count; t += LANES) {
        int64_t lanes = count - t < LANES ? count - t : LANES;
        for (int64_t l = 0; l < lanes; l++) {
            next_frame(plan, spectrum, t + l, rate, m.acc, m.frame);
            to_hartley(plan, m.frame, m.hartley + 2 * (size_t)l * row);
        }
        memset(m.hartley + 2 * (size_t)lanes * row, 0, 2 * (size_t)(LANES - lanes) * row * sizeof(double));
        load_spectra(plan, &m);
        transform_lanes(plan, &m);
        overlap(plan, &m, t * plan->hop, lanes);
    }
    const double *sum = m.sum + n / 2, *norm = m.norm + n / 2;
    for (int64_t i = 0; i < wanted; i++)
        output[i] = (float)(norm[i] > DBL_MIN ? sum[i] / norm[i] : sum[i]);
}

const gk_vocoder_kernels GK_SET(gk_vocoder_kernels) = {analyse, synthesise, polar, turn};
