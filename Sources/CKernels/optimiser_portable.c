// Optimisers on any vectors the target has.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "optimiser.h"

#if defined(__ARM_FEATURE_FMA) || defined(__aarch64__)
#define GK_FMA 1
#else
#define GK_FMA 0
#endif
#include "optimiser_kernels.h"

const method_kernels gk_methods_portable = GK_METHODS;
