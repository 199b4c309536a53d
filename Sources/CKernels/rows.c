// Segments from rows: a transposition.
#include "gk_rows.h"
#include <string.h>

void gk_rows_to_segment_f32(const float *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output) {
    for (int32_t m = 0; m < mels; m++) {
        float *row = output + (int64_t)m * segment_frames;
        for (int32_t f = 0; f < frames; f++)
            row[f] = rows[(int64_t)f * mels + m];
        for (int32_t f = frames; f < segment_frames; f++)
            row[f] = row[frames - 1];
    }
}

static float from_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 0x1F, fraction = half & 0x3FF, bits;
    if (exponent == 31) {
        bits = sign | 0x7F800000 | fraction << 13;
    } else if (exponent) {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    } else {
        float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint16_t to_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = bits >> 16 & 0x8000;
    bits &= 0x7FFFFFFF;
    if (bits > 0x7F800000) return sign | 0x7E00;
    if (bits >= 0x477FF000) return sign | 0x7C00; // rounds to 65,536 or beyond
    if (bits < 0x38800000) {                      // below 2^-14: a multiple of 2^-24, rounded by the addition
        float magnitude, shifter = 0.5f;
        memcpy(&magnitude, &bits, sizeof magnitude);
        magnitude += shifter;
        memcpy(&bits, &magnitude, sizeof bits);
        return sign | (uint16_t)(bits - 0x3F000000);
    }
    return sign | (uint16_t)((bits - 0x38000000 + 0xFFF + (bits >> 13 & 1)) >> 13);
}

void gk_rows_to_segment_f16(
    const uint16_t *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output) {
    for (int32_t m = 0; m < mels; m++) {
        float *row = output + (int64_t)m * segment_frames;
        for (int32_t f = 0; f < frames; f++)
            row[f] = from_half(rows[(int64_t)f * mels + m]);
        for (int32_t f = frames; f < segment_frames; f++)
            row[f] = row[frames - 1];
    }
}

void gk_to_half(const float *from, int64_t count, uint16_t *to) {
    for (int64_t i = 0; i < count; i++)
        to[i] = to_half(from[i]);
}
