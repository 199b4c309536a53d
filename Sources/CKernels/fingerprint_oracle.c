// Peaks by their definition.
#include "gk_fingerprint.h"
#include <stdbool.h>

int64_t gk_oracle_spectral_peaks(const float *rows, int64_t frames, int32_t bins, int64_t stride, int64_t first,
                                 int64_t count, gk_peak_rule rule, gk_spectral_peak *peaks) {
    int64_t found = 0;
    for (int64_t f = first; f < first + count; f++)
        for (int32_t b = 0; b < bins; b++) {
            float value = rows[f * stride + b];
            bool peak = value > rule.floor;
            for (int64_t g = f - rule.frames; g <= f + rule.frames; g++)
                for (int32_t c = b - rule.bins; c <= b + rule.bins; c++) {
                    if (g < 0 || g >= frames || c < 0 || c >= bins)
                        continue;
                    float other = rows[g * stride + c];
                    bool earlier = g < f || (g == f && c < b);
                    if (other > value || (earlier && other == value))
                        peak = false;
                }
            if (peak)
                peaks[found++] = (gk_spectral_peak){.frame = (int32_t)f, .bin = b};
        }
    return found;
}
