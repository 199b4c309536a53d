// The vocoder as librosa's formulas: angles, wrapped phase differences, transforms of O(n^2).
#include "gk_features.h"
#include "gk_vocoder.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

void gk_oracle_phase_vocoder(int32_t fft_length, int32_t hop, int64_t frames, const double *real,
                             const double *imaginary, double rate, double *stretched_real,
                             double *stretched_imaginary) {
    int32_t bins = fft_length / 2 + 1;
    int64_t count = gk_vocoder_stretched_frames(frames, rate);
    for (int32_t k = 0; k < bins; k++) {
        double expected = 2 * M_PI * hop * k / fft_length, phase = atan2(imaginary[k], real[k]);
        for (int64_t t = 0; t < count; t++) {
            double step = (double)t * rate, size[2], angle[2];
            int64_t f = (int64_t)floor(step);
            for (int i = 0; i < 2; i++) {
                double re = f + i < frames ? real[(f + i) * bins + k] : 0;
                double im = f + i < frames ? imaginary[(f + i) * bins + k] : 0;
                size[i] = hypot(re, im), angle[i] = atan2(im, re);
            }
            double later = step - (double)f, magnitude = (1 - later) * size[0] + later * size[1];
            stretched_real[t * bins + k] = magnitude * cos(phase);
            stretched_imaginary[t * bins + k] = magnitude * sin(phase);
            double difference = angle[1] - angle[0] - expected;
            phase += expected + difference - 2 * M_PI * nearbyint(difference / (2 * M_PI));
        }
    }
}

bool gk_oracle_stretch(int32_t fft_length, int32_t hop, const float *samples, int64_t count, double rate,
                       float *output, int64_t wanted) {
    int32_t n = fft_length, bins = n / 2 + 1;
    int64_t frames = 1 + count / hop, stretched = gk_vocoder_stretched_frames(frames, rate);
    size_t size = 2 * (size_t)(frames + stretched) * bins + 2 * (size_t)n + 2 * (size_t)wanted;
    double *memory = calloc(size, sizeof(double));
    if (!memory)
        return false;
    double *re = memory, *im = re + frames * bins, *to_re = im + frames * bins, *to_im = to_re + stretched * bins;
    double *window = to_im + stretched * bins, *frame = window + n, *sum = frame + n, *norm = sum + wanted;
    for (int32_t t = 0; t < n; t++)
        window[t] = 0.5 - 0.5 * cos(2 * M_PI * t / n);
    for (int64_t f = 0; f < frames; f++) {
        for (int32_t t = 0; t < n; t++) {
            int64_t at = f * hop - n / 2 + t;
            frame[t] = at < 0 || at >= count ? 0 : samples[at] * window[t];
        }
        gk_oracle_real_dft(n, frame, re + f * bins, im + f * bins);
    }
    gk_oracle_phase_vocoder(n, hop, frames, re, im, rate, to_re, to_im);
    for (int64_t f = 0; f < stretched; f++)
        for (int32_t t = 0; t < n; t++) {
            int64_t at = f * hop - n / 2 + t;
            if (at < 0 || at >= wanted)
                continue;
            double value = to_re[f * bins];
            for (int32_t k = 1; k < bins; k++) {
                double angle = 2 * M_PI * (double)((int64_t)k * t % n) / n;
                double both = 2 * k == n ? 1 : 2; // bin n - k is bin k's conjugate
                double sine = 2 * k == n ? 0 : sin(angle);
                value += both * (to_re[f * bins + k] * cos(angle) - to_im[f * bins + k] * sine);
            }
            sum[at] += value / n * window[t];
            norm[at] += window[t] * window[t];
        }
    for (int64_t i = 0; i < wanted; i++)
        output[i] = (float)(norm[i] > DBL_MIN ? sum[i] / norm[i] : sum[i]);
    free(memory);
    return true;
}
