#define GK_SET(name) name##_portable
#include "vocoder_kernel.h"
