#if defined(__x86_64__)
#include "rows.h"
#include <stddef.h>
#define GK_FMA 1
#define GK_F16C 1
#define GK_SET(name) name##_avx512
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c"))), apply_to = function)
#include "rows_kernels.h"
#pragma clang attribute pop
#endif
