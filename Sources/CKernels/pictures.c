#include "gk_pictures.h"
#include <math.h>

enum { LANES = 16 };

void gk_picture_levels(const float *rows, int64_t count, int32_t mels, int64_t used, int64_t columns, float range, float top,
               float *output) {
    int64_t size = count * mels, i = 0;
    float least[LANES], greatest[LANES];
    for (int l = 0; l < LANES; l++)
        least[l] = INFINITY, greatest[l] = -INFINITY;
    for (; i + LANES <= size; i += LANES)
        for (int l = 0; l < LANES; l++) {
            float v = rows[i + l];
            least[l] = v < least[l] ? v : least[l];
            greatest[l] = v > greatest[l] ? v : greatest[l];
        }
    for (; i < size; i++) {
        least[0] = fminf(least[0], rows[i]);
        greatest[0] = fmaxf(greatest[0], rows[i]);
    }
    for (int l = 1; l < LANES; l++) {
        least[0] = fminf(least[0], least[l]);
        greatest[0] = fmaxf(greatest[0], greatest[l]);
    }
    float floor = fmaxf(least[0], greatest[0] - range), bottom = top - range / 2;
    float scale = greatest[0] > floor ? range / 2 / (greatest[0] - floor) : 0;
    for (int64_t c = 0; c < columns; c++) {
        const float *from = rows + (2 * c + 1) * used / (2 * columns) * mels;
        float *to = output + c * mels;
        for (int32_t m = 0; m < mels; m++) {
            float above = from[m] - floor;
            to[m] = bottom + (above > 0 ? above : 0) * scale;
        }
    }
}

void gk_oracle_picture_levels(const float *rows, int64_t count, int32_t mels, int64_t used, int64_t columns, float range,
                      float top, float *output) {
    double least = INFINITY, greatest = -INFINITY;
    for (int64_t i = 0; i < count * mels; i++) {
        least = fmin(least, rows[i]);
        greatest = fmax(greatest, rows[i]);
    }
    if (least < greatest - range)
        least = greatest - range;
    for (int64_t c = 0; c < columns; c++)
        for (int32_t m = 0; m < mels; m++) {
            int64_t row = (int64_t)floor((c + 0.5) * used / columns);
            double value = fmax(rows[row * mels + m], least);
            double share = greatest > least ? (greatest - value) / (greatest - least) : 1;
            output[c * mels + m] = (float)(top - share * range / 2);
        }
}
