#if defined(__x86_64__)
#include "features_plan.h"
#include <math.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define GK_FMA 1
#define GK_VECTOR_BYTES 32
#define GK_SET(name) name##_avx2
#include "features_kernel.h"
#pragma clang attribute pop
#endif
