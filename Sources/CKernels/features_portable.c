#if defined(__aarch64__) // fused multiply-add in every processor
#define GK_FMA 1
#else
#define GK_FMA 0
#endif
#define GK_VECTOR_BYTES 16
#define GK_SET(name) name##_portable
#include "features_kernel.h"
