// Direct forward for whatever the compiler's baseline is: a v16 is four registers of four floats.
#include "block_paths.h"
#include "blocks_direct_kernels.h"
#include <string.h>

#define GK_TILE_PAIR 0
#if defined(__aarch64__)
#define GK_FMA 1
#define GK_TILE_ONE 6
#else
#define GK_FMA 0
#define GK_TILE_ONE 2
#endif
#pragma clang diagnostic ignored "-Wpsabi" // every v16 function is inlined
#include "blocks_direct.h"

const gk_direct_kernels gk_direct_portable = {.pair = 0, .forward = direct_forward};
