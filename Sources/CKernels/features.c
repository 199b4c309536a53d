// Plans: tables made once, then shared.
#include "features_plan.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double two_pi = 6.283185307179586476925;

/// exp(-2 pi i k / n), the angle reduced first.
static void root(gk_real *to, int64_t k, int64_t n) {
    double angle = two_pi * (double)(k % n) / (double)n;
    to[0] = cos(angle);
    to[1] = -sin(angle);
}

static int32_t next_radix(int32_t rest) {
    static const int32_t known[] = {8, 4, 2, 3, 5};
    for (int i = 0; i < 5; i++)
        if (rest % known[i] == 0)
            return known[i];
    for (int32_t p = 7; (int64_t)p * p <= rest; p += 2)
        if (rest % p == 0)
            return p;
    return rest;
}

/// Lists the passes; the entries of all tables but `split`. One pass at least, be it of radix 1.
static size_t list_stages(gk_fft *fft) {
    size_t entries = 0;
    for (int32_t rest = fft->points, stride = 1; rest > 1 || !fft->stage_count;) {
        int32_t radix = next_radix(rest), groups = rest / radix;
        fft->stages[fft->stage_count++] = (gk_fft_stage){.radix = radix, .groups = groups, .stride = stride};
        entries += (size_t)groups * (radix - 1) + radix;
        stride = fft->stage_count > 1 ? stride * radix : 1; // the parts start anew
        rest = groups;
    }
    return entries;
}

bool gk_fft_prepare(gk_fft *fft, int32_t length) {
    *fft = (gk_fft){.length = length, .points = length % 2 ? length : length / 2};
    size_t entries = list_stages(fft) + fft->points;
    gk_real *table = fft->tables = malloc(entries * 2 * sizeof(gk_real));
    if (!table)
        return false;
    for (int32_t s = 0; s < fft->stage_count; s++) {
        gk_fft_stage *stage = &fft->stages[s];
        stage->twiddles = table;
        for (int32_t j = 0; j < stage->groups; j++)
            for (int32_t k = 1; k < stage->radix; k++, table += 2)
                root(table, (int64_t)j * k, (int64_t)stage->groups * stage->radix);
        stage->roots = table;
        for (int32_t k = 0; k < stage->radix; k++, table += 2)
            root(table, k, stage->radix);
    }
    fft->split = table;
    for (int32_t k = 0; k < fft->points; k++, table += 2)
        root(table, k, length);
    return true;
}

void gk_fft_free(gk_fft *fft) {
    free(fft->tables);
}

size_t gk_fft_buffer_bytes(const gk_fft *fft) {
    // Two parts at a time are finished in the second, which takes one point more where there is but one part.
    return ((size_t)fft->points * 2 + 1) * 2 * GK_MOST_VECTOR_BYTES;
}

static gk_isa usable(gk_isa isa) {
#if defined(__x86_64__)
    if (isa == GK_ISA_AVX2 || isa == GK_ISA_AVX512)
        return isa;
#endif
    (void)isa;
    return GK_ISA_PORTABLE;
}

gk_features *gk_features_create(const gk_feature_shape *shape, gk_isa isa) {
    if (shape->fft_length < 2 || shape->hop < 1 || shape->mels < 1)
        return NULL;
    gk_features *plan = calloc(1, sizeof(gk_features));
    if (!plan)
        return NULL;
    plan->shape = *shape;
    size_t n = shape->fft_length, mels = shape->mels, bins = n / 2 + 1;
    // A row's weights run from its first to its last that is not 0: the bank's gaps within a row are kept.
    plan->rows = calloc(mels, sizeof(gk_mel_row));
    plan->window = malloc(n * sizeof(gk_real));
    plan->places = malloc(n * sizeof(int32_t));
    plan->weights = malloc(mels * bins * sizeof(double));
    plan->single_weights = malloc(mels * bins * sizeof(float));
    if (!plan->rows || !plan->window || !plan->places || !plan->weights || !plan->single_weights ||
        !gk_fft_prepare(&plan->fft, (int32_t)n)) {
        gk_features_destroy(plan);
        return NULL;
    }
    for (size_t t = 0; t < n; t++)
        plan->window[t] = n % 2 ? shape->window[t] : shape->window[t] / 2;
    int32_t hop = shape->hop;
    plan->pitch = (GK_SPREAD_FRAMES + (int32_t)(n - 1) / hop + 15) / 16 * 16;
    for (int32_t t = 0; t < (int32_t)n; t++)
        plan->places[t] = t % hop * plan->pitch + t / hop;
    int32_t at = 0;
    for (size_t m = 0; m < mels; m++) {
        const double *row = shape->mel_bank + m * bins;
        size_t first = 0, end = bins;
        while (end > 0 && row[end - 1] == 0)
            end--;
        while (first < end && row[first] == 0)
            first++;
        plan->rows[m] = (gk_mel_row){.first = (int32_t)first, .count = (int32_t)(end - first), .at = at};
        for (size_t k = first; k < end; k++, at++)
            plan->weights[at] = row[k], plan->single_weights[at] = (float)row[k];
    }
    plan->shape.window = NULL, plan->shape.mel_bank = NULL;
    switch (usable(isa)) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        plan->run = gk_features_run_avx512;
        break;
    case GK_ISA_AVX2:
        plan->run = gk_features_run_avx2;
        break;
#endif
    default:
        plan->run = gk_features_run_portable;
    }
    return plan;
}

void gk_features_destroy(gk_features *plan) {
    if (!plan)
        return;
    gk_fft_free(&plan->fft);
    free(plan->rows);
    free(plan->window);
    free(plan->places);
    free(plan->weights);
    free(plan->single_weights);
    free(plan);
}

size_t gk_features_scratch_bytes(const gk_features *plan) {
    size_t n = plan->shape.fft_length, hop = plan->shape.hop, mels = plan->shape.mels, pitch = plan->pitch;
    size_t floats = (n / 2 + 1 + mels) * 16 + (n < hop ? n : hop) * pitch + (GK_SPREAD_FRAMES + pitch) * hop;
    return gk_fft_buffer_bytes(&plan->fft) + floats * sizeof(float);
}

void gk_features_rows(const gk_features *plan, const float *samples, int64_t count, int64_t first, int64_t columns,
                      float *output, void *scratch) {
    plan->run(plan, samples, count, first, columns, output, 0, scratch);
}

void gk_features_columns(const gk_features *plan, const float *samples, int64_t count, int64_t first, int64_t columns,
                         float *output, int64_t row_stride, void *scratch) {
    plan->run(plan, samples, count, first, columns, output, row_stride, scratch);
}

bool gk_real_fft(int32_t n, gk_isa isa, const double *input, double *real, double *imaginary) {
    gk_fft fft;
    if (n < 2 || !gk_fft_prepare(&fft, n))
        return false;
    void *scratch = aligned_alloc(64, gk_fft_buffer_bytes(&fft));
    if (scratch) {
        switch (usable(isa)) {
#if defined(__x86_64__)
        case GK_ISA_AVX512:
            gk_real_fft_avx512(&fft, input, real, imaginary, scratch);
            break;
        case GK_ISA_AVX2:
            gk_real_fft_avx2(&fft, input, real, imaginary, scratch);
            break;
#endif
        default:
            gk_real_fft_portable(&fft, input, real, imaginary, scratch);
        }
        free(scratch);
    }
    gk_fft_free(&fft);
    return scratch != NULL;
}

int64_t gk_first_beyond(float limit, const float *values, int64_t count) {
    const float factor = FLT_MAX / limit;
    for (int64_t block = 0; block < count; block += 4096) {
        int64_t end = block + 4096 < count ? block + 4096 : count;
        float sum = 0; // what is beyond becomes infinite; x * 0 is 0 for finite x and NaN for the others
        float lanes[16] = {0};
        int64_t i = block;
        for (; i + 16 <= end; i += 16)
            for (int l = 0; l < 16; l++)
                lanes[l] += values[i + l] * factor * 0.0f;
        for (; i < end; i++)
            sum += values[i] * factor * 0.0f;
        for (int l = 0; l < 16; l++)
            sum += lanes[l];
        if (sum == 0)
            continue;
        for (i = block; i < end; i++)
            if (!(fabsf(values[i]) <= limit))
                return i;
    }
    return -1;
}

static const uint64_t hash_odd = 0x9E3779B97F4A7C15;

/// Takes 64 bytes.
static void hash_block(gk_hash *hash, const char *from) {
    uint64_t words[8];
    memcpy(words, from, 64);
    for (int l = 0; l < 8; l++) {
        uint64_t mixed = (hash->lanes[l] ^ words[l]) * hash_odd;
        hash->lanes[l] = mixed << 31 | mixed >> 33;
    }
}

void gk_hash_start(gk_hash *hash) {
    *hash = (gk_hash){.count = 0};
    for (uint64_t l = 0; l < 8; l++)
        hash->lanes[l] = (l + 1) * hash_odd;
}

void gk_hash_add(gk_hash *hash, const void *bytes, size_t count) {
    const char *from = bytes;
    size_t held = hash->count % 64;
    hash->count += count;
    if (held > 0) {
        size_t take = count < 64 - held ? count : 64 - held;
        if (take > 0)
            memcpy(hash->pending + held, from, take);
        if (held + take < 64)
            return;
        hash_block(hash, hash->pending);
        from += take, count -= take;
    }
    for (; count >= 64; from += 64, count -= 64)
        hash_block(hash, from);
    if (count > 0)
        memcpy(hash->pending, from, count);
}

uint64_t gk_hash_value(const gk_hash *hash) {
    gk_hash end = *hash;
    size_t held = end.count % 64;
    if (held > 0) {
        memset(end.pending + held, 0, 64 - held);
        hash_block(&end, end.pending);
    }
    uint64_t value = end.count;
    for (int l = 0; l < 8; l++) {
        value = (value ^ end.lanes[l]) * hash_odd;
        value ^= value >> 32;
    }
    return value;
}

uint64_t gk_content_hash(const void *bytes, size_t count) {
    gk_hash hash;
    gk_hash_start(&hash);
    gk_hash_add(&hash, bytes, count);
    return gk_hash_value(&hash);
}

float gk_greatest_magnitude(const float *values, int64_t count) {
    float lanes[16] = {0}, greatest = 0;
    int64_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int l = 0; l < 16; l++) {
            float magnitude = fabsf(values[i + l]);
            lanes[l] = magnitude > lanes[l] ? magnitude : lanes[l];
        }
    for (; i < count; i++)
        greatest = fmaxf(greatest, fabsf(values[i]));
    for (int l = 0; l < 16; l++)
        greatest = fmaxf(greatest, lanes[l]);
    return greatest;
}

void gk_scaled(const float *values, int64_t count, float factor, float *output) {
    for (int64_t i = 0; i < count; i++) output[i] = factor * values[i];
}
