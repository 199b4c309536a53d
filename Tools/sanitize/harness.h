// What the checks of the sanitized program share.
#pragma once
#include "CKernels.h"
#include <stdio.h>
#include <stdlib.h>

/// `count` numbers in -1 ... 1, the same ones in every run, in memory that ends where they end.
float *random_floats(size_t count);
/// A copy, likewise.
float *copied_floats(const float *from, size_t count);
/// Ends the program where the two lists differ by more than 1e-5 of the largest number, or `found` holds no number.
void expect_close(const char *what, const float *found, const float *expected, size_t count);

/// The same of sums of `terms` numbers in -1 ... 1, which may cancel: as if the largest were a tenth of the root of `terms`
/// at least.
void expect_sums_close(const char *what, const float *found, const float *expected, size_t count, size_t terms);

void check_pool(void);
void check_features(void);
void check_vocoder(void);
void check_dense(gk_pool *pool);
void check_adam(gk_pool *pool);
void check_lstm(gk_pool *pool);
void check_layers(gk_pool *pool);
void check_blocks(gk_pool *pool);
