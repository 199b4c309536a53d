// The loss (gk_dense.h): a few thousand operations a step, so plain loops in double precision.
#include "gk_dense.h"
#include <math.h>
#include <string.h>

double gk_softmax_cross_entropy(int32_t batch, int32_t classes, int32_t stored, const float *logits,
                                const int32_t *labels, float *probabilities, float *gradient, int32_t *correct) {
    double loss = 0;
    int32_t hits = 0;
    for (int32_t n = 0; n < batch; n++) {
        const float *z = logits + (size_t)n * stored;
        int32_t best = 0;
        for (int32_t c = 1; c < classes; c++)
            if (z[c] > z[best]) best = c;
        double sum = 0;
        for (int32_t c = 0; c < classes; c++) sum += exp((double)z[c] - z[best]);
        if (labels) {
            loss += log(sum) + z[best] - z[labels[n]];
            hits += best == labels[n];
        }
        for (int32_t c = 0; c < classes; c++) {
            double p = exp((double)z[c] - z[best]) / sum;
            if (probabilities) probabilities[(size_t)n * classes + c] = (float)p;
            if (gradient && labels) gradient[(size_t)n * stored + c] = (float)((p - (c == labels[n])) / batch);
        }
        if (gradient) memset(gradient + (size_t)n * stored + classes, 0, sizeof(float) * (stored - classes));
    }
    if (correct) *correct = hits;
    return loss;
}

double gk_softmax_cross_entropy_targets(int32_t batch, int32_t classes, int32_t stored, const float *logits,
                                        const gk_targets *targets, float *probabilities, float *gradient,
                                        int32_t *correct, double *weight) {
    const float *w = targets->class_weights;
    double share = targets->second ? targets->share : 1, loss = 0, total = 0;
    int32_t hits = 0;
    for (int32_t n = 0; n < batch; n++) {
        int32_t a = targets->labels[n], b = targets->second ? targets->second[n] : a;
        total += share * (w ? w[a] : 1) + (1 - share) * (w ? w[b] : 1);
    }
    for (int32_t n = 0; n < batch; n++) {
        const float *z = logits + (size_t)n * stored;
        int32_t a = targets->labels[n], b = targets->second ? targets->second[n] : a, best = 0;
        double first = share * (w ? w[a] : 1), second = (1 - share) * (w ? w[b] : 1), sum = 0;
        for (int32_t c = 1; c < classes; c++)
            if (z[c] > z[best]) best = c;
        for (int32_t c = 0; c < classes; c++) sum += exp((double)z[c] - z[best]);
        loss += first * (log(sum) + z[best] - z[a]) + second * (log(sum) + z[best] - z[b]);
        hits += best == (share >= 0.5 ? a : b);
        for (int32_t c = 0; c < classes; c++) {
            double p = exp((double)z[c] - z[best]) / sum;
            if (probabilities) probabilities[(size_t)n * classes + c] = (float)p;
            // (p - target) first, so that a row without weights and mixture has the plain loss's bits.
            if (gradient)
                gradient[(size_t)n * stored + c] =
                    (float)((first * (p - (c == a)) + second * (p - (c == b))) / total);
        }
        if (gradient) memset(gradient + (size_t)n * stored + classes, 0, sizeof(float) * (stored - classes));
    }
    if (correct) *correct = hits;
    if (weight) *weight = total;
    return loss;
}

void gk_sigmoid_probabilities(int32_t batch, int32_t classes, int32_t stored, const float *logits,
                              float *probabilities) {
    for (int32_t n = 0; n < batch; n++)
        for (int32_t c = 0; c < classes; c++)
            probabilities[(size_t)n * classes + c] = (float)(1 / (1 + exp(-(double)logits[(size_t)n * stored + c])));
}
