#include "mixdown.h"
#include <libavutil/error.h>
#include <libavutil/samplefmt.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

// For each sample format: a copier of one channel and an adder of every `stride`-th value onto `mono`, both scaled to
// +-1. (A copy adds to 0 all the same, so that a float's -0 becomes 0 as it does in a sum.)
#define DEFINE_FORMAT(name, type, scaled)                                                                              \
    static void copy_##name(float *restrict mono, const void *restrict data, int count) {                              \
        const type *restrict values = data;                                                                            \
        for (int i = 0; i < count; i++) {                                                                              \
            const type x = values[i];                                                                                  \
            mono[i] = 0 + (float)(scaled);                                                                             \
        }                                                                                                              \
    }                                                                                                                  \
    static void add_##name(float *restrict mono, const void *restrict data, int count, int stride) {                   \
        const type *restrict values = data;                                                                            \
        for (int i = 0; i < count; i++) {                                                                              \
            const type x = values[(ptrdiff_t)i * stride];                                                              \
            mono[i] += (float)(scaled);                                                                                \
        }                                                                                                              \
    }

// The divisors are powers of two, so that 8-, 16- and 24-bit samples stay exact.
DEFINE_FORMAT(u8, uint8_t, ((int)x - 128) * 0x1p-7f)
DEFINE_FORMAT(s16, int16_t, x * 0x1p-15f)
DEFINE_FORMAT(s32, int32_t, x * 0x1p-31)
DEFINE_FORMAT(s64, int64_t, (double)x * 0x1p-63)
DEFINE_FORMAT(flt, float, x)
DEFINE_FORMAT(dbl, double, x)

typedef struct {
    void (*copy)(float *restrict mono, const void *restrict data, int count);
    void (*add)(float *restrict mono, const void *restrict data, int count, int stride);
    int whole; // integers are always finite
} mixer;

static mixer mixer_for(enum AVSampleFormat packed) {
    switch (packed) {
    case AV_SAMPLE_FMT_U8: return (mixer){copy_u8, add_u8, 1};
    case AV_SAMPLE_FMT_S16: return (mixer){copy_s16, add_s16, 1};
    case AV_SAMPLE_FMT_S32: return (mixer){copy_s32, add_s32, 1};
    case AV_SAMPLE_FMT_S64: return (mixer){copy_s64, add_s64, 1};
    case AV_SAMPLE_FMT_FLT: return (mixer){copy_flt, add_flt, 0};
    case AV_SAMPLE_FMT_DBL: return (mixer){copy_dbl, add_dbl, 0};
    default: return (mixer){0};
    }
}

/// Puts 0 in place of what is not finite; their number.
static int clear_not_finite(float *mono, int count) {
    uint32_t faults = 0; // one pass without branches, that runs in vectors, tells that there are none
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, mono + i, sizeof bits);
        faults |= (bits & 0x7F800000) == 0x7F800000;
    }
    if (!faults) return 0;
    int not_finite = 0;
    for (int i = 0; i < count; i++) {
        if (isfinite(mono[i])) continue;
        mono[i] = 0;
        not_finite++;
    }
    return not_finite;
}

int gk_mixdown(const AVFrame *frame, float *mono) {
    const enum AVSampleFormat format = frame->format;
    const mixer mixer = mixer_for(av_get_packed_sample_fmt(format));
    if (!mixer.copy) return AVERROR_PATCHWELCOME;
    const int count = frame->nb_samples, channels = frame->ch_layout.nb_channels;
    const int planar = av_sample_fmt_is_planar(format), width = av_get_bytes_per_sample(format);

    if (channels == 1) {
        mixer.copy(mono, frame->extended_data[0], count);
    } else {
        memset(mono, 0, sizeof(float) * (size_t)count);
        for (int channel = 0; channel < channels; channel++) {
            if (planar) mixer.add(mono, frame->extended_data[channel], count, 1);
            else mixer.add(mono, frame->extended_data[0] + (size_t)channel * (size_t)width, count, channels);
        }
        for (int i = 0; i < count; i++) mono[i] /= (float)channels;
    }
    return mixer.whole ? 0 : clear_not_finite(mono, count);
}
