// Sixteen floats as one value, for kernels that are compiled once an instruction set: include this header after the
// target pragma of an instruction set's own file (say dense_avx512.c), which defines GK_FMA as 1 where the set has fused
// multiply-add. The compiler maps a v16 to one AVX-512 register, two AVX registers or four SSE or NEON ones, so tile
// sizes belong to the set, the formulas to all. Never pass a v16 to a function that is not inlined: its calling
// convention depends on the set.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Every function that takes or gives a v16 is inlined, so no calling convention is in play.
#pragma clang diagnostic ignored "-Wpsabi"

#define GK_INLINE static inline __attribute__((always_inline))

typedef float v16 __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef float v16_unaligned __attribute__((vector_size(64), aligned(4)));

GK_INLINE v16 v16_load(const float *from) { return *(const v16_unaligned *)from; }
GK_INLINE void v16_store(float *to, v16 value) { *(v16_unaligned *)to = value; }
/// (Written out: `(v16){0} + value` would add before it broadcasts, for the sake of -0.)
GK_INLINE v16 v16_all(float v) { return (v16){v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v}; }
/// a * b + c
GK_INLINE v16 v16_fma(v16 a, v16 b, v16 c) {
#if GK_FMA
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}
/// c - a * b
GK_INLINE v16 v16_fnma(v16 a, v16 b, v16 c) { return v16_fma(-a, b, c); }
GK_INLINE v16 v16_select(v16i mask, v16 yes, v16 no) { return (v16)(((v16i)yes & mask) | ((v16i)no & ~mask)); }
GK_INLINE v16 v16_leaky(v16 value, float slope) { return v16_select(value > 0, value, value * slope); }
/// Zero for what lies below 2^-63. Products of what remains are never subnormal: a multiply-add that meets subnormals
/// takes a hundred times as long on some processors, and saturated gates make them by the thousand.
GK_INLINE v16 v16_cut(v16 value) {
    v16 size = (v16)((v16i)value & 0x7FFFFFFF);
    return (v16)((v16i)value & ~(size < 0x1p-63f));
}
