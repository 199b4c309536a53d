#include "mixdown.h"
#include <libavutil/error.h>
#include <libavutil/samplefmt.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

// For each sample format, a reader of every `stride`-th value of one channel, scaled to +-1. (It adds to 0, so that a
// float's -0 becomes 0 as it does in a sum.) Strides of 1 and 2 are spelled out, so that they run in vectors.
#define DEFINE_FORMAT(name, type, scaled)                                                                              \
    static void read_##name(float *restrict mono, const void *restrict data, int count, int stride) {                  \
        const type *restrict values = data;                                                                            \
        if (stride == 1) {                                                                                             \
            for (int i = 0; i < count; i++) {                                                                          \
                const type x = values[i];                                                                              \
                mono[i] = 0 + (float)(scaled);                                                                         \
            }                                                                                                          \
        } else if (stride == 2) {                                                                                      \
            for (int i = 0; i < count; i++) {                                                                          \
                const type x = values[2 * i];                                                                          \
                mono[i] = 0 + (float)(scaled);                                                                         \
            }                                                                                                          \
        } else {                                                                                                       \
            for (int i = 0; i < count; i++) {                                                                          \
                const type x = values[(ptrdiff_t)i * stride];                                                          \
                mono[i] = 0 + (float)(scaled);                                                                         \
            }                                                                                                          \
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
    void (*read)(float *restrict mono, const void *restrict data, int count, int stride);
    int whole; // integers are always finite
} format_reader;

static format_reader reader_for(enum AVSampleFormat packed) {
    switch (packed) {
    case AV_SAMPLE_FMT_U8: return (format_reader){read_u8, 1};
    case AV_SAMPLE_FMT_S16: return (format_reader){read_s16, 1};
    case AV_SAMPLE_FMT_S32: return (format_reader){read_s32, 1};
    case AV_SAMPLE_FMT_S64: return (format_reader){read_s64, 1};
    case AV_SAMPLE_FMT_FLT: return (format_reader){read_flt, 0};
    case AV_SAMPLE_FMT_DBL: return (format_reader){read_dbl, 0};
    default: return (format_reader){0};
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

// Samples mixed at once: they stay in the first-level cache. Sums over as few are good to six digits in single
// precision.
enum { block = 512, lanes = 8 };

/// Adds `values` to `mono`, where that is given, and their sums to `moments`.
static void add(float *restrict mono, const float *restrict values, int count, gk_moments *moments) {
    float sums[lanes] = {0}, powers[lanes] = {0};
    int i = 0;
    for (; i + lanes <= count; i += lanes) {
        for (int k = 0; k < lanes; k++) {
            const float x = values[i + k];
            if (mono) mono[i + k] += x;
            sums[k] += x;
            powers[k] += x * x;
        }
    }
    for (; i < count; i++) {
        const float x = values[i];
        if (mono) mono[i] += x;
        sums[0] += x;
        powers[0] += x * x;
    }
    float sum = 0, power = 0;
    for (int k = 0; k < lanes; k++) {
        sum += sums[k];
        power += powers[k];
    }
    moments->sum += sum;
    moments->power += power;
}

static void mix(const AVFrame *frame, format_reader reader, float *mono, gk_cancellation *cancellation) {
    const int channels = frame->ch_layout.nb_channels;
    const int planar = av_sample_fmt_is_planar(frame->format);
    const size_t width = (size_t)av_get_bytes_per_sample(frame->format);
    float values[block];
    gk_moments beyond = {0}; // of channels that are not measured
    for (int start = 0; start < frame->nb_samples; start += block) {
        const int left = frame->nb_samples - start, count = left < block ? left : block;
        float *const place = mono + start;
        memset(place, 0, sizeof(float) * (size_t)count);
        for (int channel = 0; channel < channels; channel++) {
            const size_t first = planar ? (size_t)start : (size_t)start * (size_t)channels + (size_t)channel;
            const uint8_t *data = frame->extended_data[planar ? channel : 0] + first * width;
            reader.read(values, data, count, planar ? 1 : channels);
            add(place, values, count, channel < GK_MEASURED_CHANNELS ? &cancellation->channel[channel] : &beyond);
        }
        add(NULL, place, count, &cancellation->mix);
        for (int i = 0; i < count; i++) place[i] /= (float)channels;
    }
    cancellation->count += frame->nb_samples;
    gk_cancellation_pause(cancellation, frame->sample_rate);
}

int gk_mixdown(const AVFrame *frame, int channel, float *mono, gk_cancellation *cancellation) {
    const format_reader reader = reader_for(av_get_packed_sample_fmt(frame->format));
    if (!reader.read) return AVERROR_PATCHWELCOME;
    const int count = frame->nb_samples, channels = frame->ch_layout.nb_channels;
    if (channels == 1) channel = 0;
    if (channel >= 0 && channel < channels) {
        const int planar = av_sample_fmt_is_planar(frame->format);
        const size_t first = planar ? 0 : (size_t)channel * (size_t)av_get_bytes_per_sample(frame->format);
        reader.read(mono, frame->extended_data[planar ? channel : 0] + first, count, planar ? 1 : channels);
    } else {
        mix(frame, reader, mono, cancellation);
    }
    return reader.whole ? 0 : clear_not_finite(mono, count);
}
