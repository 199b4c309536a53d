// What the kernels use of newer compilers, for the sanitized program only: slower, and rounded a little differently.
#pragma once
#if !__has_builtin(__builtin_elementwise_fma)
#define __builtin_elementwise_fma(a, b, c) ((a) * (b) + (c))
#endif
#if !__has_builtin(__builtin_elementwise_sqrt)
#define __builtin_elementwise_sqrt(x)                                                                                  \
    ({                                                                                                                 \
        __typeof__(x) roots_ = (x);                                                                                    \
        for (unsigned l_ = 0; l_ < sizeof roots_ / sizeof roots_[0]; l_++) roots_[l_] = __builtin_sqrt(roots_[l_]);    \
        roots_;                                                                                                        \
    })
#endif
