// One thread for now: items in order.
#include "gk_isa.h"
#include "gk_pool.h"
#include <stdlib.h>

struct gk_pool {
    int32_t threads;
};

gk_pool *gk_pool_create(int32_t threads) {
    gk_pool *pool = malloc(sizeof(gk_pool));
    if (pool) pool->threads = threads;
    return pool;
}
void gk_pool_destroy(gk_pool *pool) { free(pool); }
int32_t gk_pool_threads(const gk_pool *pool) { return pool->threads; }
void gk_pool_run(gk_pool *pool, int32_t items, gk_task task, void *context) {
    for (int32_t i = 0; i < items; i++) task(context, i, 0);
}

bool gk_isa_available(gk_isa isa) { return isa == GK_ISA_SCALAR; }
gk_isa gk_isa_active(void) { return GK_ISA_SCALAR; }
bool gk_isa_select(gk_isa isa) { return gk_isa_available(isa); }
const char *gk_isa_name(gk_isa isa) {
    static const char *names[] = {"scalar", "portable", "avx2", "avx512"};
    return names[isa];
}
