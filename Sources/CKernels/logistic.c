// Multinomial logistic regression (gk_logistic.h). A step on 750 rows of 50 features and 10 classes is 0.8 million
// multiply-adds, so plain loops do.
#include "gk_logistic.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { memory = 10 };

static double dot(int32_t count, const double *a, const double *b) {
    double sum = 0;
    for (int32_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

/// Log-softmax of one row's logits.
static void log_probabilities_of(int32_t inputs, int32_t classes, const double *x, const double *weights, double *z) {
    double greatest = -INFINITY, sum = 0;
    for (int32_t c = 0; c < classes; c++) {
        const double *w = weights + (size_t)c * (inputs + 1);
        z[c] = dot(inputs, w, x) + w[inputs];
        greatest = fmax(greatest, z[c]);
    }
    for (int32_t c = 0; c < classes; c++) sum += exp(z[c] - greatest);
    double normaliser = greatest + log(sum);
    for (int32_t c = 0; c < classes; c++) z[c] -= normaliser;
}

void gk_logistic_predict(int32_t rows, int32_t inputs, int32_t classes, const double *features, const double *weights,
                         double *log_probabilities) {
    for (int32_t n = 0; n < rows; n++)
        log_probabilities_of(inputs, classes, features + (size_t)n * inputs, weights,
                             log_probabilities + (size_t)n * classes);
}

static double loss_and_gradient(int32_t rows, int32_t inputs, int32_t classes, const double *features,
                                const int32_t *labels, double penalty, const double *weights, double *gradient,
                                double *z) {
    int32_t stride = inputs + 1;
    double loss = 0;
    memset(gradient, 0, sizeof(double) * (size_t)classes * stride);
    for (int32_t n = 0; n < rows; n++) {
        const double *x = features + (size_t)n * inputs;
        log_probabilities_of(inputs, classes, x, weights, z);
        loss -= z[labels[n]];
        for (int32_t c = 0; c < classes; c++) {
            double error = (exp(z[c]) - (c == labels[n])) / rows, *g = gradient + (size_t)c * stride;
            for (int32_t i = 0; i < inputs; i++) g[i] += error * x[i];
            g[inputs] += error;
        }
    }
    loss /= rows;
    for (int32_t c = 0; c < classes; c++)
        for (int32_t i = 0; i < inputs; i++) {
            double w = weights[(size_t)c * stride + i];
            loss += penalty / 2 * w * w;
            gradient[(size_t)c * stride + i] += penalty * w;
        }
    return loss;
}

double gk_logistic_fit(int32_t rows, int32_t inputs, int32_t classes, const double *features, const int32_t *labels,
                       double penalty, int32_t steps, double *weights) {
    int32_t size = classes * (inputs + 1);
    double *room = calloc((size_t)size * (2 * memory + 4) + (size_t)classes, sizeof(double));
    if (!room) return -1;
    double *moves = room, *changes = moves + (size_t)memory * size, *gradient = changes + (size_t)memory * size;
    double *direction = gradient + size, *tried = direction + size, *found = tried + size, *z = found + size;
    double inverse[memory], factor[memory];
    int32_t pairs = 0;
    memset(weights, 0, sizeof(double) * size);
    double loss = loss_and_gradient(rows, inputs, classes, features, labels, penalty, weights, gradient, z);
    for (int32_t step = 0; step < steps; step++) {
        double greatest = 0;
        for (int32_t i = 0; i < size; i++) greatest = fmax(greatest, fabs(gradient[i]));
        if (greatest < 1e-7) break;
        // Two loops over the pairs, the newest first, then the oldest first.
        for (int32_t i = 0; i < size; i++) direction[i] = -gradient[i];
        int32_t kept = pairs < memory ? pairs : memory;
        for (int32_t back = 1; back <= kept; back++) {
            int32_t k = (pairs - back) % memory;
            factor[k] = inverse[k] * dot(size, moves + (size_t)k * size, direction);
            for (int32_t i = 0; i < size; i++) direction[i] -= factor[k] * changes[(size_t)k * size + i];
        }
        if (kept) {
            const double *s = moves + (size_t)((pairs - 1) % memory) * size;
            const double *y = changes + (size_t)((pairs - 1) % memory) * size;
            double scale = dot(size, s, y) / dot(size, y, y);
            for (int32_t i = 0; i < size; i++) direction[i] *= scale;
        }
        for (int32_t back = kept; back >= 1; back--) {
            int32_t k = (pairs - back) % memory;
            double other = inverse[k] * dot(size, changes + (size_t)k * size, direction);
            for (int32_t i = 0; i < size; i++) direction[i] += (factor[k] - other) * moves[(size_t)k * size + i];
        }
        double slope = dot(size, gradient, direction), length = 1, next = loss;
        int isLower = 0;
        for (int32_t half = 0; half < 40 && !isLower; half++, length /= 2) {
            for (int32_t i = 0; i < size; i++) tried[i] = weights[i] + length * direction[i];
            next = loss_and_gradient(rows, inputs, classes, features, labels, penalty, tried, found, z);
            isLower = next <= loss + 1e-4 * length * slope;
        }
        if (!isLower) break;
        double *s = moves + (size_t)(pairs % memory) * size, *y = changes + (size_t)(pairs % memory) * size;
        for (int32_t i = 0; i < size; i++) {
            s[i] = tried[i] - weights[i];
            y[i] = found[i] - gradient[i];
        }
        double curvature = dot(size, s, y);
        memcpy(weights, tried, sizeof(double) * size);
        memcpy(gradient, found, sizeof(double) * size);
        loss = next;
        if (curvature > 1e-18) {
            inverse[pairs % memory] = 1 / curvature;
            pairs++;
        }
    }
    free(room);
    return loss;
}
