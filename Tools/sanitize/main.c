// Every kernel of CKernels once, for the sanitizers (sanitize.sh).
#include "harness.h"
#include <math.h>
#include <string.h>

static float *exact(size_t count) {
    void *memory = NULL;
    // Without spare bytes at the end: the first float beyond is poisoned.
    if (posix_memalign(&memory, 64, count * sizeof(float) + (count == 0))) abort();
    return memory;
}

float *random_floats(size_t count) {
    static uint64_t state = 1;
    float *floats = exact(count);
    for (size_t i = 0; i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        floats[i] = (float)(state >> 40) * 0x1p-23f - 1;
    }
    return floats;
}

float *copied_floats(const float *from, size_t count) {
    float *floats = exact(count);
    memcpy(floats, from, count * sizeof(float));
    return floats;
}

void expect_close(const char *what, const float *found, const float *expected, size_t count) {
    expect_sums_close(what, found, expected, count, 0);
}

void expect_sums_close(const char *what, const float *found, const float *expected, size_t count, size_t terms) {
    // Each term, at most 1, is off by some 6e-8; errors of either sign add up as the root of their number.
    double largest = 0, scale = fmax(1e-30, 0.1 * sqrt((double)terms));
    for (size_t i = 0; i < count; i++) {
        double difference = fabs((double)found[i] - expected[i]);
        if (!(difference <= largest)) largest = difference;
        if (fabsf(expected[i]) > scale) scale = fabsf(expected[i]);
    }
    if (largest <= 1e-5 * scale) return;
    fprintf(stderr, "%s: differs from its oracle by %g of %g\n", what, largest, scale);
    exit(1);
}

static void count_item(void *context, int32_t item, int32_t worker) { ((int32_t *)context)[item]++; }

void check_pool(void) {
    for (int32_t threads = 1; threads < 9; threads++) {
        gk_pool *pool = gk_pool_create(threads);
        if (!pool) abort();
        for (int32_t items = 0; items < 40; items++) {
            int32_t *counts = calloc((size_t)items + 1, sizeof(int32_t));
            gk_pool_run(pool, items, count_item, counts);
            for (int32_t i = 0; i < items; i++)
                if (counts[i] != 1) abort();
            free(counts);
        }
        gk_pool_destroy(pool);
    }
}

int main(int count, char **arguments) {
    const char *isa = gk_isa_name(gk_isa_active());
    if (count > 1 && strcmp(isa, arguments[1])) {
        printf("%s: not on this machine\n", arguments[1]);
        return 0;
    }
    check_pool();
    check_features();
    check_vocoder();
    for (int32_t threads = 1; threads < 4; threads++) {
        gk_pool *pool = gk_pool_create(threads);
        if (!pool) abort();
        check_dense(pool);
        check_adam(pool);
        check_lstm(pool);
        check_layers(pool);
        check_blocks(pool);
        gk_pool_destroy(pool);
    }
    printf("%s: clean\n", isa);
    return 0;
}
