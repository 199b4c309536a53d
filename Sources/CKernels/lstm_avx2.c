// LSTM kernels on AVX2 and FMA.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "lstm.h"

#if defined(__x86_64__)
#define GK_FMA 1
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "lstm_kernels.h"
#pragma clang attribute pop

const lstm_kernels gk_lstm_avx2 = {add, step, step_backward, drop, map_sigmoid, map_tanh};
#endif
