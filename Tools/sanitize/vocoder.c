#include "harness.h"

static void *exact_bytes(size_t bytes) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, bytes)) abort();
    return memory;
}

static void check_stretch(int32_t length, int32_t hop, int64_t count, double rate, int64_t extra) {
    gk_isa isa = gk_isa_active();
    gk_vocoder *plan = gk_vocoder_create(length, hop, isa);
    if (!plan) abort();
    int64_t frames = gk_vocoder_frames(plan, count), wanted = gk_vocoder_stretched_count(count, rate) + extra;
    if (wanted < 0) wanted = 0;
    float *samples = random_floats((size_t)count), *found = random_floats((size_t)wanted);
    float *oracle = copied_floats(found, (size_t)wanted);
    double *spectrum = exact_bytes(gk_vocoder_spectrum_count(plan, frames) * sizeof(double));
    void *scratch = exact_bytes(gk_vocoder_scratch_bytes(plan, 0));
    gk_vocoder_analyse(plan, samples, count, spectrum, scratch);
    free(scratch);
    scratch = exact_bytes(gk_vocoder_scratch_bytes(plan, wanted));
    gk_vocoder_synthesise(plan, spectrum, frames, rate, found, wanted, scratch);
    if (!gk_oracle_stretch(length, hop, samples, count, rate, oracle, wanted)) abort();
    expect_close("vocoder", found, oracle, (size_t)wanted);
    free(samples);
    free(found);
    free(oracle);
    free(spectrum);
    free(scratch);
    gk_vocoder_destroy(plan);
}

void check_vocoder(void) {
    const double rates[] = {0.2, 0.749, 1, 1.5, 3.7};
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++)
        for (int64_t extra = -50; extra <= 5; extra += 55) {
            check_stretch(64, 16, 403, rates[r], extra);
            check_stretch(90, 31, 211, rates[r], extra);
            check_stretch(77, 20, 300, rates[r], extra);
            check_stretch(34, 34, 90, rates[r], extra);
            check_stretch(2, 1, 17, rates[r], extra);
            check_stretch(64, 16, 0, rates[r], extra);
            check_stretch(64, 16, 9, rates[r], extra);
        }
}
