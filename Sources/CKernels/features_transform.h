// The transform of frames, compiled once an instruction set, which says how wide its vectors are (GK_VECTOR_BYTES).
//
//     Z[k] = sum over t of z[t] exp(-2 pi i k t / M),  M = N / 2,  z[t] = x[2t] + i x[2t+1]
//
// and the two halves parted by symmetry (Sorensen, Jones, Heideman & Burrus 1987); an odd N is transformed as it is.
// A lane is a frame, and complex numbers lie as [point][real, imaginary][lane], so that no shuffle is needed within
// the transform. Decimation in frequency: the first pass, of radix R, reads the frames themselves (windowed on the way)
// and leaves R parts, part k with the bins k, k + R, k + 2R ..., each a transform by itself that fits the first-level
// cache; within a part, Stockham's scheme leaves the bins in order. Bins k and M - k lie in parts k and R - k: those
// two are finished together.
//
// Frames overlap: cut into hops, the sound has sample t of frame l in hop l + t div hop at place t mod hop. So samples
// are spread once, [place][hop]: there the samples t of neighbouring frames are neighbours, one load for all lanes
// without a shuffle, and each is transposed once, however many frames share it.
//
// Cost at N = 1024, M = 8 x 8 x 8: about 22,000 vector operations, and 64 KB of the second-level cache written and read
// once.
#include "features_plan.h"
#include "lanes.h"

enum { LANES = GK_VECTOR_BYTES / sizeof(gk_real), VECTORS = GK_FEATURE_LANES / LANES /* of values given or wanted */ };

typedef gk_real vr __attribute__((vector_size(GK_VECTOR_BYTES)));
typedef gk_real vr_unaligned __attribute__((vector_size(GK_VECTOR_BYTES), aligned(8)));
typedef float vf __attribute__((vector_size(LANES * sizeof(float))));
typedef float vf_unaligned __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));

typedef struct {
    vr re, im;
} cv;

GK_INLINE cv c_add(cv a, cv b) {
    return (cv){a.re + b.re, a.im + b.im};
}
GK_INLINE cv c_sub(cv a, cv b) {
    return (cv){a.re - b.re, a.im - b.im};
}
GK_INLINE cv c_times(cv a, const gk_real *w) {
    return (cv){a.re * w[0] - a.im * w[1], a.re * w[1] + a.im * w[0]};
}
/// a * -i
GK_INLINE cv c_minus_i(cv a) {
    return (cv){a.im, -a.re};
}
GK_INLINE cv c_scaled(cv a, gk_real s) {
    return (cv){a.re * s, a.im * s};
}

GK_INLINE void butterfly2(cv *a) {
    cv sum = c_add(a[0], a[1]);
    a[1] = c_sub(a[0], a[1]);
    a[0] = sum;
}
GK_INLINE void butterfly3(cv *a) {
    const gk_real half_root3 = 0.86602540378443864676;
    cv sum = c_add(a[1], a[2]), turn = c_scaled(c_minus_i(c_sub(a[1], a[2])), half_root3);
    cv base = c_sub(a[0], c_scaled(sum, 0.5));
    a[0] = c_add(a[0], sum);
    a[1] = c_add(base, turn);
    a[2] = c_sub(base, turn);
}
GK_INLINE void butterfly4(cv *a) {
    cv even_sum = c_add(a[0], a[2]), even_difference = c_sub(a[0], a[2]);
    cv odd_sum = c_add(a[1], a[3]), odd_turn = c_minus_i(c_sub(a[1], a[3]));
    a[0] = c_add(even_sum, odd_sum);
    a[1] = c_add(even_difference, odd_turn);
    a[2] = c_sub(even_sum, odd_sum);
    a[3] = c_sub(even_difference, odd_turn);
}
GK_INLINE void butterfly5(cv *a) {
    const gk_real c1 = 0.30901699437494742410, c2 = -0.80901699437494742410;
    const gk_real s1 = 0.95105651629515357212, s2 = 0.58778525229247312917;
    cv sum1 = c_add(a[1], a[4]), difference1 = c_minus_i(c_sub(a[1], a[4]));
    cv sum2 = c_add(a[2], a[3]), difference2 = c_minus_i(c_sub(a[2], a[3]));
    cv base1 = c_add(a[0], c_add(c_scaled(sum1, c1), c_scaled(sum2, c2)));
    cv base2 = c_add(a[0], c_add(c_scaled(sum1, c2), c_scaled(sum2, c1)));
    cv turn1 = c_add(c_scaled(difference1, s1), c_scaled(difference2, s2));
    cv turn2 = c_sub(c_scaled(difference1, s2), c_scaled(difference2, s1));
    a[0] = c_add(a[0], c_add(sum1, sum2));
    a[1] = c_add(base1, turn1);
    a[2] = c_add(base2, turn2);
    a[3] = c_sub(base2, turn2);
    a[4] = c_sub(base1, turn1);
}
GK_INLINE void butterfly8(cv *a) {
    const gk_real root_half = 0.70710678118654752440;
    cv even[4] = {a[0], a[2], a[4], a[6]}, odd[4] = {a[1], a[3], a[5], a[7]};
    butterfly4(even);
    butterfly4(odd);
    odd[1] = c_scaled(c_add(odd[1], c_minus_i(odd[1])), root_half);
    odd[2] = c_minus_i(odd[2]);
    odd[3] = c_scaled(c_sub(c_minus_i(odd[3]), odd[3]), root_half);
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) {
        a[k] = c_add(even[k], odd[k]);
        a[k + 4] = c_sub(even[k], odd[k]);
    }
}

GK_INLINE void butterfly(const size_t radix, cv *a) {
    switch (radix) {
    case 2:
        butterfly2(a);
        break;
    case 3:
        butterfly3(a);
        break;
    case 4:
        butterfly4(a);
        break;
    case 5:
        butterfly5(a);
        break;
    default:
        butterfly8(a);
        break;
    }
}

// MARK: Frames in

/// Where the real values come from: LANES windowed frames, or vectors that are there.
typedef struct {
    const float *spread;   // the samples, spread; the first lane's
    const int32_t *places; // [length], of sample t of a frame in `spread`
    const gk_real *window; // [length]
    int32_t length;
    const vr_unaligned *values; // [length][VECTORS], the first one; in place of frames
} frames;

/// Sample t of every lane's frame. `given` says whether there are values: a constant, like `odd` below, wherever this is
/// inlined into a loop.
GK_INLINE vr load_sample(const frames source, const bool given, size_t t) {
    if (given)
        return source.values[t * VECTORS];
    vf samples = *(const vf_unaligned *)(source.spread + source.places[t]);
    return __builtin_convertvector(samples, vr) * source.window[t];
}

/// A complex point: two samples of an even length, one of an odd.
GK_INLINE cv load_point(const frames source, const bool given, const bool odd, size_t at) {
    if (odd)
        return (cv){load_sample(source, given, at), (vr){0}};
    return (cv){load_sample(source, given, 2 * at), load_sample(source, given, 2 * at + 1)};
}

// MARK: Passes

GK_INLINE void first_pass_of(const size_t radix, const bool given, const bool odd, const gk_fft_stage *stage,
                             const frames source, cv *restrict to) {
    size_t groups = stage->groups;
    for (size_t j = 0; j < groups; j++) {
        const gk_real *w = stage->twiddles + j * (radix - 1) * 2;
        cv a[8];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < radix; r++)
            a[r] = load_point(source, given, odd, j + groups * r);
        butterfly(radix, a);
        to[j] = a[0];
#pragma clang loop unroll(full)
        for (size_t k = 1; k < radix; k++)
            to[j + groups * k] = c_times(a[k], w + (k - 1) * 2);
    }
}

GK_INLINE void first_pass(const size_t radix, const gk_fft_stage *stage, const frames *source, cv *restrict to) {
    if (source->values)
        first_pass_of(radix, true, source->length % 2, stage, *source, to);
    else if (source->length % 2)
        first_pass_of(radix, false, true, stage, *source, to);
    else
        first_pass_of(radix, false, false, stage, *source, to);
}

/// One pass of Stockham's transform: the result of butterfly j goes to places in order.
GK_INLINE void pass(const size_t radix, const gk_fft_stage *stage, const cv *restrict from, cv *restrict to) {
    size_t stride = stage->stride, groups = stage->groups, step = stride * groups;
    for (size_t q = 0; q < stride; q++) { // j = 0: no twiddle factors
        cv a[8];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < radix; r++)
            a[r] = from[q + step * r];
        butterfly(radix, a);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < radix; r++)
            to[q + stride * r] = a[r];
    }
    for (size_t j = 1; j < groups; j++) {
        const gk_real *w = stage->twiddles + j * (radix - 1) * 2;
        const cv *in = from + stride * j;
        cv *out = to + stride * radix * j;
        for (size_t q = 0; q < stride; q++) {
            cv a[8];
#pragma clang loop unroll(full)
            for (size_t r = 0; r < radix; r++)
                a[r] = in[q + step * r];
            butterfly(radix, a);
            out[q] = a[0];
#pragma clang loop unroll(full)
            for (size_t r = 1; r < radix; r++)
                out[q + stride * r] = c_times(a[r], w + (r - 1) * 2);
        }
    }
}

/// Output k of a butterfly of any radix by the definition, O(radix^2) for all: inputs `step` apart.
GK_INLINE cv any_output(const gk_fft_stage *stage, size_t j, size_t k, const cv *from, size_t step) {
    size_t radix = stage->radix;
    cv sum = from[0];
    for (size_t r = 1; r < radix; r++)
        sum = c_add(sum, c_times(from[step * r], stage->roots + (r * k % radix) * 2));
    return k ? c_times(sum, stage->twiddles + (j * (radix - 1) + k - 1) * 2) : sum;
}

static void first_pass_any(const gk_fft *fft, const frames *source, cv *restrict to, cv *restrict other) {
    const gk_fft_stage *stage = &fft->stages[0];
    size_t points = fft->points, groups = stage->groups;
    for (size_t at = 0; at < points; at++)
        other[at] = load_point(*source, source->values, fft->length % 2, at);
    for (size_t j = 0; j < groups; j++)
        for (size_t k = 0; k < (size_t)stage->radix; k++)
            to[j + groups * k] = any_output(stage, j, k, other + j, groups);
}

static void pass_any(const gk_fft_stage *stage, const cv *restrict from, cv *restrict to) {
    size_t radix = stage->radix, stride = stage->stride, groups = stage->groups;
    for (size_t j = 0; j < groups; j++)
        for (size_t q = 0; q < stride; q++)
            for (size_t k = 0; k < radix; k++)
                to[q + stride * (radix * j + k)] =
                    any_output(stage, j, k, from + q + stride * j, stride * groups);
}

/// The first pass: the frames to R parts in `to`; `other` is as large.
static void make_parts(const gk_fft *fft, const frames *source, cv *to, cv *other) {
    const gk_fft_stage *stage = &fft->stages[0];
    switch (stage->radix) {
    case 2:
        first_pass(2, stage, source, to);
        break;
    case 3:
        first_pass(3, stage, source, to);
        break;
    case 4:
        first_pass(4, stage, source, to);
        break;
    case 5:
        first_pass(5, stage, source, to);
        break;
    case 8:
        first_pass(8, stage, source, to);
        break;
    default:
        first_pass_any(fft, source, to, other);
    }
}

/// The other passes, of one part; returns where the result is: there or in `other`.
static const cv *finish_part(const gk_fft *fft, cv *part, cv *other) {
    for (int32_t s = 1; s < fft->stage_count; s++) {
        const gk_fft_stage *stage = &fft->stages[s];
        switch (stage->radix) {
        case 2:
            pass(2, stage, part, other);
            break;
        case 3:
            pass(3, stage, part, other);
            break;
        case 4:
            pass(4, stage, part, other);
            break;
        case 5:
            pass(5, stage, part, other);
            break;
        case 8:
            pass(8, stage, part, other);
            break;
        default:
            pass_any(stage, part, other);
        }
        cv *swap = part;
        part = other;
        other = swap;
    }
    return part;
}

// MARK: Bins out

/// What becomes of a bin.
typedef enum {
    POWERS, // |X|^2 to powers[bin]
    SINGLE, // |X|^2 or its root, as floats, to singles[bin * 16]
    PLAIN,  // real and imaginary part, as they should be
} bin_use;

typedef struct {
    vr *powers;
    float *singles;
    bool root; // singles
    vr_unaligned *re, *im; // [bins][VECTORS], the first one
    gk_real scale;         // plain
} bins;

GK_INLINE void use_bin(const bin_use use, const bins *to, size_t bin, cv x) {
    vr power = x.re * x.re + x.im * x.im;
    if (use == POWERS) {
        to->powers[bin] = power;
    } else if (use == SINGLE) {
        vf single = __builtin_convertvector(power, vf);
        *(vf *)(to->singles + bin * 16) = to->root ? __builtin_elementwise_sqrt(single) : single;
    } else {
        to->re[bin * VECTORS] = x.re * to->scale, to->im[bin * VECTORS] = x.im * to->scale;
    }
}

/// From Z[k] and Z[M - k], twice the real transform's bins k and M - k.
GK_INLINE void use_pair(const bin_use use, const bins *to, const gk_fft *fft, size_t k, cv a, cv b) {
    cv even = {a.re + b.re, a.im - b.im}, odd = {a.im + b.im, b.re - a.re};
    cv turned = c_times(odd, fft->split + k * 2);
    cv low = c_add(even, turned), high = c_sub(even, turned);
    high.im = -high.im;
    use_bin(use, to, k, low);
    use_bin(use, to, fft->points - k, high);
}

/// The whole transform; for an even length every bin is twice what it should be. `parts` and `other` hold
/// gk_fft_buffer_bytes each.
GK_INLINE void transform(const bin_use use, const gk_fft *fft, const frames *source, cv *parts, cv *other,
                         const bins *to) {
    make_parts(fft, source, parts, other);
    size_t radix = fft->stages[0].radix, groups = fft->stages[0].groups;
    if (fft->length % 2) {
        for (size_t k = 0; k < radix; k++) {
            const cv *z = finish_part(fft, parts + k * groups, other);
            for (size_t m = 0; k + radix * m <= (size_t)fft->length / 2; m++)
                use_bin(use, to, k + radix * m, z[m]);
        }
        return;
    }
    const cv *z = finish_part(fft, parts, other);
    for (size_t m = 0; m <= groups / 2; m++)
        use_pair(use, to, fft, radix * m, z[m], z[m ? groups - m : 0]);
    for (size_t k = 1; k <= radix / 2; k++) {
        bool alone = 2 * k == radix;
        const cv *a = finish_part(fft, parts + k * groups, other);
        const cv *b = alone ? a : finish_part(fft, parts + (radix - k) * groups, other + groups);
        for (size_t m = 0; m < (alone ? (groups + 1) / 2 : groups); m++)
            use_pair(use, to, fft, k + radix * m, a[m], b[groups - 1 - m]);
    }
}

void GK_SET(gk_real_fft)(const gk_fft *fft, const double *input, double *real, double *imaginary, void *scratch) {
    cv *parts = scratch, *other = parts + fft->points;
    for (size_t lane = 0; lane < GK_FEATURE_LANES; lane += LANES) {
        frames source = {.length = fft->length, .values = (const vr_unaligned *)(input + lane)};
        bins to = {.re = (vr_unaligned *)(real + lane),
                   .im = (vr_unaligned *)(imaginary + lane),
                   .scale = fft->length % 2 ? 1 : 0.5};
        transform(PLAIN, fft, &source, parts, other, &to);
    }
}
