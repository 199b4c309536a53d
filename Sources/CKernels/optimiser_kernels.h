// Adam with the gradient of an L1 penalty, compiled once an instruction set.
#pragma once
#include "lanes.h"
#include "optimiser.h"

/// Sixteen parameters; adds their |p| to `sum`. A lane pays the penalty where `pays` has its bits set.
GK_INLINE void adam_step(const adam_rates *a, v16i pays, float *p, const float *g, float *m, float *v, v16 *sum) {
    v16 value = v16_load(p), gradient = v16_load(g);
    v16i sign = (v16i)((value < 0) - (value > 0)) & pays;
    gradient = v16_fma(v16_all(a->l1), __builtin_convertvector(sign, v16), gradient);
    *sum += (v16)((v16i)value & pays & 0x7FFFFFFF);
    v16 first = v16_fma(v16_all(a->beta1), v16_load(m), a->rest1 * gradient);
    v16 second = v16_fma(v16_all(a->beta2), v16_load(v), a->rest2 * gradient * gradient);
    v16_store(m, first);
    v16_store(v, second);
    v16 scale = v16_fma(__builtin_elementwise_sqrt(second), v16_all(a->correction), v16_all(a->epsilon));
    v16_store(p, value - a->rate * first / scale);
}

static void adam_blocks(const adam_rates *rates, int64_t count, int64_t penalised, float *p, const float *g, float *m,
                        float *v, double *sums) {
    const v16i lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (int64_t begin = 0; begin < count; begin += GK_ADAM_BLOCK) {
        int64_t end = begin + GK_ADAM_BLOCK < count ? begin + GK_ADAM_BLOCK : count;
        v16 sum = {0};
        for (int64_t i = begin; i < end; i += 16) {
            int64_t payers = penalised - i < 0 ? 0 : penalised - i > 16 ? 16 : penalised - i;
            v16i pays = lanes < (v16i){0} + (int32_t)payers;
            if (end - i >= 16) {
                adam_step(rates, pays, p + i, g + i, m + i, v + i, &sum);
            } else {
                float tail[4][16] = {0};
                float *from[4] = {p + i, (float *)g + i, m + i, v + i};
                size_t bytes = sizeof(float) * (size_t)(end - i);
                for (int t = 0; t < 4; t++) memcpy(tail[t], from[t], bytes);
                adam_step(rates, pays, tail[0], tail[1], tail[2], tail[3], &sum);
                for (int t = 0; t < 4; t++)
                    if (t != 1) memcpy(from[t], tail[t], bytes);
            }
        }
        double total = 0;
        for (int l = 0; l < 16; l++) total += sum[l];
        sums[begin / GK_ADAM_BLOCK] = total;
    }
}
