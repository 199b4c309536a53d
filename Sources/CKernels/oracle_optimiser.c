// The optimisers as their formulas (gk_optimiser.h).
#include "gk_oracle.h"
#include <math.h>

gk_magnitudes gk_oracle_optimiser_update(const gk_optimiser *o, int64_t count, int64_t penalised, float *p,
                                         const float *g, float *first, float *second) {
    gk_magnitudes sums = {0};
    float rate = o->learning_rate;
    float corrected = (float)(rate / (1 - pow(o->beta1, (double)o->step)));
    float correction = (float)(1 / sqrt(1 - pow(o->beta2, (double)o->step)));
    for (int64_t i = 0; i < count; i++) {
        float value = p[i], gradient = g[i];
        if (i < penalised) {
            sums.absolute += fabsf(value);
            if (o->l2 != 0) sums.square += (double)value * value;
            gradient += o->l1 * (float)((value > 0) - (value < 0)) + 2 * o->l2 * value;
        }
        if (o->method != GK_ADAMW) gradient += o->weight_decay * value;
        switch (o->method) {
        case GK_SGD:
            if (o->momentum > 0) {
                first[i] = o->momentum * first[i] + gradient;
                gradient = o->nesterov ? gradient + o->momentum * first[i] : first[i];
            }
            p[i] = value - rate * gradient;
            break;
        case GK_ADAM:
        case GK_ADAMW:
            if (o->method == GK_ADAMW) value *= (float)(1 - (double)rate * o->weight_decay);
            first[i] = o->beta1 * first[i] + (1 - o->beta1) * gradient;
            second[i] = o->beta2 * second[i] + (1 - o->beta2) * gradient * gradient;
            p[i] = value - corrected * first[i] / (sqrtf(second[i]) * correction + o->epsilon);
            break;
        case GK_ADADELTA: {
            first[i] = o->rho * first[i] + (1 - o->rho) * gradient * gradient;
            float delta = sqrtf(second[i] + o->epsilon) / sqrtf(first[i] + o->epsilon) * gradient;
            second[i] = o->rho * second[i] + (1 - o->rho) * delta * delta;
            p[i] = value - rate * delta;
            break;
        }
        }
    }
    return sums;
}
