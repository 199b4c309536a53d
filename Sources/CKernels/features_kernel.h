// The feature kernel, compiled once an instruction set: the including file sets GK_SET(name) and its target pragma
// first. Complex numbers lie as [point][real, imaginary][lane], so that every operation is on whole vectors and no
// shuffle is needed within the transform.
#include "features_plan.h"
#include <math.h>
#include <string.h>

#define GK_INLINE static inline __attribute__((always_inline))

typedef double d8 __attribute__((vector_size(64)));
typedef float f8 __attribute__((vector_size(32)));
typedef float f8_unaligned __attribute__((vector_size(32), aligned(4)));
typedef int32_t i8 __attribute__((vector_size(32)));

typedef struct {
    d8 re, im;
} c8;

GK_INLINE c8 c_add(c8 a, c8 b) {
    return (c8){a.re + b.re, a.im + b.im};
}
GK_INLINE c8 c_sub(c8 a, c8 b) {
    return (c8){a.re - b.re, a.im - b.im};
}
GK_INLINE c8 c_times(c8 a, const double *w) {
    return (c8){a.re * w[0] - a.im * w[1], a.re * w[1] + a.im * w[0]};
}
/// a * -i
GK_INLINE c8 c_minus_i(c8 a) {
    return (c8){a.im, -a.re};
}
GK_INLINE c8 c_scaled(c8 a, double s) {
    return (c8){a.re * s, a.im * s};
}

GK_INLINE void butterfly2(c8 *a) {
    c8 sum = c_add(a[0], a[1]);
    a[1] = c_sub(a[0], a[1]);
    a[0] = sum;
}
GK_INLINE void butterfly3(c8 *a) {
    const double half_root3 = 0.86602540378443864676;
    c8 sum = c_add(a[1], a[2]), turn = c_scaled(c_minus_i(c_sub(a[1], a[2])), half_root3);
    c8 base = c_sub(a[0], c_scaled(sum, 0.5));
    a[0] = c_add(a[0], sum);
    a[1] = c_add(base, turn);
    a[2] = c_sub(base, turn);
}
GK_INLINE void butterfly4(c8 *a) {
    c8 even_sum = c_add(a[0], a[2]), even_difference = c_sub(a[0], a[2]);
    c8 odd_sum = c_add(a[1], a[3]), odd_turn = c_minus_i(c_sub(a[1], a[3]));
    a[0] = c_add(even_sum, odd_sum);
    a[1] = c_add(even_difference, odd_turn);
    a[2] = c_sub(even_sum, odd_sum);
    a[3] = c_sub(even_difference, odd_turn);
}
GK_INLINE void butterfly5(c8 *a) {
    const double c1 = 0.30901699437494742410, c2 = -0.80901699437494742410;
    const double s1 = 0.95105651629515357212, s2 = 0.58778525229247312917;
    c8 sum1 = c_add(a[1], a[4]), difference1 = c_minus_i(c_sub(a[1], a[4]));
    c8 sum2 = c_add(a[2], a[3]), difference2 = c_minus_i(c_sub(a[2], a[3]));
    c8 base1 = c_add(a[0], c_add(c_scaled(sum1, c1), c_scaled(sum2, c2)));
    c8 base2 = c_add(a[0], c_add(c_scaled(sum1, c2), c_scaled(sum2, c1)));
    c8 turn1 = c_add(c_scaled(difference1, s1), c_scaled(difference2, s2));
    c8 turn2 = c_sub(c_scaled(difference1, s2), c_scaled(difference2, s1));
    a[0] = c_add(a[0], c_add(sum1, sum2));
    a[1] = c_add(base1, turn1);
    a[2] = c_add(base2, turn2);
    a[3] = c_sub(base2, turn2);
    a[4] = c_sub(base1, turn1);
}
GK_INLINE void butterfly8(c8 *a) {
    const double root_half = 0.70710678118654752440;
    c8 even[4] = {a[0], a[2], a[4], a[6]}, odd[4] = {a[1], a[3], a[5], a[7]};
    butterfly4(even);
    butterfly4(odd);
    odd[1] = c_scaled(c_add(odd[1], c_minus_i(odd[1])), root_half);
    odd[2] = c_minus_i(odd[2]);
    odd[3] = c_scaled(c_sub(c_minus_i(odd[3]), odd[3]), root_half);
    for (int k = 0; k < 4; k++) {
        a[k] = c_add(even[k], odd[k]);
        a[k + 4] = c_sub(even[k], odd[k]);
    }
}

/// One pass of Stockham's transform, decimation in frequency: the result of butterfly j goes to places in order, so
/// that no reordering is left at the end.
#define GK_STAGE(R)                                                                                                    \
    static void stage##R(const gk_fft_stage *stage, const c8 *restrict from, c8 *restrict to) {                        \
        size_t stride = stage->stride, groups = stage->groups, step = stride * groups;                                 \
        for (size_t j = 0; j < groups; j++) {                                                                          \
            const double *w = stage->twiddles + j * (R - 1) * 2;                                                       \
            const c8 *in = from + stride * j;                                                                          \
            c8 *out = to + stride * R * j;                                                                             \
            for (size_t q = 0; q < stride; q++) {                                                                      \
                c8 a[R];                                                                                               \
                for (size_t r = 0; r < R; r++)                                                                         \
                    a[r] = in[q + step * r];                                                                           \
                butterfly##R(a);                                                                                       \
                out[q] = a[0];                                                                                         \
                for (size_t r = 1; r < R; r++)                                                                         \
                    out[q + stride * r] = c_times(a[r], w + (r - 1) * 2);                                              \
            }                                                                                                          \
        }                                                                                                              \
    }
GK_STAGE(2)
GK_STAGE(3)
GK_STAGE(4)
GK_STAGE(5)
GK_STAGE(8)

/// Any other radix by the definition: O(radix^2).
static void stage_any(const gk_fft_stage *stage, const c8 *restrict from, c8 *restrict to) {
    size_t radix = stage->radix, stride = stage->stride, groups = stage->groups, step = stride * groups;
    for (size_t j = 0; j < groups; j++)
        for (size_t q = 0; q < stride; q++)
            for (size_t k = 0; k < radix; k++) {
                c8 sum = from[q + stride * j];
                for (size_t r = 1; r < radix; r++)
                    sum = c_add(sum, c_times(from[q + stride * j + step * r], stage->roots + (r * k % radix) * 2));
                if (k)
                    sum = c_times(sum, stage->twiddles + (j * (radix - 1) + k - 1) * 2);
                to[q + stride * (radix * j + k)] = sum;
            }
}

/// Transforms `data`, with `other` as the second buffer; returns the one that holds the result.
static c8 *transform(const gk_fft *fft, c8 *data, c8 *other) {
    for (int32_t s = 0; s < fft->stage_count; s++) {
        const gk_fft_stage *stage = &fft->stages[s];
        switch (stage->radix) {
        case 2:
            stage2(stage, data, other);
            break;
        case 3:
            stage3(stage, data, other);
            break;
        case 4:
            stage4(stage, data, other);
            break;
        case 5:
            stage5(stage, data, other);
            break;
        case 8:
            stage8(stage, data, other);
            break;
        default:
            stage_any(stage, data, other);
        }
        c8 *swap = data;
        data = other;
        other = swap;
    }
    return data;
}

/// Bins k and points - k of the real transform of an even length, from the transform z of its halves
/// (even samples as real parts, odd ones as imaginary parts).
GK_INLINE void real_pair(const gk_fft *fft, const c8 *z, int32_t k, c8 *low, c8 *high) {
    c8 a = z[k], b = z[k ? fft->points - k : 0];
    c8 even = {(a.re + b.re) * 0.5, (a.im - b.im) * 0.5};
    c8 odd = {(a.im + b.im) * 0.5, (b.re - a.re) * 0.5};
    c8 turned = c_times(odd, fft->split + (size_t)k * 2);
    *low = c_add(even, turned);
    *high = c_sub(even, turned);
    high->im = -high->im;
}

void GK_SET(gk_real_fft)(const gk_fft *fft, double *input, double *scratch, double *real, double *imaginary) {
    d8 *re = (d8 *)real, *im = (d8 *)imaginary;
    if (fft->length % 2) {
        // One complex point a sample: spread the samples from the end.
        for (int32_t t = fft->length - 1; t >= 0; t--)
            ((c8 *)input)[t] = (c8){((d8 *)input)[t], (d8){0}};
    }
    c8 *z = transform(fft, (c8 *)input, (c8 *)scratch);
    if (fft->length % 2) {
        for (int32_t k = 0; k <= fft->length / 2; k++)
            re[k] = z[k].re, im[k] = z[k].im;
        return;
    }
    for (int32_t k = 0; k <= fft->points / 2; k++) {
        c8 low, high;
        real_pair(fft, z, k, &low, &high);
        re[k] = low.re, im[k] = low.im;
        re[fft->points - k] = high.re, im[fft->points - k] = high.im;
    }
}

/// Eight rows of eight floats become eight columns, by three rounds of a perfect shuffle.
GK_INLINE void transpose(f8 *v) {
    for (int round = 0; round < 3; round++) {
        f8 w[8];
        for (int i = 0; i < 4; i++) {
            w[2 * i] = __builtin_shufflevector(v[i], v[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
            w[2 * i + 1] = __builtin_shufflevector(v[i], v[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        for (int i = 0; i < 8; i++)
            v[i] = w[i];
    }
}

/// Windowed frames to [sample][lane]: lane l's frame starts at from[l * hop].
static void load_frames(const gk_features *plan, const float *from, d8 *to) {
    int32_t n = plan->shape.fft_length, t = plan->window_first & ~7, end = plan->window_end;
    size_t hop = plan->shape.hop;
    const double *window = plan->window;
    const d8 zero = {0};
    for (int32_t i = 0; i < t; i++)
        to[i] = zero;
    for (; t + 8 <= n && t < end; t += 8) {
        f8 v[8];
        for (size_t l = 0; l < 8; l++)
            v[l] = *(const f8_unaligned *)(from + l * hop + t);
        transpose(v);
        for (int32_t i = 0; i < 8; i++)
            to[t + i] = __builtin_convertvector(v[i], d8) * window[t + i];
    }
    for (; t < end; t++)
        for (size_t l = 0; l < 8; l++)
            to[t][l] = (double)from[l * hop + t] * window[t];
    for (; t < n; t++)
        to[t] = zero;
}

/// ln(x) for normal x above 0, within 1.5 units in the last place or 1e-7: x = m * 2^e with m in [sqrt(1/2), sqrt(2)),
/// ln m = 2 artanh((m - 1) / (m + 1)) by its series.
GK_INLINE void f8_log(f8 *x) {
    const int32_t root_half = 0x3f3504f3;
    i8 bits = (i8)*x - root_half;
    f8 exponent = __builtin_convertvector(bits >> 23, f8);
    f8 f = (f8)((bits & 0x7fffff) + root_half) - 1.0f;
    f8 s = f / (f + 2.0f), z = s * s;
    f8 series = z * (2.0f / 3 + z * (2.0f / 5 + z * (2.0f / 7 + z * (2.0f / 9 + z * (2.0f / 11)))));
    // ln 2 in two parts, so that the product with the exponent is exact in the first.
    *x = exponent * 0.693359375f + (f + (s * series - s * f - exponent * 2.12194440e-4f));
}

/// Powers of every bin, from the transform's result: calls STORE(bin, power).
#define GK_POWERS(STORE)                                                                                               \
    if (fft->length % 2) {                                                                                             \
        for (int32_t k = 0; k <= fft->length / 2; k++)                                                                 \
            STORE(k, z[k].re *z[k].re + z[k].im * z[k].im);                                                            \
    } else {                                                                                                           \
        for (int32_t k = 0; k <= fft->points / 2; k++) {                                                               \
            c8 low, high;                                                                                              \
            real_pair(fft, z, k, &low, &high);                                                                         \
            STORE(k, low.re *low.re + low.im * low.im);                                                                \
            STORE(fft->points - k, high.re * high.re + high.im * high.im);                                             \
        }                                                                                                              \
    }

static void mel_single(const gk_features *plan, const c8 *z, f8 *bins, f8 *result) {
    const gk_fft *fft = &plan->fft;
#define GK_STORE(k, value) bins[k] = __builtin_convertvector(value, f8)
    GK_POWERS(GK_STORE)
#undef GK_STORE
    int32_t count = fft->length / 2 + 1;
    if (!plan->shape.power)
        for (int32_t k = 0; k < count; k++)
            bins[k] = __builtin_elementwise_sqrt(bins[k]);
    float log_floor = (float)plan->shape.log_floor;
    for (int32_t m = 0; m < plan->shape.mels; m++) {
        gk_mel_row row = plan->rows[m];
        const float *w = plan->single_weights + row.at;
        f8 even = {0}, odd = {0};
        int32_t i = 0;
        for (; i + 2 <= row.count; i += 2) {
            even += bins[row.first + i] * w[i];
            odd += bins[row.first + i + 1] * w[i + 1];
        }
        if (i < row.count)
            even += bins[row.first + i] * w[i];
        result[m] = even + odd + log_floor;
        f8_log(&result[m]);
    }
}

static void mel_double(const gk_features *plan, const c8 *z, d8 *bins, f8 *result) {
    const gk_fft *fft = &plan->fft;
#define GK_STORE(k, value) bins[k] = value
    GK_POWERS(GK_STORE)
#undef GK_STORE
    int32_t count = fft->length / 2 + 1;
    if (!plan->shape.power)
        for (int32_t k = 0; k < count; k++)
            bins[k] = __builtin_elementwise_sqrt(bins[k]);
    for (int32_t m = 0; m < plan->shape.mels; m++) {
        gk_mel_row row = plan->rows[m];
        const double *w = plan->weights + row.at;
        d8 sum = {0};
        for (int32_t i = 0; i < row.count; i++)
            sum += bins[row.first + i] * w[i];
        for (int l = 0; l < 8; l++)
            result[m][l] = (float)log(sum[l] + plan->shape.log_floor);
    }
}

void GK_SET(gk_features_run)(const gk_features *plan, const float *samples, int64_t count, int64_t first,
                             int64_t columns, float *output, int64_t row_stride, void *scratch) {
    int32_t n = plan->shape.fft_length, hop = plan->shape.hop;
    size_t half = gk_fft_buffer_bytes(&plan->fft) / 2;
    c8 *data = scratch, *other = (c8 *)((char *)scratch + half);
    d8 *bins = (d8 *)((char *)other + half);
    f8 *result = (f8 *)(bins + n / 2 + 1);
    float *edge = (float *)(result + plan->shape.mels);
    int64_t span = (int64_t)7 * hop + n;
    for (int64_t c = 0; c < columns; c += 8) {
        int64_t start = (first + c) * hop - n / 2;
        int64_t lanes = columns - c < 8 ? columns - c : 8;
        const float *from = edge;
        if (start >= 0 && start + span <= count) {
            from = samples + start;
        } else {
            int64_t skip = start < 0 ? -start : 0, end = count - start;
            if (skip > span)
                skip = span;
            if (end > span)
                end = span;
            if (end < skip)
                end = skip;
            memset(edge, 0, skip * sizeof(float));
            if (end > skip)
                memcpy(edge + skip, samples + (start + skip), (end - skip) * sizeof(float));
            memset(edge + end, 0, (span - end) * sizeof(float));
        }
        load_frames(plan, from, (d8 *)data);
        if (n % 2)
            for (int32_t t = n - 1; t >= 0; t--)
                data[t] = (c8){((d8 *)data)[t], (d8){0}};
        c8 *z = transform(&plan->fft, data, other);
        if (plan->shape.single)
            mel_single(plan, z, (f8 *)bins, result);
        else
            mel_double(plan, z, bins, result);
        for (int32_t m = 0; m < plan->shape.mels; m++) {
            float *to = output + m * row_stride + c;
            if (lanes == 8)
                *(f8_unaligned *)to = result[m];
            else
                memcpy(to, &result[m], lanes * sizeof(float));
        }
    }
}
