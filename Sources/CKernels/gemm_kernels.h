// Matrix products in register tiles, compiled once an instruction set: include after lanes.h.
//
//     c[r][0 ..< 16 vectors] = (accumulate ? c : 0) + sum over k of a[r * a_row + k * a_step] * b[k * b_row + ...]
//
// Every sum runs over k in order, one fused multiply-add a term, so the bits do not depend on how rows and columns are
// cut into tiles: a row alone gives what it gives among others.
#pragma once
#include "gemm.h"
#include "lanes.h"

// GK_BITS is the width of the set's registers. The widest tile in vectors, and the rows of a tile of each width: as many accumulators as registers allow.
#if GK_BITS == 512
#define GK_TILE_WIDTH 5
#define GK_TILE_ROWS(width) ((width) == 5 ? 5 : (width) == 4 ? 6 : 8)
#elif GK_BITS == 256 || defined(__aarch64__)
#define GK_TILE_WIDTH 1
#define GK_TILE_ROWS(width) 6
#else
#define GK_TILE_WIDTH 1
#define GK_TILE_ROWS(width) 2
#endif

// (The sanitizers check every term of an unrolled tile: a minute of compiling for nothing.)
#if __has_feature(address_sanitizer)
#define GK_UNROLLED
#else
#define GK_UNROLLED _Pragma("clang loop unroll(full)")
#endif

GK_INLINE void gemm_tile(const int rows, const int width, int32_t depth, const float *a, ptrdiff_t a_row,
                         ptrdiff_t a_step, const float *b, ptrdiff_t b_row, float *c, ptrdiff_t c_row,
                         const int accumulate) {
    v16 sums[8][GK_TILE_WIDTH];
    GK_UNROLLED for (int r = 0; r < rows; r++) {
        GK_UNROLLED for (int w = 0; w < width; w++)
            sums[r][w] = accumulate ? v16_load(c + r * c_row + 16 * w) : (v16){0};
    }
    for (int32_t k = 0; k < depth; k++) {
        v16 x[GK_TILE_WIDTH];
        GK_UNROLLED for (int w = 0; w < width; w++) x[w] = v16_load(b + k * b_row + 16 * w);
        GK_UNROLLED for (int r = 0; r < rows; r++) {
            v16 y = v16_all(a[r * a_row + k * a_step]);
            GK_UNROLLED for (int w = 0; w < width; w++) sums[r][w] = v16_fma(y, x[w], sums[r][w]);
        }
    }
    GK_UNROLLED for (int r = 0; r < rows; r++) {
        GK_UNROLLED for (int w = 0; w < width; w++) v16_store(c + r * c_row + 16 * w, sums[r][w]);
    }
}

/// All rows of `width` columns of vectors.
GK_INLINE void gemm_strip(const int width, int32_t rows, int32_t depth, const float *a, ptrdiff_t a_row,
                          ptrdiff_t a_step, const float *b, ptrdiff_t b_row, float *c, ptrdiff_t c_row,
                          int accumulate) {
#define GK_TILE(count)                                                                                                 \
    if (accumulate) gemm_tile(count, width, depth, a, a_row, a_step, b, b_row, c, c_row, 1);                           \
    else gemm_tile(count, width, depth, a, a_row, a_step, b, b_row, c, c_row, 0)
    const int tile = GK_TILE_ROWS(width);
    for (; rows >= tile; rows -= tile, a += tile * a_row, c += tile * c_row) {
        GK_TILE(tile);
    }
#define GK_REST(count)                                                                                                 \
    case count:                                                                                                        \
        if (count < tile) {                                                                                            \
            GK_TILE(count);                                                                                            \
        }                                                                                                              \
        break
    switch (rows) {
        GK_REST(1);
        GK_REST(2);
        GK_REST(3);
        GK_REST(4);
        GK_REST(5);
        GK_REST(6);
        GK_REST(7);
    }
#undef GK_REST
#undef GK_TILE
}

GK_INLINE void gemm_any(int32_t rows, int32_t vectors, int32_t depth, const float *a, ptrdiff_t a_row,
                        ptrdiff_t a_step, const float *b, ptrdiff_t b_row, float *c, ptrdiff_t c_row, int accumulate) {
    int32_t strips = (vectors + GK_TILE_WIDTH - 1) / GK_TILE_WIDTH;
    for (int32_t s = 0; s < strips; s++) {
        int32_t width = (vectors - 1 - s) / strips + 1; // as even as can be, the wider ones first
        switch (width) {
#define GK_STRIP(w)                                                                                                    \
    case w:                                                                                                            \
        gemm_strip(w, rows, depth, a, a_row, a_step, b, b_row, c, c_row, accumulate);                                  \
        break
            GK_STRIP(1);
#if GK_TILE_WIDTH > 1
            GK_STRIP(2);
            GK_STRIP(3);
            GK_STRIP(4);
            GK_STRIP(5);
#endif
#undef GK_STRIP
        }
        b += 16 * width;
        c += 16 * width;
    }
}

/// a: [rows][depth], rows `a_row` apart.
static void gemm_rows(int32_t rows, int32_t vectors, int32_t depth, const float *a, ptrdiff_t a_row, const float *b,
                      ptrdiff_t b_row, float *c, ptrdiff_t c_row, bool accumulate) {
    gemm_any(rows, vectors, depth, a, a_row, 1, b, b_row, c, c_row, accumulate);
}

/// a: [depth][rows], steps `a_step` apart.
static void gemm_columns(int32_t rows, int32_t vectors, int32_t depth, const float *a, ptrdiff_t a_step, const float *b,
                         ptrdiff_t b_row, float *c, ptrdiff_t c_row, bool accumulate) {
    gemm_any(rows, vectors, depth, a, 1, a_step, b, b_row, c, c_row, accumulate);
}

/// Sixteen rows of sixteen floats, transposed in place in four rounds of exchanges.
GK_INLINE void v16_transpose(v16 m[16]) {
#define GK_ROUND(distance, low, high)                                                                                  \
    GK_UNROLLED for (int i = 0; i < 16; i++) if (!(i & distance)) {                                                    \
        v16 first = __builtin_shufflevector(m[i], m[i + distance], low);                                               \
        v16 second = __builtin_shufflevector(m[i], m[i + distance], high);                                             \
        m[i] = first;                                                                                                  \
        m[i + distance] = second;                                                                                      \
    }
#define GK_LIST(...) __VA_ARGS__
    GK_ROUND(8, GK_LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
             GK_LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
    GK_ROUND(4, GK_LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
             GK_LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
    GK_ROUND(2, GK_LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
             GK_LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
    GK_ROUND(1, GK_LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
             GK_LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#undef GK_LIST
#undef GK_ROUND
}

/// to[c][r] = from[r][c]. Whole blocks of 16 x 16 in registers, the rest one by one.
static void transpose(int32_t rows, int32_t columns, const float *from, ptrdiff_t from_row, float *to,
                      ptrdiff_t to_row) {
    int32_t whole_rows = rows / 16 * 16, whole_columns = columns / 16 * 16;
    for (int32_t r = 0; r < whole_rows; r += 16)
        for (int32_t c = 0; c < whole_columns; c += 16) {
            v16 m[16];
            GK_UNROLLED for (int i = 0; i < 16; i++) m[i] = v16_load(from + (r + i) * from_row + c);
            v16_transpose(m);
            GK_UNROLLED for (int i = 0; i < 16; i++) v16_store(to + (c + i) * to_row + r, m[i]);
        }
    for (int32_t r = 0; r < rows; r++)
        for (int32_t c = r < whole_rows ? whole_columns : 0; c < columns; c++) to[c * to_row + r] = from[r * from_row + c];
}

/// sums[columns] = sum over rows, in order.
static void sum_rows(int32_t rows, int32_t columns, const float *from, float *sums) {
    for (int32_t o = 0; o < columns; o += 16) {
        v16 sum = {0};
        for (int32_t n = 0; n < rows; n++) sum += v16_load(from + (size_t)n * columns + o);
        v16_store(sums + o, sum);
    }
}
