#if defined(__x86_64__)
#include "features_plan.h"
#include <math.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))),                   \
                             apply_to = function)
#define GK_FMA 1
#define GK_VECTOR_BYTES 64
#define GK_SET(name) name##_avx512
#include "features_kernel.h"
#pragma clang attribute pop
#endif
