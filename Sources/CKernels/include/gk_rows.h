// Features of a track lie row by row in time, [row][mel], so that a segment is one stretch of memory; the nets read
// [mel][frame].
#pragma once
#include <stdint.h>

/// One segment from its rows: output[m][f] = rows[f][m] for f < frames; the last row is repeated up to segment_frames.
/// - rows: [frames][mels], frames from 1 to segment_frames. output: [mels][segment_frames].
void gk_rows_to_segment_f32(const float *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output);
