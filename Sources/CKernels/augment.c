// Augmentation of segments (gk_augment.h).
#include "gk_augment.h"
#include <math.h>

void gk_augment_gain(float *values, int64_t count, double log_gain, double floor) {
    double gain = exp(log_gain), lowest = log(floor);
    // value' = value + ln g + ln(1 + floor (1 - g) / g exp(-value)): above this value the last term is below 1e-8.
    double rest = floor * fabs(1 - gain) / gain;
    float plain = rest > 0 ? (float)log(rest * 1e8) : -INFINITY, add = (float)log_gain;
    for (int64_t i = 0; i < count; i++) {
        if (values[i] > plain) {
            values[i] += add;
        } else {
            double magnitude = values[i] > lowest ? exp((double)values[i]) - floor : 0;
            values[i] = (float)log(gain * magnitude + floor);
        }
    }
}

double gk_augment_mean(const float *values, int64_t count) {
    double lanes[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int l = 0; l < 4; l++) lanes[l] += values[i + l];
    double sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    for (; i < count; i++) sum += values[i];
    return count > 0 ? sum / (double)count : 0;
}

void gk_augment_mask(float *segment, int32_t frames, int32_t mel, int32_t mel_count, int32_t frame,
                     int32_t frame_count, float value) {
    for (int32_t m = mel; m < mel + mel_count; m++)
        for (int32_t f = frame; f < frame + frame_count; f++) segment[(int64_t)m * frames + f] = value;
}

void gk_augment_depth(float *values, int64_t count, float top, float factor, float least) {
    for (int64_t i = 0; i < count; i++) {
        float value = top - (top - values[i]) * factor;
        values[i] = value > least ? value : least;
    }
}

void gk_augment_mix(float *a, float *b, int64_t count, float share) {
    float rest = 1 - share;
    for (int64_t i = 0; i < count; i++) {
        float first = a[i], second = b[i];
        a[i] = share * first + rest * second;
        b[i] = share * second + rest * first;
    }
}
