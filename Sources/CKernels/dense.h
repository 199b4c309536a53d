// The table of dense kernels of one instruction set (dense_kernels.h), and what dense.c works out for them.
#pragma once
#include "dropout.h"
#include "gemm.h"
#include "gk_dense.h"

typedef struct {
    gk_gemm gemm;
    void (*finish)(const gk_dense *layer, const gk_dropout *dropout, const float *partials, int32_t chunks,
                   int32_t batch, int32_t begin, int32_t end);
    void (*start_backward)(const gk_dense *layer, const gk_dropout *dropout, int32_t batch, int32_t begin,
                           float *transposed, int32_t padded);
} dense_kernels;

extern const dense_kernels gk_dense_portable, gk_dense_avx2, gk_dense_avx512;

/// The kernels of the instruction set in use; NULL for the scalar one.
const dense_kernels *gk_dense_table(void);
