// Principal components (gk_principal.h): the covariance's greatest eigenvectors by orthogonal iteration, in double
// precision. 10,000 vectors of 200 values are 0.2 billion multiply-adds for the covariance; a step of the iteration is
// 80,000, so that a few hundred steps do not matter.
#include "gk_principal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { steps = 500 };

static double dot(int32_t count, const double *a, const double *b) {
    double sum = 0;
    for (int32_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

/// Takes what lies along the axes before it from an axis, and gives it the length 1.
static bool orthonormalize(double *axes, int32_t size, int32_t index) {
    double *axis = axes + (size_t)index * size;
    // Twice, so that what rounding left of the first time goes.
    for (int32_t pass = 0; pass < 2; pass++)
        for (int32_t other = 0; other < index; other++) {
            const double *before = axes + (size_t)other * size;
            double along = dot(size, axis, before);
            for (int32_t i = 0; i < size; i++) axis[i] -= along * before[i];
        }
    double length = sqrt(dot(size, axis, axis));
    if (!(length > 0) || !isfinite(length)) return false;
    for (int32_t i = 0; i < size; i++) axis[i] /= length;
    return true;
}

/// The sign that makes an axis's greatest component positive, so that the same vectors give the same picture.
static double sign_of(const double *axis, int32_t size) {
    double greatest = 0;
    for (int32_t i = 0; i < size; i++)
        if (fabs(axis[i]) > fabs(greatest)) greatest = axis[i];
    return greatest < 0 ? -1 : 1;
}

bool gk_principal_components(const float *vectors, int32_t rows, int32_t size, int32_t count, double *places,
                             double *shares) {
    if (rows < 2 || size < 1 || count < 1 || count > size) return false;
    size_t area = (size_t)size * size;
    double *work = calloc(area + (size_t)size * (2 + 2 * (size_t)count), sizeof(double));
    if (!work) return false;
    double *covariance = work, *mean = covariance + area, *row = mean + size, *axes = row + size,
           *next = axes + (size_t)count * size;
    bool is_well = false;
    for (int32_t n = 0; n < rows; n++)
        for (int32_t i = 0; i < size; i++) mean[i] += vectors[(size_t)n * size + i];
    for (int32_t i = 0; i < size; i++) mean[i] /= rows;
    double variance = 0;
    for (int32_t n = 0; n < rows; n++) {
        for (int32_t i = 0; i < size; i++) row[i] = vectors[(size_t)n * size + i] - mean[i];
        for (int32_t i = 0; i < size; i++)
            for (int32_t j = 0; j <= i; j++) covariance[(size_t)i * size + j] += row[i] * row[j];
    }
    for (int32_t i = 0; i < size; i++) {
        variance += covariance[(size_t)i * size + i];
        for (int32_t j = 0; j < i; j++) covariance[(size_t)j * size + i] = covariance[(size_t)i * size + j];
    }
    if (!(variance > 0) || !isfinite(variance)) goto end;
    // A start that no axis is at right angles to, but by chance: the same each time.
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < (size_t)count * size; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        axes[i] = (double)(state >> 11) * 0x1p-53 - 0.5;
    }
    for (int32_t c = 0; c < count; c++)
        if (!orthonormalize(axes, size, c)) goto end;
    for (int32_t step = 0; step < steps; step++) {
        for (int32_t c = 0; c < count; c++)
            for (int32_t i = 0; i < size; i++)
                next[(size_t)c * size + i] =
                    dot(size, covariance + (size_t)i * size, axes + (size_t)c * size) / variance;
        double change = 0;
        for (int32_t c = 0; c < count; c++) {
            // Nothing varies along this axis any more: it stays as it is.
            if (!orthonormalize(next, size, c))
                memcpy(next + (size_t)c * size, axes + (size_t)c * size, sizeof(double) * size);
            change = fmax(change, 1 - fabs(dot(size, next + (size_t)c * size, axes + (size_t)c * size)));
        }
        memcpy(axes, next, sizeof(double) * size * count);
        if (change < 1e-14) break;
    }
    for (int32_t c = 0; c < count; c++) {
        const double *axis = axes + (size_t)c * size;
        double sign = sign_of(axis, size), greatest = 0, along = 0;
        for (int32_t n = 0; n < rows; n++) {
            for (int32_t i = 0; i < size; i++) row[i] = vectors[(size_t)n * size + i] - mean[i];
            double place = sign * dot(size, row, axis);
            places[(size_t)n * count + c] = place;
            along += place * place;
            greatest = fmax(greatest, fabs(place));
        }
        shares[c] = along / variance;
        if (greatest > 0)
            for (int32_t n = 0; n < rows; n++) places[(size_t)n * count + c] /= greatest;
    }
    is_well = true;
end:
    free(work);
    return is_well;
}
