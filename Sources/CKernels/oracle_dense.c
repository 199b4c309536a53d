// Dense layers and Adam as their formulas (gk_dense.h, gk_optimiser.h).
#include "gk_oracle.h"
#include <math.h>
#include <string.h>

int gk_dropout_keeps(uint64_t key, uint64_t step, uint64_t element, float dropout) {
    // SplitMix64's mix of a counter: 24 of its bits against the threshold.
    uint64_t z = key + step * 0xD1342543DE82EF95u + (element + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (float)(z >> 40) * 0x1p-24f >= dropout;
}

static float dropout_factor(const gk_dense *d, uint64_t element) {
    if (d->dropout <= 0) return 1;
    return gk_dropout_keeps(d->key, d->step, element, d->dropout) ? 1 / (1 - d->dropout) : 0;
}

void gk_oracle_dense_forward(int32_t batch, const gk_dense *d) {
    for (int32_t n = 0; n < batch; n++)
        for (int32_t o = 0; o < d->out; o++) {
            float sum = d->bias[o];
            const float *w = d->weights + o;
            for (int32_t s = 0; s < d->segment_count; s++) {
                const gk_dense_segment *segment = &d->segments[s];
                for (int32_t k = 0; k < segment->count; k++, w += d->out)
                    sum += segment->features[(size_t)n * segment->count + k] * *w;
            }
            size_t at = (size_t)n * d->out + o;
            d->output[at] = (sum > 0 ? sum : d->slope * sum) * dropout_factor(d, at);
        }
}

void gk_oracle_dense_backward(int32_t batch, const gk_dense *d) {
    memset(d->bias_gradient, 0, sizeof(float) * d->out);
    for (size_t at = 0; at < (size_t)batch * d->out; at++) {
        // A dropped value is 0 and its factor 0, so the sign that it lost does not matter.
        d->output_gradient[at] *= (d->output[at] > 0 ? 1 : d->slope) * dropout_factor(d, at);
        d->bias_gradient[at % d->out] += d->output_gradient[at];
    }
    size_t row = 0;
    for (int32_t s = 0; s < d->segment_count; s++) {
        const gk_dense_segment *segment = &d->segments[s];
        for (int32_t k = 0; k < segment->count; k++, row++) {
            for (int32_t o = 0; o < d->out; o++) {
                float sum = 0;
                for (int32_t n = 0; n < batch; n++)
                    sum += segment->features[(size_t)n * segment->count + k] * d->output_gradient[(size_t)n * d->out + o];
                d->weight_gradient[row * d->out + o] = sum;
            }
            if (!segment->gradient) continue;
            for (int32_t n = 0; n < batch; n++) {
                float sum = 0;
                for (int32_t o = 0; o < d->out; o++)
                    sum += d->weights[row * d->out + o] * d->output_gradient[(size_t)n * d->out + o];
                segment->gradient[(size_t)n * segment->count + k] = sum;
            }
        }
    }
}

double gk_oracle_adam_update(const gk_adam *a, int64_t count, int64_t penalised, float *p, const float *g, float *m,
                             float *v) {
    double sum = 0;
    float rate = (float)(a->learning_rate / (1 - pow(a->beta1, (double)a->step)));
    float correction = (float)(1 / sqrt(1 - pow(a->beta2, (double)a->step)));
    for (int64_t i = 0; i < count; i++) {
        float gradient = g[i];
        if (i < penalised) {
            sum += fabsf(p[i]);
            gradient += a->l1 * (float)((p[i] > 0) - (p[i] < 0));
        }
        m[i] = a->beta1 * m[i] + (1 - a->beta1) * gradient;
        v[i] = a->beta2 * v[i] + (1 - a->beta2) * gradient * gradient;
        p[i] -= rate * m[i] / (sqrtf(v[i]) * correction + a->epsilon);
    }
    return sum;
}
