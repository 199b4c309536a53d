// Features of a track lie row by row in time, [row][mel], so that a segment is one stretch of memory; the nets read
// [mel][frame]. Rows are floats, or IEEE half-precision numbers (as their 16 bits) where they are kept small.
#pragma once
#include <stdint.h>

/// One segment from its rows: output[m][f] = rows[f][m] for f < frames; the last row is repeated up to segment_frames.
/// - rows: [frames][mels], frames from 1 to segment_frames. output: [mels][segment_frames].
void gk_rows_to_segment_f32(const float *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output);
/// The same from half-precision rows.
void gk_rows_to_segment_f16(const uint16_t *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output);
/// Floats to half precision, rounded to nearest, ties to even: infinite from 65,520 on; NaN stays NaN.
void gk_to_half(const float *values, int64_t count, uint16_t *output);

/// How the values of a picture are stored, little-endian.
typedef enum { GK_VALUES_U8, GK_VALUES_F16, GK_VALUES_F32, GK_VALUES_F64, GK_VALUES_I16 } gk_values;

/// Rows in time from a picture: rows[f][m] = picture[m][f] * factor + offset, computed in single precision.
/// - picture: [mels][frames], aligned to nothing. rows: [frames][mels].
void gk_picture_to_rows(
    const void *picture, gk_values kind, int32_t mels, int32_t frames, float factor, float offset, float *rows);

// The oracles: plain loops over single values.
void gk_oracle_rows_to_segment_f32(const float *rows, int32_t frames, int32_t mels, int32_t segment_frames,
                                   float *output);
void gk_oracle_rows_to_segment_f16(const uint16_t *rows, int32_t frames, int32_t mels, int32_t segment_frames,
                                   float *output);
void gk_oracle_to_half(const float *values, int64_t count, uint16_t *output);
