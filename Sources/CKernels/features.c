// Plans: tables made once, then shared.
#include "features_plan.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double two_pi = 6.283185307179586476925;

/// exp(-2 pi i k / n), the angle reduced first.
static void root(double *to, int64_t k, int64_t n) {
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

bool gk_fft_prepare(gk_fft *fft, int32_t length) {
    *fft = (gk_fft){.length = length, .points = length % 2 ? length : length / 2};
    size_t size = (size_t)fft->points + 2;
    for (int32_t rest = fft->points; rest > 1;) {
        int32_t radix = next_radix(rest);
        rest /= radix;
        size += (size_t)rest * (radix - 1) * 2 + (size_t)radix * 2;
    }
    double *table = fft->tables = malloc(size * sizeof(double));
    if (!table)
        return false;
    for (int32_t rest = fft->points, stride = 1; rest > 1;) {
        int32_t radix = next_radix(rest), groups = rest / radix;
        gk_fft_stage *stage = &fft->stages[fft->stage_count++];
        *stage = (gk_fft_stage){.radix = radix, .groups = groups, .stride = stride, .twiddles = table};
        for (int32_t j = 0; j < groups; j++)
            for (int32_t k = 1; k < radix; k++, table += 2)
                root(table, (int64_t)j * k, rest);
        stage->roots = table;
        for (int32_t k = 0; k < radix; k++, table += 2)
            root(table, k, radix);
        rest = groups;
        stride *= radix;
    }
    fft->split = table;
    if (length % 2 == 0)
        for (int32_t k = 0; k <= fft->points / 2; k++, table += 2)
            root(table, k, length);
    return true;
}

void gk_fft_free(gk_fft *fft) {
    free(fft->tables);
}

size_t gk_fft_buffer_bytes(const gk_fft *fft) {
    return (size_t)fft->points * 2 * 2 * GK_FEATURE_LANES * sizeof(double);
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
    plan->window = malloc(n * sizeof(double));
    plan->weights = malloc(mels * bins * sizeof(double));
    plan->single_weights = malloc(mels * bins * sizeof(float));
    if (!plan->rows || !plan->window || !plan->weights || !plan->single_weights ||
        !gk_fft_prepare(&plan->fft, (int32_t)n)) {
        gk_features_destroy(plan);
        return NULL;
    }
    memcpy(plan->window, shape->window, n * sizeof(double));
    plan->window_first = 0, plan->window_end = (int32_t)n;
    while (plan->window_end > 0 && plan->window[plan->window_end - 1] == 0)
        plan->window_end--;
    while (plan->window_first < plan->window_end && plan->window[plan->window_first] == 0)
        plan->window_first++;
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
    free(plan->weights);
    free(plan->single_weights);
    free(plan);
}

size_t gk_features_scratch_bytes(const gk_features *plan) {
    size_t n = plan->shape.fft_length, hop = plan->shape.hop;
    return gk_fft_buffer_bytes(&plan->fft) + (n / 2 + 1) * GK_FEATURE_LANES * sizeof(double) +
           (size_t)plan->shape.mels * GK_FEATURE_LANES * sizeof(float) + (7 * hop + n) * sizeof(float);
}

void gk_features_columns(const gk_features *plan, const float *samples, int64_t count, int64_t first, int64_t columns,
                         float *output, int64_t row_stride, void *scratch) {
    plan->run(plan, samples, count, first, columns, output, row_stride, scratch);
}

bool gk_real_fft(int32_t n, gk_isa isa, const double *input, double *real, double *imaginary) {
    gk_fft fft;
    if (n < 2 || !gk_fft_prepare(&fft, n))
        return false;
    size_t bytes = gk_fft_buffer_bytes(&fft), out = (size_t)(n / 2 + 1) * GK_FEATURE_LANES * sizeof(double);
    char *memory = aligned_alloc(64, bytes + 2 * out);
    if (memory) {
        memcpy(memory, input, (size_t)n * GK_FEATURE_LANES * sizeof(double));
        double *data = (double *)memory, *other = (double *)(memory + bytes / 2);
        double *re = (double *)(memory + bytes), *im = (double *)(memory + bytes + out);
        switch (usable(isa)) {
#if defined(__x86_64__)
        case GK_ISA_AVX512:
            gk_real_fft_avx512(&fft, data, other, re, im);
            break;
        case GK_ISA_AVX2:
            gk_real_fft_avx2(&fft, data, other, re, im);
            break;
#endif
        default:
            gk_real_fft_portable(&fft, data, other, re, im);
        }
        memcpy(real, re, out);
        memcpy(imaginary, im, out);
        free(memory);
    }
    gk_fft_free(&fft);
    return memory != NULL;
}

int64_t gk_first_not_finite(const float *values, int64_t count) {
    for (int64_t block = 0; block < count; block += 4096) {
        int64_t end = block + 4096 < count ? block + 4096 : count;
        float sum = 0; // x * 0 is 0 for finite x and NaN for the others
        float lanes[16] = {0};
        int64_t i = block;
        for (; i + 16 <= end; i += 16)
            for (int l = 0; l < 16; l++)
                lanes[l] += values[i + l] * 0.0f;
        for (; i < end; i++)
            sum += values[i] * 0.0f;
        for (int l = 0; l < 16; l++)
            sum += lanes[l];
        if (sum == 0)
            continue;
        for (i = block; i < end; i++)
            if (!isfinite(values[i]))
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
