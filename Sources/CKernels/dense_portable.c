// Dense kernels on any vectors the target has.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "dense.h"

#if defined(__ARM_FEATURE_FMA) || defined(__aarch64__)
#define GK_FMA 1
#else
#define GK_FMA 0
#endif
#define GK_BITS 128
#include "dense_kernels.h"

const dense_kernels gk_dense_portable = {
    {gemm_rows, gemm_columns, transpose, sum_rows}, finish, start_backward};
