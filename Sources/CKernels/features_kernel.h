// Log-mel rows from samples, compiled once an instruction set: the including file sets GK_SET(name), GK_FMA,
// GK_VECTOR_BYTES and its target pragma first. Sixteen frames at a time: their spectra in double precision (half of
// them a pass, or fewer where vectors are narrower), the rest in floats, a frame a lane.
#include "blocks_transpose.h"
#include "features_transform.h"
#include <math.h>
#include <string.h>

/// ln(x) for normal x above 0, within 1.5 units in the last place or 1e-7: x = m * 2^e with m in [sqrt(1/2), sqrt(2)),
/// ln m = 2 artanh((m - 1) / (m + 1)) by its series.
GK_INLINE v16 v16_log(v16 x) {
    const int32_t root_half = 0x3f3504f3;
    v16i bits = (v16i)x - root_half;
    v16 exponent = __builtin_convertvector(bits >> 23, v16);
    v16 f = (v16)((bits & 0x7fffff) + root_half) - 1.0f;
    v16 s = f / (f + 2.0f), z = s * s;
    v16 series = z * (2.0f / 3 + z * (2.0f / 5 + z * (2.0f / 7 + z * (2.0f / 9 + z * (2.0f / 11)))));
    // ln 2 in two parts, so that the product with the exponent is exact in the first.
    return exponent * 0.693359375f + (f + (s * series - s * f - exponent * 2.12194440e-4f));
}

/// [bins][16] to [mels][16].
static void mel_single(const gk_features *plan, const float *spectrum, v16 *result) {
    v16 log_floor = v16_all((float)plan->shape.log_floor);
    v16 factor = v16_all((float)plan->shape.factor), offset = v16_all((float)plan->shape.offset);
    for (int32_t m = 0; m < plan->shape.mels; m++) {
        gk_mel_row row = plan->rows[m];
        const float *w = plan->single_weights + row.at, *x = spectrum + (size_t)row.first * 16;
        v16 even = {0}, odd = {0};
        int32_t i = 0;
        for (; i + 2 <= row.count; i += 2) {
            even = v16_fma(v16_load(x + i * 16), v16_all(w[i]), even);
            odd = v16_fma(v16_load(x + i * 16 + 16), v16_all(w[i + 1]), odd);
        }
        if (i < row.count)
            even = v16_fma(v16_load(x + i * 16), v16_all(w[i]), even);
        result[m] = v16_log(even + odd + log_floor) * factor + offset;
    }
}

/// Powers [bins] to lanes `lane` ..< lane + LANES of [mels][16], in double precision.
static void mel_double(const gk_features *plan, vr *powers, size_t lane, v16 *result) {
    size_t count = plan->shape.fft_length / 2 + 1;
    if (!plan->shape.power)
        for (size_t k = 0; k < count; k++)
            powers[k] = __builtin_elementwise_sqrt(powers[k]);
    for (int32_t m = 0; m < plan->shape.mels; m++) {
        gk_mel_row row = plan->rows[m];
        const double *w = plan->weights + row.at;
        vr sum = {0};
        for (int32_t i = 0; i < row.count; i++)
            sum += powers[row.first + i] * w[i];
        float *to = (float *)&result[m] + lane;
        for (size_t l = 0; l < LANES; l++)
            to[l] = (float)(log(sum[l] + plan->shape.log_floor) * plan->shape.factor + plan->shape.offset);
    }
}

/// [mels][16] to `count` rows [mels].
static void store_rows(const v16 *result, size_t mels, size_t count, float *output) {
    size_t m = 0;
    for (; m + 16 <= mels; m += 16) {
        v16 rows[16];
        for (size_t i = 0; i < 16; i++)
            rows[i] = result[m + i];
        v16_transpose(rows);
        for (size_t l = 0; l < count; l++)
            v16_store(output + l * mels + m, rows[l]);
    }
    for (; m < mels; m++)
        for (size_t l = 0; l < count; l++)
            output[l * mels + m] = result[m][l];
}

/// The samples start ..< start + span, copied with zeros around where some of them are outside 0 ..< count.
static const float *span_of(const float *samples, int64_t count, int64_t start, int64_t span, float *edge) {
    if (start >= 0 && start + span <= count)
        return samples + start;
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
    return edge;
}

/// Samples spread for GK_SPREAD_FRAMES frames: to[t][b] = from[b * hop + t], b < pitch, t < rows.
static void spread(const float *from, size_t hop, size_t rows, size_t pitch, float *to) {
    size_t t = 0;
    for (; t + 16 <= rows; t += 16)
        for (size_t b = 0; b < pitch; b += 16) {
            v16 block[16];
            for (size_t i = 0; i < 16; i++)
                block[i] = v16_load(from + (b + i) * hop + t);
            v16_transpose(block);
            for (size_t i = 0; i < 16; i++)
                v16_store(to + (t + i) * pitch + b, block[i]);
        }
    for (; t < rows; t++)
        for (size_t b = 0; b < pitch; b++)
            to[t * pitch + b] = from[b * hop + t];
}

/// Sixteen frames from `samples`, which begin with the first of them and go on for all hops spread: [mels][16].
static void transform_frames(const gk_features *plan, const float *samples, v16 *spectrum, v16 *result, cv *parts,
                             float *spread_samples) {
    const gk_fft *fft = &plan->fft;
    size_t n = plan->shape.fft_length, hop = plan->shape.hop;
    cv *other = parts + fft->points;
    frames source = {.places = plan->places, .window = plan->window, .length = plan->shape.fft_length};
    for (size_t lane = 0; lane < 16; lane += LANES) {
        if (lane % GK_SPREAD_FRAMES == 0)
            spread(samples + lane * hop, hop, n < hop ? n : hop, plan->pitch, spread_samples);
        source.spread = spread_samples + lane % GK_SPREAD_FRAMES;
        if (plan->shape.single) {
            bins to = {.singles = (float *)spectrum + lane, .root = !plan->shape.power};
            transform(SINGLE, fft, &source, parts, other, &to);
        } else {
            bins to = {.powers = (vr *)spectrum};
            transform(POWERS, fft, &source, parts, other, &to);
            mel_double(plan, to.powers, lane, result);
        }
    }
    if (plan->shape.single)
        mel_single(plan, (const float *)spectrum, result);
}

void GK_SET(gk_features_run)(const gk_features *plan, const float *samples, int64_t count, int64_t first,
                             int64_t columns, float *output, int64_t row_stride, void *scratch) {
    int64_t n = plan->shape.fft_length, hop = plan->shape.hop, mels = plan->shape.mels;
    v16 *spectrum = scratch, *result = spectrum + n / 2 + 1;
    cv *parts = (cv *)(result + mels);
    float *spread_samples = (float *)(parts + 2 * plan->fft.points + 1);
    float *edge = spread_samples + (n < hop ? n : hop) * plan->pitch;
    for (int64_t c = 0; c < columns; c += 16) {
        int64_t span = (GK_SPREAD_FRAMES + plan->pitch) * hop;
        const float *from = span_of(samples, count, (first + c) * hop - n / 2, span, edge);
        transform_frames(plan, from, spectrum, result, parts, spread_samples);
        int64_t lanes = columns - c < 16 ? columns - c : 16;
        if (!row_stride)
            store_rows(result, mels, lanes, output + c * mels);
        else
            for (int64_t m = 0; m < mels; m++)
                memcpy(output + m * row_stride + c, &result[m], lanes * sizeof(float));
    }
}
