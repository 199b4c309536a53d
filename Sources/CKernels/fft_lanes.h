// Real Fourier transforms of sixteen signals at once, one a lane. Include after lanes.h in a file of one instruction
// set.
//
//     complex, size M:  Z[k] = sum over n of z[n] exp(+2 pi i n k / M)         (not normalised)
//
// Stockham's self-sorting scheme: a stage of radix R over n points with stride s reads x[q + s (p + n/R r)], r < R, and
// writes y[q + s (R p + k)] = exp(2 pi i p k / n) DFT_R(k); then n /= R and s *= R. Two real values make one complex:
// z[n] = x[2n] + i x[2n+1], and the halves are parted by symmetry (Sorensen, Jones, Heideman & Burrus 1987). The
// direction of the forward transform comes from swapping real and imaginary parts on the way in and out.
//
// Cost: about 12 vector operations a real value at N = 96, all in the first-level cache (N * 128 bytes of scratch).
#pragma once
#include "blocks_fourier_fft.h"
#include "lanes.h"

typedef struct {
    v16 r, i;
} c16;

GK_INLINE c16 c16_add(c16 a, c16 b) {
    return (c16){a.r + b.r, a.i + b.i};
}
GK_INLINE c16 c16_subtract(c16 a, c16 b) {
    return (c16){a.r - b.r, a.i - b.i};
}
GK_INLINE c16 c16_times_i(c16 a) {
    return (c16){-a.i, a.r};
}
GK_INLINE c16 c16_conjugate(c16 a) {
    return (c16){a.r, -a.i};
}
GK_INLINE c16 c16_scale(c16 a, float factor) {
    return (c16){a.r * v16_all(factor), a.i * v16_all(factor)};
}
/// a (cosine + i sine)
GK_INLINE c16 c16_turn(c16 a, float cosine, float sine) {
    v16 c = v16_all(cosine), s = v16_all(sine);
    return (c16){v16_fnma(a.i, s, a.r * c), v16_fma(a.r, s, a.i * c)};
}
/// a + factor b
GK_INLINE c16 c16_accumulate(c16 a, c16 b, float factor) {
    v16 f = v16_all(factor);
    return (c16){v16_fma(b.r, f, a.r), v16_fma(b.i, f, a.i)};
}

// Butterflies, in place: DFT of 2, 3, 4, 5, 6 or 8 points with the sign of exp(+i).

GK_INLINE void fft_2(c16 *a0, c16 *a1) {
    c16 sum = c16_add(*a0, *a1);
    *a1 = c16_subtract(*a0, *a1);
    *a0 = sum;
}

GK_INLINE void fft_3(c16 *a0, c16 *a1, c16 *a2) {
    c16 sum = c16_add(*a1, *a2);
    c16 turned = c16_times_i(c16_scale(c16_subtract(*a1, *a2), 0.866025403784f));
    c16 middle = c16_accumulate(*a0, sum, -0.5f);
    *a0 = c16_add(*a0, sum);
    *a1 = c16_add(middle, turned);
    *a2 = c16_subtract(middle, turned);
}

GK_INLINE void fft_4(c16 *a0, c16 *a1, c16 *a2, c16 *a3) {
    c16 even = c16_add(*a0, *a2), even_difference = c16_subtract(*a0, *a2);
    c16 odd = c16_add(*a1, *a3), odd_difference = c16_times_i(c16_subtract(*a1, *a3));
    *a0 = c16_add(even, odd);
    *a1 = c16_add(even_difference, odd_difference);
    *a2 = c16_subtract(even, odd);
    *a3 = c16_subtract(even_difference, odd_difference);
}

GK_INLINE void fft_5(c16 *a) {
    const float cos1 = 0.309016994375f, cos2 = -0.809016994375f, sin1 = 0.951056516295f, sin2 = 0.587785252292f;
    c16 sum1 = c16_add(a[1], a[4]), sum2 = c16_add(a[2], a[3]);
    c16 difference1 = c16_subtract(a[1], a[4]), difference2 = c16_subtract(a[2], a[3]);
    c16 middle1 = c16_accumulate(c16_accumulate(a[0], sum1, cos1), sum2, cos2);
    c16 middle2 = c16_accumulate(c16_accumulate(a[0], sum1, cos2), sum2, cos1);
    c16 turned1 = c16_times_i(c16_accumulate(c16_scale(difference1, sin1), difference2, sin2));
    c16 turned2 = c16_times_i(c16_accumulate(c16_scale(difference1, sin2), difference2, -sin1));
    a[0] = c16_add(a[0], c16_add(sum1, sum2));
    a[1] = c16_add(middle1, turned1);
    a[2] = c16_add(middle2, turned2);
    a[3] = c16_subtract(middle2, turned2);
    a[4] = c16_subtract(middle1, turned1);
}

GK_INLINE void fft_6(c16 *a) {
    c16 even[3] = {a[0], a[2], a[4]}, odd[3] = {a[1], a[3], a[5]};
    fft_3(&even[0], &even[1], &even[2]);
    fft_3(&odd[0], &odd[1], &odd[2]);
    odd[1] = c16_turn(odd[1], 0.5f, 0.866025403784f);
    odd[2] = c16_turn(odd[2], -0.5f, 0.866025403784f);
    for (int k = 0; k < 3; k++) {
        a[k] = c16_add(even[k], odd[k]);
        a[k + 3] = c16_subtract(even[k], odd[k]);
    }
}

GK_INLINE void fft_8(c16 *a) {
    const float root = 0.707106781187f;
    c16 even[4] = {a[0], a[2], a[4], a[6]}, odd[4] = {a[1], a[3], a[5], a[7]};
    fft_4(&even[0], &even[1], &even[2], &even[3]);
    fft_4(&odd[0], &odd[1], &odd[2], &odd[3]);
    odd[1] = (c16){(odd[1].r - odd[1].i) * v16_all(root), (odd[1].r + odd[1].i) * v16_all(root)};
    odd[2] = c16_times_i(odd[2]);
    odd[3] = (c16){(odd[3].r + odd[3].i) * v16_all(-root), (odd[3].r - odd[3].i) * v16_all(root)};
    for (int k = 0; k < 4; k++) {
        a[k] = c16_add(even[k], odd[k]);
        a[k + 4] = c16_subtract(even[k], odd[k]);
    }
}

GK_INLINE void fft_butterfly(const int radix, c16 *a) {
    switch (radix) {
    case 2:
        fft_2(&a[0], &a[1]);
        break;
    case 3:
        fft_3(&a[0], &a[1], &a[2]);
        break;
    case 4:
        fft_4(&a[0], &a[1], &a[2], &a[3]);
        break;
    case 5:
        fft_5(a);
        break;
    case 6:
        fft_6(a);
        break;
    default:
        fft_8(a);
        break;
    }
}

/// One stage; `radix` is a constant wherever this is inlined.
GK_INLINE void fft_stage(const int radix, int points, int stride, const c16 *from, c16 *to, const float *twiddles) {
    int butterflies = points / radix;
    for (int q = 0; q < stride; q++) { // p = 0: no twiddle factors
        c16 a[8];
        for (int r = 0; r < radix; r++)
            a[r] = from[q + stride * butterflies * r];
        fft_butterfly(radix, a);
        for (int k = 0; k < radix; k++)
            to[q + stride * k] = a[k];
    }
    for (int p = 1; p < butterflies; p++) {
        const float *factor = twiddles + 2 * (radix - 1) * p;
        for (int q = 0; q < stride; q++) {
            c16 a[8];
            for (int r = 0; r < radix; r++)
                a[r] = from[q + stride * (p + butterflies * r)];
            fft_butterfly(radix, a);
            c16 *out = to + q + stride * radix * p;
            out[0] = a[0];
            for (int k = 1; k < radix; k++)
                out[stride * k] = c16_turn(a[k], factor[2 * k - 2], factor[2 * k - 1]);
        }
    }
}

/// The complex transform of `half` values in `a`; `b` is as large. Returns which of the two holds the result.
static c16 *fft_complex(const gk_fft *fft, c16 *a, c16 *b) {
    const float *twiddles = fft->stage_twiddles;
    for (int stage = 0, points = fft->half, stride = 1; stage < fft->stages; stage++) {
        int radix = fft->radix[stage];
        switch (radix) {
        case 2:
            fft_stage(2, points, stride, a, b, twiddles);
            break;
        case 3:
            fft_stage(3, points, stride, a, b, twiddles);
            break;
        case 4:
            fft_stage(4, points, stride, a, b, twiddles);
            break;
        case 5:
            fft_stage(5, points, stride, a, b, twiddles);
            break;
        case 6:
            fft_stage(6, points, stride, a, b, twiddles);
            break;
        default:
            fft_stage(8, points, stride, a, b, twiddles);
            break;
        }
        twiddles += 2 * (radix - 1) * (points / radix);
        points /= radix;
        stride *= radix;
        c16 *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

/// The three numbers of a complex factor c + i d in a product of three multiplications (blocks_fourier.h).
typedef enum { FFT_SUM_FIRST /* c + d, c, d */, FFT_DIFFERENCE /* c, d - c, c + d */ } fft_form;

GK_INLINE void fft_store_planes(const fft_form form, float *to, ptrdiff_t plane, c16 value) {
    v16 sum = value.r + value.i;
    v16_store(to, form == FFT_SUM_FIRST ? sum : value.r);
    v16_store(to + plane, form == FFT_SUM_FIRST ? value.r : value.i - value.r);
    v16_store(to + 2 * plane, form == FFT_SUM_FIRST ? value.i : sum);
}

/// Real to complex: twice the spectrum of `count` <= N values (zeros follow), value n at x + n * step.
/// - Bins 0 ... M go to to + k * bin as three planes. `scratch` holds N complex values.
GK_INLINE void fft_real_to_planes(const fft_form form, const gk_fft *fft, const float *x, ptrdiff_t step, int count,
                                  float *to, ptrdiff_t bin, ptrdiff_t plane, c16 *scratch) {
    const int half = fft->half;
    const v16 zero = {0};
    for (int n = 0; n < count / 2; n++) // real and imaginary parts exchanged
        scratch[n] = (c16){v16_load(x + (2 * n + 1) * step), v16_load(x + 2 * n * step)};
    if (count % 2)
        scratch[count / 2] = (c16){zero, v16_load(x + (count - 1) * step)};
    for (int n = (count + 1) / 2; n < half; n++)
        scratch[n] = (c16){zero, zero};
    const c16 *z = fft_complex(fft, scratch, scratch + half);
    v16 first = z[0].i, second = z[0].r; // and back
    fft_store_planes(form, to, plane, (c16){(first + second) * v16_all(2), zero});
    fft_store_planes(form, to + half * bin, plane, (c16){(first - second) * v16_all(2), zero});
    for (int k = 1; 2 * k <= half; k++) {
        c16 a = {z[k].i, z[k].r}, b = {z[half - k].i, -z[half - k].r};
        c16 sum = c16_add(a, b), difference = c16_subtract(a, b);
        // -i exp(-i t) (a - b)
        c16 turned = c16_turn(difference, -fft->real_twiddles[2 * k + 1], -fft->real_twiddles[2 * k]);
        fft_store_planes(form, to + k * bin, plane, c16_add(sum, turned));
        if (2 * k < half)
            fft_store_planes(form, to + (half - k) * bin, plane, c16_conjugate(c16_subtract(sum, turned)));
    }
}

/// Complex to real, without the factor 1 / N: bins 0 ... M at from + k * bin (16 real parts, then 16 imaginary ones).
/// - Returns N vectors within `scratch`, which holds N complex values.
static const float *fft_complex_to_real(const gk_fft *fft, const float *from, ptrdiff_t bin, c16 *scratch) {
    const int half = fft->half;
    v16 first = v16_load(from), last = v16_load(from + half * bin);
    scratch[0] = (c16){first + last, first - last};
    for (int k = 1; 2 * k <= half; k++) {
        const float *low = from + k * bin, *high = from + (half - k) * bin;
        c16 a = {v16_load(low), v16_load(low + 16)}, b = {v16_load(high), -v16_load(high + 16)};
        c16 sum = c16_add(a, b), difference = c16_subtract(a, b);
        // i exp(i t) (a - b)
        c16 turned = c16_turn(difference, -fft->real_twiddles[2 * k + 1], fft->real_twiddles[2 * k]);
        scratch[k] = c16_add(sum, turned);
        if (2 * k < half)
            scratch[half - k] = c16_conjugate(c16_subtract(sum, turned));
    }
    return (const float *)fft_complex(fft, scratch, scratch + half);
}
