// One persistent pool of threads with bounded spinning. Work is cut into items; which worker takes which item is left to
// chance, so a task may write only what belongs to its item.
#pragma once
#include <stdint.h>

typedef struct gk_pool gk_pool;
/// `worker` is below gk_pool_threads and belongs to one running item at a time: it may index scratch memory.
typedef void (*gk_task)(void *context, int32_t item, int32_t worker);

/// A pool of `threads` workers (the caller is one of them); NULL where memory or threads run out.
gk_pool *gk_pool_create(int32_t threads);
void gk_pool_destroy(gk_pool *pool);
int32_t gk_pool_threads(const gk_pool *pool);
/// Runs items 0..<items and returns when all are done. Not to be called from two threads at once, nor from a task.
void gk_pool_run(gk_pool *pool, int32_t items, gk_task task, void *context);
/// Cores that the scheduler lets this process run on.
int32_t gk_usable_cores(void);
