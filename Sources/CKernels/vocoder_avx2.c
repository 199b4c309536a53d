#if defined(__x86_64__)
#include "vocoder_plan.h"
#include <float.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define GK_SET(name) name##_avx2
#include "vocoder_kernel.h"
#pragma clang attribute pop
#endif
