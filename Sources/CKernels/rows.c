// Segments from rows: a transposition.
#include "gk_rows.h"

void gk_rows_to_segment_f32(const float *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output) {
    for (int32_t m = 0; m < mels; m++) {
        float *row = output + (int64_t)m * segment_frames;
        for (int32_t f = 0; f < frames; f++)
            row[f] = rows[(int64_t)f * mels + m];
        for (int32_t f = frames; f < segment_frames; f++)
            row[f] = row[frames - 1];
    }
}
