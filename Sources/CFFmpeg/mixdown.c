#include "mixdown.h"
#include <libavutil/error.h>
#include <libavutil/samplefmt.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

// For each sample format, of every `stride`-th value of a channel, scaled to +-1: a reader, and an adder onto `mono`.
// (A reader adds to 0, so that a float's -0 becomes 0 as it does in a sum.) Strides of 1 and 2 are spelled out, so that
// they run in vectors.
#define FOR_EACH_VALUE(type, statement)                                                                                \
    const type *restrict values = data;                                                                                \
    if (stride == 1) {                                                                                                 \
        for (int i = 0; i < count; i++) {                                                                              \
            const type x = values[i];                                                                                  \
            statement;                                                                                                 \
        }                                                                                                              \
    } else if (stride == 2) {                                                                                          \
        for (int i = 0; i < count; i++) {                                                                              \
            const type x = values[2 * i];                                                                              \
            statement;                                                                                                 \
        }                                                                                                              \
    } else {                                                                                                           \
        for (int i = 0; i < count; i++) {                                                                              \
            const type x = values[(ptrdiff_t)i * stride];                                                              \
            statement;                                                                                                 \
        }                                                                                                              \
    }
#define DEFINE_FORMAT(name, type, scaled)                                                                              \
    static void read_##name(float *restrict mono, const void *restrict data, int count, int stride) {                  \
        FOR_EACH_VALUE(type, mono[i] = 0 + (float)(scaled))                                                            \
    }                                                                                                                  \
    static void add_##name(float *restrict mono, const void *restrict data, int count, int stride) {                   \
        FOR_EACH_VALUE(type, mono[i] += (float)(scaled))                                                               \
    }

// The divisors are powers of two, so that 8-, 16- and 24-bit samples stay exact.
DEFINE_FORMAT(u8, uint8_t, ((int)x - 128) * 0x1p-7f)
DEFINE_FORMAT(s16, int16_t, x * 0x1p-15f)
DEFINE_FORMAT(s32, int32_t, x * 0x1p-31)
DEFINE_FORMAT(s64, int64_t, (double)x * 0x1p-63)
DEFINE_FORMAT(flt, float, x)
DEFINE_FORMAT(dbl, double, x)

typedef struct {
    void (*read)(float *restrict mono, const void *restrict data, int count, int stride);
    void (*add)(float *restrict mono, const void *restrict data, int count, int stride);
    int whole; // integers are always finite
} mixer;

static mixer mixer_for(enum AVSampleFormat packed) {
    switch (packed) {
    case AV_SAMPLE_FMT_U8: return (mixer){read_u8, add_u8, 1};
    case AV_SAMPLE_FMT_S16: return (mixer){read_s16, add_s16, 1};
    case AV_SAMPLE_FMT_S32: return (mixer){read_s32, add_s32, 1};
    case AV_SAMPLE_FMT_S64: return (mixer){read_s64, add_s64, 1};
    case AV_SAMPLE_FMT_FLT: return (mixer){read_flt, add_flt, 0};
    case AV_SAMPLE_FMT_DBL: return (mixer){read_dbl, add_dbl, 0};
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

// MARK: The mean of all channels

// Samples mixed at once: they stay in the first-level cache, and sums over as few are good to six digits in single
// precision. One block in four is measured, which tells as much of a quarter of a second as all of them.
enum { block = 512, measured_one_in = 4, lanes = 8 };

/// Adds the sums of `values` to `moments`.
static void measure(const float *restrict values, int count, gk_moments *moments) {
    float sums[lanes] = {0}, powers[lanes] = {0};
    int i = 0;
    for (; i + lanes <= count; i += lanes) {
        for (int k = 0; k < lanes; k++) {
            const float x = values[i + k];
            sums[k] += x;
            powers[k] += x * x;
        }
    }
    for (; i < count; i++) {
        sums[0] += values[i];
        powers[0] += values[i] * values[i];
    }
    float sum = 0, power = 0;
    for (int k = 0; k < lanes; k++) {
        sum += sums[k];
        power += powers[k];
    }
    moments->sum += sum;
    moments->power += power;
}

static void mix(const AVFrame *frame, mixer mixer, float *mono, gk_cancellation *cancellation) {
    const int channels = frame->ch_layout.nb_channels;
    const int planar = av_sample_fmt_is_planar(frame->format), stride = planar ? 1 : channels;
    const size_t width = (size_t)av_get_bytes_per_sample(frame->format);
    float values[block];
    for (int start = 0; start < frame->nb_samples; start += block) {
        const int left = frame->nb_samples - start, count = left < block ? left : block;
        const int is_measured = cancellation->blocks++ % measured_one_in == 0;
        float *const place = mono + start;
        memset(place, 0, sizeof(float) * (size_t)count);
        for (int channel = 0; channel < channels; channel++) {
            const size_t first = planar ? (size_t)start : (size_t)start * (size_t)channels + (size_t)channel;
            const uint8_t *data = frame->extended_data[planar ? channel : 0] + first * width;
            mixer.add(place, data, count, stride);
            if (!is_measured || channel >= GK_MEASURED_CHANNELS) continue;
            mixer.read(values, data, count, stride);
            measure(values, count, &cancellation->channel[channel]);
        }
        if (is_measured) {
            measure(place, count, &cancellation->mix);
            cancellation->count += count;
        }
        for (int i = 0; i < count; i++) place[i] /= (float)channels;
    }
    gk_cancellation_pause(cancellation, frame->nb_samples, frame->sample_rate);
}

int gk_mixdown(const AVFrame *frame, int channel, float *mono, gk_cancellation *cancellation) {
    const mixer mixer = mixer_for(av_get_packed_sample_fmt(frame->format));
    if (!mixer.read) return AVERROR_PATCHWELCOME;
    const int count = frame->nb_samples, channels = frame->ch_layout.nb_channels;
    if (channels == 1) channel = 0;
    if (channel >= 0 && channel < channels) {
        const int planar = av_sample_fmt_is_planar(frame->format);
        const size_t first = planar ? 0 : (size_t)channel * (size_t)av_get_bytes_per_sample(frame->format);
        mixer.read(mono, frame->extended_data[planar ? channel : 0] + first, count, planar ? 1 : channels);
    } else {
        mix(frame, mixer, mono, cancellation);
    }
    return mixer.whole ? 0 : clear_not_finite(mono, count);
}
