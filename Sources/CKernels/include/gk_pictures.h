// A spectrogram as a picture's values: levels below its greatest value, a fixed number of columns.
#pragma once
#include <stdint.h>

/// Columns of a block as the picture of it holds them. Of the natural logarithms of power in `rows`, the greatest
/// becomes `top` and the least, or what lies `range` nepers of power below the greatest where that is more, becomes
/// `top - range / 2`; all between is linear, so that results are nepers of magnitude. Output column c is the block's row
/// floor((c + 1/2) * used / columns). Where all values are alike, all become the least.
/// - rows: [count][mels], count above 0. used: 1...count. output: [columns][mels].
void gk_picture_levels(const float *rows, int64_t count, int32_t mels, int64_t used, int64_t columns, float range, float top,
               float *output);
/// The formula over single values.
void gk_oracle_picture_levels(const float *rows, int64_t count, int32_t mels, int64_t used, int64_t columns, float range,
                      float top, float *output);
