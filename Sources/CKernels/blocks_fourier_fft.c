// Plans of real Fourier transforms: which radices in which order, and the twiddle factors (computed in double
// precision).
#include "blocks_fourier_fft.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int32_t stages;
    int32_t radix[GK_FFT_MAX_STAGES];
    int64_t operations; // for all M points; 0: none found
} factorisation;

/// Additions and multiplications of one butterfly without its twiddle factors, and a load and a store a value.
static int64_t butterfly_operations(int32_t radix) {
    switch (radix) {
    case 2:
        return 4 + 4;
    case 3:
        return 14 + 6;
    case 4:
        return 16 + 8;
    case 5:
        return 36 + 10;
    case 6:
        return 48 + 12;
    default:
        return 60 + 16;
    }
}

static factorisation factorise(int32_t half, int32_t size, int32_t depth) {
    static const int32_t radices[] = {8, 6, 5, 4, 3, 2};
    factorisation best = {0};
    if (size == 1) {
        best.operations = 1;
        return best;
    }
    if (depth == GK_FFT_MAX_STAGES)
        return best;
    for (int i = 0; i < 6; i++) {
        int32_t radix = radices[i];
        if (size % radix)
            continue;
        factorisation rest = factorise(half, size / radix, depth + 1);
        if (!rest.operations)
            continue;
        int64_t twiddles = size == radix ? 0 : 4 * (radix - 1);
        int64_t operations = rest.operations + half / radix * (butterfly_operations(radix) + twiddles);
        if (best.operations && best.operations <= operations)
            continue;
        best.operations = operations;
        best.stages = rest.stages + 1;
        best.radix[0] = radix;
        memcpy(best.radix + 1, rest.radix, sizeof(int32_t) * rest.stages);
    }
    return best;
}

static bool has_small_factors(int32_t size) {
    for (int32_t prime = 2; prime <= 5; prime++)
        while (size % prime == 0)
            size /= prime;
    return size == 1;
}

int64_t gk_fft_operations(int32_t length) {
    if (length < 2 || length % 2 || !has_small_factors(length / 2))
        return 0;
    factorisation found = factorise(length / 2, length / 2, 0);
    return found.operations ? found.operations + 8 * (length / 2) : 0;
}

bool gk_fft_create(gk_fft *fft, int32_t length) {
    memset(fft, 0, sizeof *fft);
    if (!gk_fft_operations(length))
        return false;
    factorisation found = factorise(length / 2, length / 2, 0);
    fft->length = length;
    fft->half = length / 2;
    fft->stages = found.stages;
    memcpy(fft->radix, found.radix, sizeof fft->radix);
    // A stage of n points has n / R * (R - 1) < n factors and the next one has n / R points: 2 M in all at most.
    fft->stage_twiddles = malloc(sizeof(float) * 4 * fft->half);
    fft->real_twiddles = malloc(sizeof(float) * 2 * (fft->half / 2 + 1));
    if (!fft->stage_twiddles || !fft->real_twiddles) {
        gk_fft_destroy(fft);
        return false;
    }
    const double turn = 2 * 3.14159265358979323846;
    float *table = fft->stage_twiddles;
    for (int32_t stage = 0, points = fft->half; stage < fft->stages; stage++) {
        int32_t radix = fft->radix[stage], butterflies = points / radix;
        for (int32_t p = 0; p < butterflies; p++)
            for (int32_t k = 1; k < radix; k++) {
                *table++ = (float)cos(turn * p * k / points);
                *table++ = (float)sin(turn * p * k / points);
            }
        points = butterflies;
    }
    for (int32_t k = 0; k <= fft->half / 2; k++) {
        fft->real_twiddles[2 * k] = (float)cos(turn * k / length);
        fft->real_twiddles[2 * k + 1] = (float)sin(turn * k / length);
    }
    return true;
}

void gk_fft_destroy(gk_fft *fft) {
    free(fft->stage_twiddles);
    free(fft->real_twiddles);
    memset(fft, 0, sizeof *fft);
}
