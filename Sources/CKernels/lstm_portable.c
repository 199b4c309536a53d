// LSTM kernels on any vectors the target has.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "lstm.h"

#if defined(__ARM_FEATURE_FMA) || defined(__aarch64__)
#define GK_FMA 1
#else
#define GK_FMA 0
#endif
#include "lstm_kernels.h"

const lstm_kernels gk_lstm_portable = {add, step, step_backward, drop, map_sigmoid, map_tanh};
