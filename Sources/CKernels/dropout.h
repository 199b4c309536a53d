// Dropout as the kernels use it: gk_dropout_keeps with everything that a call shares worked out once.
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/// Element i is kept, and multiplied by `factor`, where the 24 bits of its hash reach `threshold`.
typedef struct {
    bool active;
    uint64_t base, threshold;
    float factor;
} gk_dropout;

static inline gk_dropout gk_dropout_for(float share, uint64_t key, uint64_t step) {
    if (!(share > 0)) return (gk_dropout){0};
    return (gk_dropout){true, key + step * 0xD1342543DE82EF95u, (uint64_t)ceil((double)share * 0x1p24),
                        1 / (1 - share)};
}
