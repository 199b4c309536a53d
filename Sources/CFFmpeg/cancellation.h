#pragma once
#include <stdint.h>

// Whether the channels of a sound cancel in their sum, measured as the sound goes by.
//
// Of stretches of a quarter of a second, the power of the channels' sum is held against the sum of their powers, both
// without the stretch's mean, so that a constant offset counts for nothing. Channels that have nothing to do with each
// other give 1, whatever their number, and so does one channel beside silent ones; equal channels give their number.
// Below 0.01 (20 dB) they cancel. Only stretches within 60 dB of the loudest count. Where a twentieth of them cancels,
// the sound does; so does a sound that as a whole gives less than 0.03 (15 dB; coding noise can leave so much).

enum { GK_MEASURED_CHANNELS = 32, GK_LEVELS = 64 };

typedef struct {
    double sum, power; // of samples, and of their squares
} gk_moments;

typedef struct {
    // The stretch in progress.
    int64_t length; // samples
    int64_t count;  // those that were measured
    gk_moments mix, channel[GK_MEASURED_CHANNELS];
    // All before it: energies without the stretches' means, and numbers of stretches by the level of their loudest
    // channel, in steps of 3 dB below full scale.
    double mix_energy, energy[GK_MEASURED_CHANNELS];
    uint32_t stretches[GK_LEVELS], cancelling[GK_LEVELS];
    unsigned blocks; // mixed so far: some of them are measured
} gk_cancellation;

/// After `samples` more at `rate` Hz: ends the stretch where it has a quarter of a second.
void gk_cancellation_pause(gk_cancellation *cancellation, int samples, int rate);

/// The loudest channel, where channels cancel; -1 where they do not. Of channels within 0.1 dB, it is the first.
int gk_cancelling_channel(const gk_cancellation *cancellation);
