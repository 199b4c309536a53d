// Dense kernels on AVX2 and FMA.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "dense.h"

#if defined(__x86_64__)
#define GK_FMA 1
#define GK_BITS 256
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "dense_kernels.h"
#pragma clang attribute pop

const dense_kernels gk_dense_avx2 = {
    {gemm_rows, gemm_columns, transpose, sum_rows}, finish, start_backward};
#endif
