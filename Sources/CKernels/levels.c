// Loudness, clipping and silence of sound that comes in blocks; where the blocks end changes nothing.
#include "gk_fingerprint.h"

void gk_levels_add(gk_levels *levels, const float *samples, int64_t count, float full, float quiet,
                   int64_t least_silence) {
    gk_levels l = *levels;
    l.samples += count;
    for (int64_t i = 0; i < count; i++) {
        float x = samples[i], magnitude = x < 0 ? -x : x;
        l.squares += (double)x * x;
        l.peak = magnitude > l.peak ? magnitude : l.peak;
        if (magnitude >= full) {
            float sign = x < 0 ? -1 : 1;
            l.full_run = sign == l.full_sign ? l.full_run + 1 : 1;
            l.full_sign = sign;
            l.clipped += l.full_run == 3 ? 3 : l.full_run > 3;
        } else {
            l.full_run = 0;
            l.full_sign = 0;
        }
        if (magnitude < quiet) {
            l.silent_run++;
            l.silent += l.silent_run == least_silence ? least_silence : l.silent_run > least_silence;
            l.longest_silence = l.silent_run > l.longest_silence ? l.silent_run : l.longest_silence;
        } else {
            l.silent_run = 0;
        }
    }
    *levels = l;
}
