// The pool of threads (gk_pool.h).
//
// One 64-bit ticket holds the run's number and how many of its items nobody has taken yet. A worker takes an item by
// lowering the ticket with compare-and-swap, so a worker that wakes late can never take an item of a run that is over,
// and nobody waits for workers that took nothing: a pool with more threads than cores loses little.
#include "gk_pool.h"
#include "isa_selection.h"
#include "pool_scratch.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

// A pause takes 10 to 40 ns: workers stay awake for some 50 us, longer than the gap between two runs of a step.
enum { SPINS = 2000, CROWDED_SPINS = 50, YIELDS = 20, CACHE_LINE = 128 };

struct gk_pool {
    int32_t threads;
    int32_t started; // other than the caller
    int32_t spins;
    pthread_t *handles;
    void *scratch;
    size_t scratch_bytes;

    // The run: written by the caller while no item is out.
    gk_task task;
    void *context;
    int32_t items;
    int32_t selection; // the caller's instruction set

    _Alignas(CACHE_LINE) atomic_uint_fast64_t ticket; // run << 32 | items not taken
    _Alignas(CACHE_LINE) atomic_int unfinished;       // items not done
    _Alignas(CACHE_LINE) atomic_int sleepers;
    atomic_bool caller_sleeps, stop;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
};

typedef struct {
    gk_pool *pool;
    int32_t worker;
} worker_start;

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/// Takes and runs items until none is left; whether it ran any.
static bool work_off(gk_pool *pool, int32_t worker) {
    bool any = false;
    uint_fast64_t ticket = atomic_load(&pool->ticket);
    while ((uint32_t)ticket) {
        if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket - 1)) continue;
        any = true;
        // Holding an item keeps the run open, so its description stands still.
        isa_adopt(pool->selection);
        pool->task(pool->context, pool->items - (int32_t)(uint32_t)ticket, worker);
        if (atomic_fetch_sub(&pool->unfinished, 1) == 1 && atomic_load(&pool->caller_sleeps)) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
        ticket = atomic_load(&pool->ticket);
    }
    return any;
}

static bool has_work(gk_pool *pool) { return (uint32_t)atomic_load(&pool->ticket) || atomic_load(&pool->stop); }

static void sleep_until_work(gk_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    // The caller publishes its run before it counts the sleepers, and a sleeper counts itself before it looks for a
    // run: one of the two sees the other.
    atomic_fetch_add(&pool->sleepers, 1);
    while (!has_work(pool)) pthread_cond_wait(&pool->work, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *argument) {
    worker_start start = *(worker_start *)argument;
    free(argument);
    gk_pool *pool = start.pool;
    int32_t idle = 0;
    while (!atomic_load_explicit(&pool->stop, memory_order_relaxed)) {
        if (work_off(pool, start.worker)) {
            idle = 0;
        } else if (idle < pool->spins) {
            pause_briefly();
            idle++;
        } else {
            sleep_until_work(pool);
            idle = 0;
        }
    }
    return NULL;
}

static void wait_until_done(gk_pool *pool) {
    for (int32_t i = 0; i < pool->spins; i++) {
        if (!atomic_load(&pool->unfinished)) return;
        pause_briefly();
    }
    for (int32_t i = 0; i < YIELDS; i++) {
        if (!atomic_load(&pool->unfinished)) return;
        sched_yield();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->caller_sleeps, true);
    while (atomic_load(&pool->unfinished)) pthread_cond_wait(&pool->done, &pool->lock);
    atomic_store(&pool->caller_sleeps, false);
    pthread_mutex_unlock(&pool->lock);
}

int32_t gk_usable_cores(void) {
#if defined(__linux__) && defined(CPU_COUNT)
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set)) return CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int32_t)online : 1;
}

gk_pool *gk_pool_create(int32_t threads) {
    if (threads < 1) threads = 1;
    void *memory = NULL;
    if (posix_memalign(&memory, CACHE_LINE, sizeof(gk_pool))) return NULL;
    gk_pool *pool = memory;
    *pool = (gk_pool){.threads = threads, .spins = threads > gk_usable_cores() ? CROWDED_SPINS : SPINS};
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->handles = calloc((size_t)threads, sizeof(pthread_t));
    bool complete = pool->handles != NULL;
    // Signals meant for the program are for its own threads; faults stay where they happen.
    sigset_t blocked, before;
    sigfillset(&blocked);
    const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    for (int32_t w = 1; complete && w < threads; w++) {
        worker_start *start = malloc(sizeof *start);
        if (start) *start = (worker_start){pool, w};
        complete = start && !pthread_create(&pool->handles[w - 1], NULL, worker_main, start);
        if (complete) pool->started++;
        else free(start);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (complete) return pool;
    gk_pool_destroy(pool);
    return NULL;
}

void gk_pool_destroy(gk_pool *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stop, true);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (int32_t i = 0; i < pool->started; i++) pthread_join(pool->handles[i], NULL);
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    free(pool->handles);
    free(pool->scratch);
    free(pool);
}

int32_t gk_pool_threads(const gk_pool *pool) { return pool->threads; }

void gk_pool_run(gk_pool *pool, int32_t items, gk_task task, void *context) {
    if (items <= 0) return;
    if (items == 1 || pool->threads == 1) {
        for (int32_t i = 0; i < items; i++) task(context, i, 0);
        return;
    }
    pool->task = task;
    pool->context = context;
    pool->items = items;
    pool->selection = isa_selection();
    atomic_store(&pool->unfinished, items);
    uint_fast64_t run = (atomic_load(&pool->ticket) >> 32) + 1;
    atomic_store(&pool->ticket, run << 32 | (uint32_t)items);
    if (atomic_load(&pool->sleepers)) {
        pthread_mutex_lock(&pool->lock);
        int32_t wanted = items - 1, asleep = atomic_load(&pool->sleepers);
        if (wanted >= asleep) pthread_cond_broadcast(&pool->work);
        else
            while (wanted--) pthread_cond_signal(&pool->work);
        pthread_mutex_unlock(&pool->lock);
    }
    work_off(pool, 0);
    wait_until_done(pool);
}

void *gk_pool_scratch(gk_pool *pool, size_t bytes) {
    if (bytes <= pool->scratch_bytes) return pool->scratch;
    void *memory = NULL;
    if (posix_memalign(&memory, 4096, bytes)) return NULL;
    free(pool->scratch);
    pool->scratch = memory;
    pool->scratch_bytes = bytes;
    return memory;
}
