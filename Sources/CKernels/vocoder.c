// The vocoder's plan, made once, then shared (gk_vocoder.h).
#include "vocoder_plan.h"
#include <math.h>
#include <stdlib.h>

static const gk_vocoder_kernels *kernels(gk_isa isa) {
#if defined(__x86_64__)
    if (isa == GK_ISA_AVX512)
        return &gk_vocoder_kernels_avx512;
    if (isa == GK_ISA_AVX2)
        return &gk_vocoder_kernels_avx2;
#endif
    (void)isa;
    return &gk_vocoder_kernels_portable;
}

gk_vocoder *gk_vocoder_create(int32_t fft_length, int32_t hop, gk_isa isa) {
    if (fft_length < 2 || hop < 1 || hop > fft_length)
        return NULL;
    gk_vocoder *plan = calloc(1, sizeof(gk_vocoder));
    if (!plan)
        return NULL;
    plan->length = fft_length;
    plan->hop = hop;
    plan->bins = fft_length / 2 + 1;
    plan->row = ((size_t)plan->bins + 7) / 8 * 8;
    plan->kernels = kernels(isa);
    plan->window = malloc((size_t)fft_length * sizeof(double));
    if (!plan->window || !gk_fft_prepare(&plan->fft, fft_length)) {
        gk_vocoder_destroy(plan);
        return NULL;
    }
    for (int32_t t = 0; t < fft_length; t++)
        plan->window[t] = 0.5 - 0.5 * cos(2 * M_PI * t / fft_length);
    return plan;
}

void gk_vocoder_destroy(gk_vocoder *plan) {
    if (!plan)
        return;
    gk_fft_free(&plan->fft);
    free(plan->window);
    free(plan);
}

int64_t gk_vocoder_frames(const gk_vocoder *plan, int64_t count) { return 1 + count / plan->hop; }

int64_t gk_vocoder_stretched_frames(int64_t frames, double rate) { return (int64_t)ceil((double)frames / rate); }

int64_t gk_vocoder_stretched_count(int64_t count, double rate) { return (int64_t)nearbyint((double)count / rate); }

size_t gk_vocoder_row(const gk_vocoder *plan) { return plan->row; }

size_t gk_vocoder_spectrum_count(const gk_vocoder *plan, int64_t frames) {
    return ((size_t)frames + 2) * 3 * plan->row;
}

size_t gk_vocoder_scratch_bytes(const gk_vocoder *plan, int64_t wanted) {
    size_t n = plan->length, rows = (4 + 2 * GK_VOCODER_LANES) * plan->row + n * GK_VOCODER_LANES;
    size_t doubles = rows + 2 * (size_t)plan->bins * GK_VOCODER_LANES + n + 2 * ((size_t)wanted + 2 * n);
    return gk_fft_buffer_bytes(&plan->fft) + doubles * sizeof(double);
}

void gk_vocoder_analyse(const gk_vocoder *plan, const float *samples, int64_t count, double *spectrum, void *scratch) {
    plan->kernels->analyse(plan, samples, count, spectrum, scratch);
}

void gk_vocoder_synthesise(const gk_vocoder *plan, const double *spectrum, int64_t frames, double rate, float *output,
                           int64_t wanted, void *scratch) {
    plan->kernels->synthesise(plan, spectrum, frames, rate, output, wanted, scratch);
}

void gk_vocoder_polar(const gk_vocoder *plan, double *spectrum, int64_t frames) {
    plan->kernels->polar(plan, spectrum, frames);
}

void gk_vocoder_turn(const gk_vocoder *plan, const double *spectrum, int64_t frames, double rate, double *stretched,
                     void *scratch) {
    plan->kernels->turn(plan, spectrum, frames, rate, stretched, scratch);
}
