// Sixteen by sixteen floats transposed in registers: 64 shuffles, each one instruction on every instruction set. Single
// floats, then pairs, are interleaved within each quarter of the vectors; then quarters change places between vectors.
// Include after the target pragma, like lanes.h.
#pragma once
#include "lanes.h"

#define GK_SHUFFLE(a, b, i, j, k, l)                                                                                   \
    __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, l + 8, i + 12, j + 12,  \
                            k + 12, l + 12)
#define GK_QUARTERS(a, b, i, j)                                                                                        \
    __builtin_shufflevector(a, b, 4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3, 4 * j, 4 * j + 1, 4 * j + 2, 4 * j + 3,      \
                            4 * i + 16, 4 * i + 17, 4 * i + 18, 4 * i + 19, 4 * j + 16, 4 * j + 17, 4 * j + 18,        \
                            4 * j + 19)

GK_INLINE void v16_transpose(v16 rows[16]) {
    v16 pairs[16], fours[16];
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i += 2) {
        pairs[i] = GK_SHUFFLE(rows[i], rows[i + 1], 0, 16, 1, 17);
        pairs[i + 1] = GK_SHUFFLE(rows[i], rows[i + 1], 2, 18, 3, 19);
    }
    // Quarter q of fours[4 * i + j] is column 4 * q + j of rows 4 * i ..< 4 * i + 4.
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            fours[i + 2 * j] = GK_SHUFFLE(pairs[i + j], pairs[i + j + 2], 0, 1, 16, 17);
            fours[i + 2 * j + 1] = GK_SHUFFLE(pairs[i + j], pairs[i + j + 2], 2, 3, 18, 19);
        }
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
        v16 upper_even = GK_QUARTERS(fours[j], fours[4 + j], 0, 2);
        v16 upper_odd = GK_QUARTERS(fours[j], fours[4 + j], 1, 3);
        v16 lower_even = GK_QUARTERS(fours[8 + j], fours[12 + j], 0, 2);
        v16 lower_odd = GK_QUARTERS(fours[8 + j], fours[12 + j], 1, 3);
        rows[j] = GK_QUARTERS(upper_even, lower_even, 0, 2);
        rows[4 + j] = GK_QUARTERS(upper_odd, lower_odd, 0, 2);
        rows[8 + j] = GK_QUARTERS(upper_even, lower_even, 1, 3);
        rows[12 + j] = GK_QUARTERS(upper_odd, lower_odd, 1, 3);
    }
}
