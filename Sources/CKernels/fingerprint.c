// Peaks and landmarks. A value is held against its eight neighbours first: one in nine passes in noise, and most of
// these fail soon after, so that the cost is near one comparison a value.
#include "gk_fingerprint.h"
#include <stdbool.h>
#include <stddef.h>

int64_t gk_spectral_peak_room(int64_t count, int32_t bins, gk_peak_rule rule) {
    // Two peaks never lie in one cell of this size.
    int64_t frames = (int64_t)rule.frames + 1, width = (int64_t)rule.bins + 1;
    return ((count + frames - 1) / frames) * ((bins + width - 1) / width);
}

/// Whether no value of the box beats that at [frame][bin].
static inline bool is_greatest(const float *rows, int64_t frames, int32_t bins, int64_t stride, int64_t frame,
                               int32_t bin, int32_t by_frames, int32_t by_bins) {
    float value = rows[frame * stride + bin];
    int64_t low = frame < by_frames ? 0 : frame - by_frames;
    int64_t high = frame + by_frames >= frames ? frames - 1 : frame + by_frames;
    int32_t left = bin < by_bins ? 0 : bin - by_bins, right = bin >= bins - by_bins ? bins - 1 : bin + by_bins;
    for (int64_t f = low; f <= high; f++) {
        const float *row = rows + f * stride;
        // Of equal values the first is the peak.
        int32_t b = left;
        int32_t before = f < frame ? right + 1 : f > frame ? left : bin;
        for (; b < before; b++)
            if (row[b] >= value)
                return false;
        for (; b <= right; b++)
            if (row[b] > value)
                return false;
    }
    return true;
}

int64_t gk_spectral_peaks(const float *rows, int64_t frames, int32_t bins, int64_t stride, int64_t first, int64_t count,
                          gk_peak_rule rule, gk_spectral_peak *peaks) {
    int64_t found = 0;
    int32_t near_frames = rule.frames < 1 ? rule.frames : 1, near_bins = rule.bins < 1 ? rule.bins : 1;
    for (int64_t f = first; f < first + count; f++) {
        const float *row = rows + f * stride;
        for (int32_t b = 0; b < bins; b++) {
            if (!(row[b] > rule.floor))
                continue;
            if (rule.bins > 0 && ((b > 0 && row[b - 1] >= row[b]) || (b + 1 < bins && row[b + 1] > row[b])))
                continue;
            if (is_greatest(rows, frames, bins, stride, f, b, near_frames, near_bins) &&
                is_greatest(rows, frames, bins, stride, f, b, rule.frames, rule.bins))
                peaks[found++] = (gk_spectral_peak){.frame = (int32_t)f, .bin = b};
        }
    }
    return found;
}

/// A 32-bit hash whose upper bits are as good as its lower ones (the finaliser of SplitMix64, by Vigna).
static uint64_t mixed(uint64_t key) {
    key += 0x9E3779B97F4A7C15;
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9;
    key = (key ^ key >> 27) * 0x94D049BB133111EB;
    return key ^ key >> 31;
}

int64_t gk_landmarks(const gk_spectral_peak *peaks, int64_t count, gk_landmark_rule rule, uint64_t *landmarks) {
    int64_t made = 0;
    for (int64_t a = 0; a < count; a++) {
        gk_spectral_peak chosen[GK_MOST_TARGETS];
        int32_t found = 0;
        for (int64_t t = a + 1; t < count && found < rule.targets; t++) {
            int64_t later = (int64_t)peaks[t].frame - peaks[a].frame;
            int32_t away = peaks[t].bin - peaks[a].bin;
            if (later > rule.frames)
                break;
            if (later >= 1 && away <= rule.bins && away >= -rule.bins)
                chosen[found++] = peaks[t];
        }
        for (int32_t i = 0; i < found; i++)
            for (int32_t j = i + 1; j < found; j++) {
                uint64_t key = (uint64_t)peaks[a].bin << 48 | (uint64_t)chosen[i].bin << 32 |
                               (uint64_t)chosen[j].bin << 16 |
                               (uint64_t)((chosen[i].frame - peaks[a].frame) / 2 & 0xFF) << 8 |
                               (uint64_t)((chosen[j].frame - peaks[a].frame) / 2 & 0xFF);
                landmarks[made++] = (mixed(key) >> 32 << 32) | (uint32_t)peaks[a].frame;
            }
    }
    return made;
}

void gk_fingerprint_words(const float *bands, int64_t frames, int64_t stride, int64_t first, int64_t count,
                          int32_t around, float floor, uint32_t *words) {
    for (int64_t i = 0; i < count; i++) {
        float growth[GK_WORD_BANDS] = {0};
        for (int32_t k = -2 * around; k <= 2 * around; k++) {
            int64_t f = first + i + k;
            f = f < 0 ? 0 : f >= frames ? frames - 1 : f;
            const float *row = bands + f * stride;
            // The middle frame is on both sides.
            float sign = k < 0 ? -1 : k > 0 ? 1 : 0;
            for (int b = 0; b < GK_WORD_BANDS; b++)
                growth[b] += sign * row[b];
        }
        const float *own = bands + (first + i) * stride;
        float loudest = own[0];
        for (int b = 1; b < GK_WORD_BANDS; b++)
            loudest = own[b] > loudest ? own[b] : loudest;
        uint32_t word = 0;
        for (int b = 0; b + 1 < GK_WORD_BANDS; b++)
            word |= (uint32_t)(growth[b + 1] > growth[b]) << b;
        words[i] = loudest < floor ? 0 : word ? word : 1;
    }
}
