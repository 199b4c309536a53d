// Segments from rows: blocks of sixteen rows by sixteen mels transposed in registers, the rest one by one. The
// including file defines GK_F16C as 1 where vectors convert half precision, then includes this after its target pragma.
#include "blocks_transpose.h"
#include "rows.h"

#if !defined(__FLT16_MANT_DIG__) // clang before 15 has no _Float16 for most processors
#undef GK_F16C
#define GK_F16C 0
#endif

typedef uint16_t h16 __attribute__((vector_size(32), aligned(2)));
#if GK_F16C
typedef _Float16 f16x16 __attribute__((vector_size(32)));
#endif

GK_INLINE v16 rows_load_float(const float *from) { return v16_load(from); }
GK_INLINE float rows_one_float(const float *from) { return *from; }
GK_INLINE float rows_one_half(const uint16_t *from) { return gk_from_half(*from); }
GK_INLINE v16 rows_load_half(const uint16_t *from) {
#if GK_F16C
    return __builtin_convertvector((f16x16)*(const h16 *)from, v16);
#else
    v16 to;
    for (int i = 0; i < 16; i++)
        to[i] = gk_from_half(from[i]);
    return to;
#endif
}

#define GK_SEGMENT(name, type, load, one)                                                                              \
    static void name(const type *rows, int32_t frames, int32_t mels, int32_t segment_frames, float *output) {          \
        const ptrdiff_t step = mels, width = segment_frames;                                                           \
        int32_t m = 0;                                                                                                 \
        for (; m + 16 <= mels; m += 16) {                                                                              \
            int32_t f = 0;                                                                                             \
            for (; f + 16 <= frames; f += 16) {                                                                        \
                v16 block[16];                                                                                         \
                for (int i = 0; i < 16; i++)                                                                           \
                    block[i] = load(rows + (f + i) * step + m);                                                        \
                v16_transpose(block);                                                                                  \
                for (int i = 0; i < 16; i++)                                                                           \
                    v16_store(output + (m + i) * width + f, block[i]);                                                 \
            }                                                                                                          \
            for (; f < frames; f++) {                                                                                  \
                v16 row = load(rows + f * step + m);                                                                   \
                for (int i = 0; i < 16; i++)                                                                           \
                    output[(m + i) * width + f] = row[i];                                                              \
            }                                                                                                          \
        }                                                                                                              \
        for (; m < mels; m++)                                                                                          \
            for (int32_t f = 0; f < frames; f++)                                                                       \
                output[m * width + f] = one(rows + f * step + m);                                                      \
        for (m = 0; m < mels; m++)                                                                                     \
            for (int32_t f = frames; f < segment_frames; f++)                                                          \
                output[m * width + f] = output[m * width + frames - 1];                                                \
    }
GK_SEGMENT(segment_f32, float, rows_load_float, rows_one_float)
GK_SEGMENT(segment_f16, uint16_t, rows_load_half, rows_one_half)

static void to_half(const float *values, int64_t count, uint16_t *output) {
    int64_t i = 0;
#if GK_F16C
    for (; i + 16 <= count; i += 16)
        *(h16 *)(output + i) = (h16)__builtin_convertvector(v16_load(values + i), f16x16);
#endif
    gk_oracle_to_half(values + i, count - i, output + i);
}

const gk_rows_kernels GK_SET(gk_rows) = {segment_f32, segment_f16, to_half};
