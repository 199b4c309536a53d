// The instruction sets' own kernels of gk_rows.h; `half` rows where the name says so.
#pragma once
#include "gk_rows.h"

typedef struct {
    void (*segment_f32)(const float *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output);
    void (*segment_f16)(const uint16_t *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output);
    void (*to_half)(const float *values, int64_t count, uint16_t *output);
} gk_rows_kernels;

extern const gk_rows_kernels gk_rows_portable;
#if defined(__x86_64__)
extern const gk_rows_kernels gk_rows_avx2, gk_rows_avx512;
#endif

/// One number from half precision.
float gk_from_half(uint16_t half);
