// Kernels of single layers on any vectors the target has.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "layers.h"

#if defined(__ARM_FEATURE_FMA) || defined(__aarch64__)
#define GK_FMA 1
#else
#define GK_FMA 0
#endif
#define GK_BITS 128
#include "layers_kernels.h"

const layer_kernels gk_layers_portable = GK_LAYER_KERNELS;
