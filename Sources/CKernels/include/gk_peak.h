// The machine's fused-multiply-add peak, as measured: what a kernel's speed is held against.
#pragma once
#include "gk_pool.h"

/// Floating-point operations a second of all the pool's threads together, in the instruction set in use: the best of
/// several short passes of independent multiply-adds on registers (two operations each).
double gk_peak_flops(gk_pool *pool);
