// Features, segments from rows and half precision on odd shapes.
#include "harness.h"
#include <float.h>
#include <math.h>
#include <string.h>

static void *own_bytes(size_t count) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, count + (count == 0))) abort();
    return memory;
}

static void check_transform(int32_t n) {
    size_t lanes = GK_FEATURE_LANES, bins = (size_t)n / 2 + 1;
    double *input = own_bytes(n * lanes * sizeof(double)), *one = own_bytes(n * sizeof(double));
    double *real = own_bytes(bins * lanes * sizeof(double)), *imaginary = own_bytes(bins * lanes * sizeof(double));
    double *re = own_bytes(bins * sizeof(double)), *im = own_bytes(bins * sizeof(double));
    float *noise = random_floats(n * lanes);
    for (size_t i = 0; i < n * lanes; i++) input[i] = noise[i];
    if (!gk_real_fft(n, gk_isa_active(), input, real, imaginary)) abort();
    for (int32_t t = 0; t < n; t++) one[t] = input[t * lanes + 5];
    gk_oracle_real_dft(n, one, re, im);
    for (size_t k = 0; k < bins; k++)
        if (!(fabs(real[k * lanes + 5] - re[k]) < 1e-13 * n && fabs(imaginary[k * lanes + 5] - im[k]) < 1e-13 * n)) {
            fprintf(stderr, "transform of %d: bin %zu differs from its oracle\n", n, k);
            exit(1);
        }
    void *all[] = {input, one, real, imaginary, re, im, noise};
    for (int i = 0; i < 7; i++) free(all[i]);
}

/// Columns `first` ..< `first` + `columns` of `count` samples; a bank with an empty band and gaps, a window with zeros.
static void check_columns(int32_t n, int32_t hop, int32_t mels, int64_t count, int64_t first, int64_t columns,
                          int flags) {
    size_t bins = (size_t)n / 2 + 1, size = (size_t)mels * columns;
    double *window = own_bytes(n * sizeof(double)), *bank = own_bytes(mels * bins * sizeof(double));
    for (int32_t t = 0; t < n; t++) window[t] = t < n / 5 || t > n - n / 7 ? 0 : 1 + t % 3;
    for (size_t i = 0; i < mels * bins; i++) bank[i] = i / bins == 1 || i % 5 == 0 ? 0 : 1 + i % 7;
    gk_feature_shape shape = {.fft_length = n, .hop = hop, .mels = mels, .window = window, .mel_bank = bank,
                              .log_floor = 1e-6, .power = flags & 1, .single = flags >> 1};
    float *samples = random_floats(count), *found = own_bytes(size * sizeof(float));
    float *rows = own_bytes(size * sizeof(float)), *expected = own_bytes(size * sizeof(float));
    gk_features *plan = gk_features_create(&shape, gk_isa_active());
    if (!plan) abort();
    void *scratch = own_bytes(gk_features_scratch_bytes(plan));
    gk_features_columns(plan, samples, count, first, columns, found, columns, scratch);
    gk_features_rows(plan, samples, count, first, columns, rows, scratch);
    gk_oracle_features_columns(&shape, samples, count, first, columns, expected, columns);
    expect_close("features", found, expected, size);
    for (int64_t c = 0; c < columns; c++)
        for (int32_t m = 0; m < mels; m++)
            if (memcmp(&rows[c * mels + m], &found[m * columns + c], sizeof(float))) {
                fprintf(stderr, "features: row %lld differs from its column\n", (long long)c);
                exit(1);
            }
    gk_features_destroy(plan);
    void *all[] = {window, bank, samples, found, rows, expected, scratch};
    for (int i = 0; i < 7; i++) free(all[i]);
}

static void check_segment(int32_t frames, int32_t mels, int32_t width) {
    size_t count = (size_t)frames * mels, size = (size_t)mels * width;
    float *rows = random_floats(count), *found = own_bytes(size * sizeof(float));
    float *expected = own_bytes(size * sizeof(float));
    uint16_t *halves = own_bytes(count * sizeof(uint16_t)), *wanted = own_bytes(count * sizeof(uint16_t));
    gk_rows_to_segment_f32(rows, frames, mels, width, found);
    gk_oracle_rows_to_segment_f32(rows, frames, mels, width, expected);
    expect_close("segment", found, expected, size);
    gk_to_half(rows, (int64_t)count, halves);
    gk_oracle_to_half(rows, (int64_t)count, wanted);
    if (memcmp(halves, wanted, count * sizeof(uint16_t))) {
        fprintf(stderr, "half precision: differs from its oracle\n");
        exit(1);
    }
    gk_rows_to_segment_f16(halves, frames, mels, width, found);
    gk_oracle_rows_to_segment_f16(halves, frames, mels, width, expected);
    expect_close("segment of halves", found, expected, size);
    void *all[] = {rows, found, expected, halves, wanted};
    for (int i = 0; i < 5; i++) free(all[i]);
}

static void check_bytes(void) {
    for (size_t count = 0; count < 70; count++) {
        float *values = random_floats(count);
        if (gk_first_beyond(FLT_MAX, values, (int64_t)count) != -1) abort();
        (void)gk_content_hash(values, count * sizeof(float));
        free(values);
    }
}

void check_features(void) {
    static const int32_t lengths[] = {2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 30, 45, 77, 101, 128, 202, 240};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) check_transform(lengths[i]);
    for (int flags = 0; flags < 4; flags++) {
        check_columns(90, 31, 7, 600, 0, 21, flags);
        check_columns(64, 100, 16, 333, 2, 5, flags);
        check_columns(77, 13, 33, 50, 0, 17, flags);
        check_columns(2, 1, 1, 3, 0, 9, flags);
        check_columns(256, 64, 40, 1, 0, 3, flags);
        check_columns(101, 7, 80, 900, 40, 16, flags);
    }
    static const int32_t shapes[][3] = {{1, 1, 1}, {1, 16, 80}, {16, 16, 16}, {15, 17, 20}, {33, 31, 33}, {41, 80, 80}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        check_segment(shapes[i][0], shapes[i][1], shapes[i][2]);
    check_bytes();
}
