// The features as their formula: O(n^2) transform, every mel weight, libm's functions.
#include "gk_features.h"
#include <math.h>
#include <stdlib.h>

static const double two_pi = 6.283185307179586476925;

void gk_oracle_real_dft(int32_t n, const double *input, double *real, double *imaginary) {
    for (int32_t k = 0; k <= n / 2; k++) {
        double re = 0, im = 0;
        for (int32_t t = 0; t < n; t++) {
            double angle = two_pi * (double)((int64_t)k * t % n) / n;
            re += input[t] * cos(angle);
            im -= input[t] * sin(angle);
        }
        real[k] = re;
        imaginary[k] = im;
    }
}

void gk_oracle_features_columns(const gk_feature_shape *shape, const float *samples, int64_t count, int64_t first,
                                int64_t columns, float *output, int64_t row_stride) {
    int32_t n = shape->fft_length, bins = n / 2 + 1;
    double *frame = malloc(sizeof(double) * (n + 2 * (size_t)bins)), *re = frame + n, *im = re + bins;
    if (!frame)
        return;
    for (int64_t c = 0; c < columns; c++) {
        for (int32_t t = 0; t < n; t++) {
            int64_t at = (first + c) * shape->hop - n / 2 + t;
            frame[t] = at < 0 || at >= count ? 0 : samples[at] * shape->window[t];
        }
        gk_oracle_real_dft(n, frame, re, im);
        for (int32_t m = 0; m < shape->mels; m++) {
            double sum = 0;
            for (int32_t k = 0; k < bins; k++) {
                double power = re[k] * re[k] + im[k] * im[k];
                sum += shape->mel_bank[(size_t)m * bins + k] * (shape->power ? power : sqrt(power));
            }
            output[m * row_stride + c] = (float)(log(sum + shape->log_floor) * shape->factor + shape->offset);
        }
    }
    free(frame);
}
