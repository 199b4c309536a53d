// Segments from rows: which kernel, and the oracles.
#include "rows.h"
#include "gk_isa.h"
#include <string.h>

static const gk_rows_kernels *active(void) {
    switch (gk_isa_active()) {
#if defined(__x86_64__)
    case GK_ISA_AVX512:
        return &gk_rows_avx512;
    case GK_ISA_AVX2:
        // Its kernels convert by F16C, which every processor with AVX2 has but a virtual machine may hide.
        return __builtin_cpu_supports("f16c") ? &gk_rows_avx2 : &gk_rows_portable;
#endif
    case GK_ISA_PORTABLE:
        return &gk_rows_portable;
    default:
        return NULL;
    }
}

void gk_rows_to_segment_f32(const float *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output) {
    const gk_rows_kernels *kernels = active();
    (kernels ? kernels->segment_f32 : gk_oracle_rows_to_segment_f32)(rows, frames, mels, segment_frames, output);
}

void gk_rows_to_segment_f16(const uint16_t *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output) {
    const gk_rows_kernels *kernels = active();
    (kernels ? kernels->segment_f16 : gk_oracle_rows_to_segment_f16)(rows, frames, mels, segment_frames, output);
}

void gk_to_half(const float *values, int64_t count, uint16_t *output) {
    const gk_rows_kernels *kernels = active();
    (kernels ? kernels->to_half : gk_oracle_to_half)(values, count, output);
}

float gk_from_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 0x3FF;
    if (exponent == 0) {
        float small = (float)fraction * 0x1p-24f;
        return sign ? -small : small;
    }
    uint32_t bits = sign | (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13;
    if (exponent == 31 && fraction)
        bits |= 0x400000; // as the processor does: a NaN becomes quiet
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint16_t half_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = bits >> 16 & 0x8000;
    uint32_t size = bits & 0x7FFFFFFF;
    if (size > 0x7F800000)
        return sign | 0x7E00 | (size >> 13 & 0x1FF);
    if (size >= 0x477FF000) // 65,520
        return sign | 0x7C00;
    uint32_t fraction = (size & 0x7FFFFF) | 0x800000, drop = 13, base = 0;
    if (size >= 0x38800000) // 2^-14: a normal number; the exponent takes the carry of the rounding
        base = (size >> 23) - 113;
    else
        drop = 126 - (size >> 23) < 31 ? 126 - (size >> 23) : 31;
    uint32_t kept = fraction >> drop, rest = fraction & ((1u << drop) - 1), middle = 1u << (drop - 1);
    kept += rest > middle || (rest == middle && kept & 1);
    return sign | (uint16_t)((base << 10) + kept);
}

void gk_oracle_to_half(const float *values, int64_t count, uint16_t *output) {
    for (int64_t i = 0; i < count; i++)
        output[i] = half_of(values[i]);
}

#define GK_ORACLE(name, type, convert)                                                                                 \
    void name(const type *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output) {                 \
        for (int32_t m = 0; m < mels; m++)                                                                             \
            for (int32_t f = 0; f < segment_frames; f++)                                                               \
                output[(int64_t)m * segment_frames + f] =                                                              \
                    convert(rows[(int64_t)(f < frames ? f : frames - 1) * mels + m]);                                  \
    }
GK_ORACLE(gk_oracle_rows_to_segment_f32, float, )
GK_ORACLE(gk_oracle_rows_to_segment_f16, uint16_t, gk_from_half)
void gk_picture_to_rows(
    const void *picture, gk_values kind, int32_t mels, int32_t frames, float factor, float offset, float *rows) {
    static const size_t sizes[] = {1, 2, 4, 8, 2};
    const size_t size = sizes[kind];
    for (int32_t m = 0; m < mels; m++) {
        const uint8_t *band = (const uint8_t *)picture + (size_t)m * (size_t)frames * size;
        for (int32_t f = 0; f < frames; f++) {
            const uint8_t *place = band + (size_t)f * size;
            float value;
            if (kind == GK_VALUES_U8) {
                value = *place;
            } else if (kind == GK_VALUES_F16) {
                uint16_t half;
                memcpy(&half, place, sizeof half);
                value = gk_from_half(half);
            } else if (kind == GK_VALUES_I16) {
                int16_t whole;
                memcpy(&whole, place, sizeof whole);
                value = whole;
            } else if (kind == GK_VALUES_F32) {
                memcpy(&value, place, sizeof value);
            } else {
                double wide;
                memcpy(&wide, place, sizeof wide);
                value = (float)wide;
            }
            rows[(int64_t)f * mels + m] = value * factor + offset;
        }
    }
}
