// The dropout rule on vectors, compiled once an instruction set.
#pragma once
#include "dropout.h"
#include "lanes.h"

typedef uint64_t v8u __attribute__((vector_size(64)));
typedef int64_t v8l __attribute__((vector_size(64)));
typedef int32_t v8i __attribute__((vector_size(32)));

/// The rule of gk_dropout_keeps for eight elements at once.
GK_INLINE v8i keeps8(uint64_t base, uint64_t element, uint64_t threshold) {
    v8u z = (v8u){1, 2, 3, 4, 5, 6, 7, 8} + element;
    z = z * (v8u){0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u,
                  0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u} +
        base;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return __builtin_convertvector((v8l)(z >> 40) >= (v8l){0} + (int64_t)threshold, v8i);
}

/// 1 / (1 - dropout) where the element is kept, else 0.
GK_INLINE v16 dropout_factors(const gk_dropout *d, uint64_t element) {
    v8i low = keeps8(d->base, element, d->threshold), high = keeps8(d->base, element + 8, d->threshold);
    v16i mask = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return v16_select(mask, v16_all(d->factor), (v16){0});
}
