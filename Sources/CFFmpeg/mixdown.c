#include "mixdown.h"
#include <libavutil/samplefmt.h>
#include <math.h>
#include <string.h>

// One adder a sample format: adds every `stride`-th value of a channel, scaled to +-1, onto `mono`.
#define DEFINE_ADDER(name, type, scaled)                                                                               \
    static void name(float *mono, const void *data, int count, int stride) {                                           \
        const type *values = data;                                                                                     \
        for (int i = 0; i < count; i++) {                                                                              \
            const type x = values[(ptrdiff_t)i * stride];                                                              \
            mono[i] += (float)(scaled);                                                                                \
        }                                                                                                              \
    }

// The divisors are powers of two, so that 8-, 16- and 24-bit samples stay exact.
DEFINE_ADDER(add_u8, uint8_t, ((int)x - 128) * 0x1p-7f)
DEFINE_ADDER(add_s16, int16_t, x * 0x1p-15f)
DEFINE_ADDER(add_s32, int32_t, x * 0x1p-31)
DEFINE_ADDER(add_s64, int64_t, (double)x * 0x1p-63)
DEFINE_ADDER(add_flt, float, x)
DEFINE_ADDER(add_dbl, double, x)

typedef void (*adder)(float *mono, const void *data, int count, int stride);

static adder adder_for(enum AVSampleFormat packed) {
    switch (packed) {
    case AV_SAMPLE_FMT_U8: return add_u8;
    case AV_SAMPLE_FMT_S16: return add_s16;
    case AV_SAMPLE_FMT_S32: return add_s32;
    case AV_SAMPLE_FMT_S64: return add_s64;
    case AV_SAMPLE_FMT_FLT: return add_flt;
    case AV_SAMPLE_FMT_DBL: return add_dbl;
    default: return NULL;
    }
}

int gk_mixdown(const AVFrame *frame, float *mono) {
    const enum AVSampleFormat format = frame->format;
    const adder add = adder_for(av_get_packed_sample_fmt(format));
    if (!add) return -1;
    const int count = frame->nb_samples, channels = frame->ch_layout.nb_channels;
    const int planar = av_sample_fmt_is_planar(format), width = av_get_bytes_per_sample(format);

    memset(mono, 0, sizeof(float) * (size_t)count);
    for (int channel = 0; channel < channels; channel++) {
        if (planar) add(mono, frame->extended_data[channel], count, 1);
        else add(mono, frame->extended_data[0] + (size_t)channel * (size_t)width, count, channels);
    }
    int not_finite = 0;
    for (int i = 0; i < count; i++) {
        if (channels > 1) mono[i] /= (float)channels;
        if (!isfinite(mono[i])) {
            mono[i] = 0;
            not_finite++;
        }
    }
    return not_finite;
}
