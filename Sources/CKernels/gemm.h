// The table of matrix kernels of one instruction set (gemm_kernels.h has the formulas).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    /// c[rows][16 vectors] (+)= a[rows][depth] x b[depth][16 vectors]
    void (*rows)(int32_t rows, int32_t vectors, int32_t depth, const float *a, ptrdiff_t a_row, const float *b,
                 ptrdiff_t b_row, float *c, ptrdiff_t c_row, bool accumulate);
    /// The same for a stored as [depth][rows].
    void (*columns)(int32_t rows, int32_t vectors, int32_t depth, const float *a, ptrdiff_t a_step, const float *b,
                    ptrdiff_t b_row, float *c, ptrdiff_t c_row, bool accumulate);
    void (*transpose)(int32_t rows, int32_t columns, const float *from, ptrdiff_t from_row, float *to,
                      ptrdiff_t to_row);
    /// sums[columns] = sum of the rows of from[rows][columns], in order; columns: a multiple of 16
    void (*sum_rows)(int32_t rows, int32_t columns, const float *from, float *sums);
} gk_gemm;
