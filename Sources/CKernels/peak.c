// Peak: chains of multiply-adds a = a * m + c on registers, enough of them side by side to hide the latency (4 cycles
// on two ports). Nothing is loaded or stored, so this is what no kernel can beat.
#include "gk_isa.h"
#include "gk_peak.h"
#include <time.h>

enum { PASSES = 8, ROUNDS = 1 << 20 };

// A tile of `chains` vectors of `lanes` floats; the sum keeps the compiler from dropping the work.
#define PEAK_LOOP(name, lanes, chains, target_set, multiply_add)                                                       \
    target_set static float name(void) {                                                                               \
        typedef float vector __attribute__((vector_size(4 * lanes)));                                                  \
        vector a[chains], m = (vector){0} + 0.999f, c = (vector){0} + 0.001f;                                          \
        for (int i = 0; i < chains; i++) a[i] = (vector){0} + (float)i;                                                \
        for (int round = 0; round < ROUNDS; round++)                                                                   \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < chains; i++) a[i] = multiply_add(a[i], m, c);       \
        vector sum = a[0];                                                                                             \
        for (int i = 1; i < chains; i++) sum += a[i];                                                                  \
        return sum[0];                                                                                                 \
    }
#define FUSED(a, b, c) __builtin_elementwise_fma(a, b, c)
#define SEPARATE(a, b, c) ((a) * (b) + (c))

PEAK_LOOP(portable_loop, 4, 12, , SEPARATE)
#if defined(__x86_64__)
PEAK_LOOP(avx2_loop, 8, 12, __attribute__((target("avx2,fma"))), FUSED)
PEAK_LOOP(avx512_loop, 16, 16, __attribute__((target("avx512f"))), FUSED)
#endif

typedef struct {
    float (*loop)(void);
    float sink[256];
} peak_run;

static void peak_task(void *context, int32_t item, int32_t worker) {
    peak_run *run = context;
    run->sink[item] = run->loop();
}

double gk_peak_flops(gk_pool *pool) {
    peak_run run = {.loop = portable_loop};
    double operations = 2.0 * 4 * 12;
#if defined(__x86_64__)
    if (gk_isa_active() == GK_ISA_AVX2) run.loop = avx2_loop, operations = 2.0 * 8 * 12;
    if (gk_isa_active() == GK_ISA_AVX512) run.loop = avx512_loop, operations = 2.0 * 16 * 16;
#endif
    int32_t threads = gk_pool_threads(pool);
    if (threads > 256) threads = 256;
    double best = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        gk_pool_run(pool, threads, peak_task, &run);
        clock_gettime(CLOCK_MONOTONIC, &end);
        double seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
        double rate = operations * ROUNDS * threads / seconds;
        if (rate > best) best = rate;
    }
    return best;
}
