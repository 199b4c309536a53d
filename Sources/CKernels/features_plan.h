// What a feature plan holds, shared by the instruction sets' own files.
#pragma once
#include "gk_features.h"

enum { GK_MAX_FFT_STAGES = 32, GK_MOST_VECTOR_BYTES = 64, GK_SPREAD_FRAMES = 8 /* spread at a time */ };

/// What the transforms compute in.
typedef double gk_real;

/// One pass of the transform: `radix` parts, `groups` twiddled butterflies, each over `stride` neighbours. After the
/// first pass, they are those of one of its parts.
typedef struct {
    int32_t radix, groups, stride;
    const gk_real *twiddles; // [groups][radix - 1][2]
    const gk_real *roots;    // [radix][2], for radices without a butterfly of their own
} gk_fft_stage;

typedef struct {
    int32_t length; // of the real signal
    int32_t points; // of the complex transform: half of an even length, all of an odd one
    int32_t stage_count;
    gk_fft_stage stages[GK_MAX_FFT_STAGES];
    const gk_real *split; // [points][2], turns the half-length transform into the real one; even lengths only
    gk_real *tables;      // owns every table above
} gk_fft;

typedef struct {
    int32_t first, count; // bins whose weight is not 0
    int32_t at;           // of the first weight
} gk_mel_row;

struct gk_features {
    gk_feature_shape shape;
    gk_fft fft;
    gk_mel_row *rows;
    gk_real *window; // halved for even lengths, whose transform doubles
    double *weights;
    int32_t *places; // [fft_length], of sample t of a frame among the samples spread
    int32_t pitch;   // hops spread for GK_SPREAD_FRAMES frames, rounded up to vectors of 16
    float *single_weights;
    void (*run)(const gk_features *, const float *, int64_t, int64_t, int64_t, float *, int64_t, void *);
};

bool gk_fft_prepare(gk_fft *fft, int32_t length);
void gk_fft_free(gk_fft *fft);
/// Bytes of the two buffers of a transform, whatever the instruction set.
size_t gk_fft_buffer_bytes(const gk_fft *fft);

#define GK_FEATURE_SET(set)                                                                                            \
    void gk_features_run_##set(const gk_features *, const float *, int64_t, int64_t, int64_t, float *, int64_t,        \
                               void *);                                                                                \
    /* [length][GK_FEATURE_LANES] to [length / 2 + 1][GK_FEATURE_LANES] twice; scratch of gk_fft_buffer_bytes */      \
    void gk_real_fft_##set(const gk_fft *, const double *input, double *real, double *imaginary, void *scratch);
GK_FEATURE_SET(portable)
#if defined(__x86_64__)
GK_FEATURE_SET(avx2)
GK_FEATURE_SET(avx512)
#endif
