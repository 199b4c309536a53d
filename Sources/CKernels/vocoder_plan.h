// What a vocoder's plan holds, shared by the instruction sets' own files.
#pragma once
#include "features_plan.h"
#include "gk_vocoder.h"

enum { GK_VOCODER_LANES = GK_FEATURE_LANES };

/// One instruction set's functions.
typedef struct {
    void (*analyse)(const gk_vocoder *, const float *, int64_t, double *, void *);
    void (*synthesise)(const gk_vocoder *, const double *, int64_t, double, float *, int64_t, void *);
    void (*polar)(const gk_vocoder *, double *, int64_t);
    void (*turn)(const gk_vocoder *, const double *, int64_t, double, double *, void *);
} gk_vocoder_kernels;

struct gk_vocoder {
    int32_t length, hop, bins;
    size_t row;
    gk_fft fft;
    double *window; // [length]
    const gk_vocoder_kernels *kernels;
};

extern const gk_vocoder_kernels gk_vocoder_kernels_portable;
#if defined(__x86_64__)
extern const gk_vocoder_kernels gk_vocoder_kernels_avx2, gk_vocoder_kernels_avx512;
#endif
