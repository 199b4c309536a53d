// The exponential and what is made of it, on vectors, compiled once an instruction set.
#pragma once
#include "lanes.h"

/// e^x for -87 <= x <= 88, else at the nearer bound; relative error about 1e-7.
GK_INLINE v16 v16_exp(v16 x) {
    x = v16_select(x < -87.0f, v16_all(-87.0f), x);
    x = v16_select(x > 88.0f, v16_all(88.0f), x);
    // x = n ln 2 + r: the sum with 1.5 * 2^23 rounds to a whole number and leaves it in the low bits; ln 2 in two parts
    // keeps r exact. e^r = 1 + r + r^2 q(r), q fitted with the smallest largest error.
    const v16 shift = v16_all(0x1.8p23f);
    v16 shifted = v16_fma(x, v16_all(1.44269504f), shift);
    v16 n = shifted - shift;
    v16 r = v16_fnma(n, v16_all(0x1.62e4p-1f), x);
    r = v16_fnma(n, v16_all(1.42860682e-6f), r);
    v16 q = v16_all(0.00138145383f);
    q = v16_fma(q, r, v16_all(0.00836874545f));
    q = v16_fma(q, r, v16_all(0.041668389f));
    q = v16_fma(q, r, v16_all(0.166665211f));
    q = v16_fma(q, r, v16_all(0.49999994f));
    v16 e = v16_fma(q * r, r, r) + 1;
    return (v16)((v16i)e + (((v16i)shifted - (v16i)shift) << 23));
}

GK_INLINE v16 v16_sigmoid(v16 x) { return 1 / (1 + v16_exp(-x)); }

GK_INLINE v16 v16_tanh(v16 x) {
    // Near 0 by x + x^3 p(x^2), else 1 - 2 / (e^2|x| + 1), which there would cancel.
    v16 z = x * x, p = v16_all(-0.00571703678f);
    p = v16_fma(p, z, v16_all(0.0206505787f));
    p = v16_fma(p, z, v16_all(-0.0537434965f));
    p = v16_fma(p, z, v16_all(0.133314908f));
    p = v16_fma(p, z, v16_all(-0.333332837f));
    v16 size = (v16)((v16i)x & 0x7FFFFFFF);
    v16 far = 1 - 2 / (v16_exp(size + size) + 1);
    far = (v16)((v16i)far | ((v16i)x & (int32_t)0x80000000));
    return v16_select(size < 0.625f, v16_fma(p * z, x, x), far);
}
