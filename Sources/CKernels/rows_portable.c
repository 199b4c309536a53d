#include "rows.h"
#include <stddef.h>
#define GK_FMA 0
#define GK_F16C 0
#define GK_SET(name) name##_portable
#include "rows_kernels.h"
