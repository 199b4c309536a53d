// Scratch memory that lives with a pool, for kernels whose callers hand over no workspace.
#pragma once
#include "gk_pool.h"
#include <stddef.h>

/// At least `bytes` bytes, aligned to a page, kept until the next call: it grows only, so that a training step touches no
/// fresh page. NULL where memory runs out. One kernel at a time uses it, as one at a time runs on a pool.
void *gk_pool_scratch(gk_pool *pool, size_t bytes);
