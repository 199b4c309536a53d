#include "cancellation.h"
#include <math.h>
#include <string.h>

/// Ratios of powers, share of stretches, and steps of level: the header explains them.
static const double least_ratio = 0.01, least_ratio_of_all = 0.03, least_share = 0.05;
enum { audible_steps = 20 };

static double energy(gk_moments moments, int64_t count) {
    return fmax(0, moments.power - moments.sum * moments.sum / (double)count);
}

static void end_stretch(gk_cancellation *of) {
    const double mix = energy(of->mix, of->count);
    double each[GK_MEASURED_CHANNELS], all = 0, loudest = 0;
    for (int i = 0; i < GK_MEASURED_CHANNELS; i++) {
        each[i] = energy(of->channel[i], of->count);
        all += each[i];
        loudest = fmax(loudest, each[i]);
    }
    // fmax passes NaN by; a stretch with samples that are not finite tells nothing.
    const double level = loudest / (double)of->count;
    if (isfinite(mix) && isfinite(all) && level > 0) {
        const double steps = -10 * log10(level) / 3;
        const int step = steps < 0 ? 0 : steps > GK_LEVELS - 1 ? GK_LEVELS - 1 : (int)steps;
        of->stretches[step]++;
        of->cancelling[step] += mix < least_ratio * all;
        of->mix_energy += mix;
        for (int i = 0; i < GK_MEASURED_CHANNELS; i++) of->energy[i] += each[i];
    }
    of->length = 0;
    of->count = 0;
    of->mix = (gk_moments){0};
    memset(of->channel, 0, sizeof of->channel);
}

void gk_cancellation_pause(gk_cancellation *of, int samples, int rate) {
    of->length += samples;
    if (of->length >= rate / 4 && of->count > 0) end_stretch(of);
}

int gk_cancelling_channel(const gk_cancellation *so_far) {
    gk_cancellation of = *so_far;
    if (of.count > 0) end_stretch(&of);
    int first = 0;
    while (first < GK_LEVELS && !of.stretches[first]) first++;
    double audible = 0, cancelling = 0, all = 0, loudest = 0;
    for (int i = first; i < GK_LEVELS && i <= first + audible_steps; i++) {
        audible += of.stretches[i];
        cancelling += of.cancelling[i];
    }
    for (int i = 0; i < GK_MEASURED_CHANNELS; i++) {
        all += of.energy[i];
        loudest = fmax(loudest, of.energy[i]);
    }
    if (audible == 0 || (cancelling < least_share * audible && of.mix_energy >= least_ratio_of_all * all)) return -1;
    int channel = 0;
    while (of.energy[channel] < 0.977 * loudest) channel++;
    return channel;
}
