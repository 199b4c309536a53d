#define GK_SET(name) name##_portable
#include "features_kernel.h"
