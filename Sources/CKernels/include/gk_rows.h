// Features of a track lie row by row in time, [row][mel], so that a segment is one stretch of memory; the nets read
// [mel][frame].
#pragma once
#include <stdint.h>

/// One segment from its rows: output[m][f] = rows[f][m] for f < frames; the last row is repeated up to segment_frames.
/// - rows: [frames][mels], frames from 1 to segment_frames. output: [mels][segment_frames].
void gk_rows_to_segment_f32(const float *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output);

/// The same from rows in half precision (IEEE 754 binary16).
void gk_rows_to_segment_f16(
    const uint16_t *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output);

/// Rounds to half precision, to the nearest, ties to even; beyond 65,519 to infinity.
void gk_to_half(const float *from, int64_t count, uint16_t *to);
