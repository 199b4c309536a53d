#include "CFFmpeg.h"
#include "mixdown.h"
#include "resampler.h"
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/dict.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct gk_audio {
    AVIOContext *file;
    AVFormatContext *format;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    SwrContext *resampler; // NULL while the frames have the target rate
    int stream;            // index of the chosen stream
    int target_rate;       // Hz
    int frame_rate;        // Hz, of the frames so far; 0 before the first
    int at_end;            // the last packet was sent
    int finished;          // the last sample was given
    int channel;           // the one to take; -1 for the mean of all
    int damaged;

    float *mono; // one frame, mixed
    size_t mono_capacity;
    float *ready; // what gk_audio_next gives
    size_t ready_capacity, ready_count;
    gk_cancellation cancellation;
};

// MARK: Errors

static void report(gk_audio_error *error, int kind, const char *text) {
    error->kind = kind;
    snprintf(error->text, sizeof error->text, "%s", text ? text : "");
}

/// Reports libav's own code; a lack of memory overrides the kind.
static void report_code(gk_audio_error *error, int kind, int code) {
    report(error, code == AVERROR(ENOMEM) ? GK_AUDIO_NO_MEMORY : kind, NULL);
    av_strerror(code, error->text, sizeof error->text);
}

static void report_rate(gk_audio_error *error, int rate) {
    error->kind = GK_AUDIO_BAD_RATE;
    snprintf(error->text, sizeof error->text, "%d", rate);
}

static int usable_rate(int rate) { return rate >= GK_AUDIO_LEAST_RATE && rate <= GK_AUDIO_GREATEST_RATE; }

// MARK: Opening

static void silence_log(void) { av_log_set_level(AV_LOG_QUIET); }

/// Whether this is a WAV file without DTS, which sound editors' files declare as 16-bit PCM: none of its four
/// synchronisation words lies in the first 32 KB. Leaves `file` at its start, with those bytes in its buffer.
static int is_plain_wave(AVIOContext *file) {
    uint8_t bytes[32768] = {0};
    const int count = avio_read(file, bytes, sizeof bytes);
    avio_seek(file, 0, SEEK_SET);
    if (count < 12 || memcmp(bytes + 8, "WAVE", 4)) return 0;
    int found = 0; // no branch, so that the loop runs in vectors
    for (int i = 0; i + 4 <= (int)sizeof bytes; i += 2) {
        const uint16_t first = AV_RB16(bytes + i), second = AV_RB16(bytes + i + 2);
        found |= (first == 0x7FFE && second == 0x8001) | (first == 0xFE7F && second == 0x0180);
        found |= (first == 0x1FFF && second == 0xE800) | (first == 0xFF1F && second == 0x00E8);
    }
    return !found;
}

/// Larger packets than WAV's 4 KB: fewer calls for each sample, still within the caches. Others have no such option.
static void enlarge_packets(AVFormatContext *format) {
    if (format->iformat->priv_class && format->priv_data) av_opt_set_int(format->priv_data, "max_size", 16384, 0);
}

static int open_container(gk_audio *audio, const char *path, gk_audio_error *error) {
    // "file:" keeps a name such as "http:x.wav" from being taken for an address.
    char *address = av_asprintf("file:%s", path);
    int code = address ? avio_open(&audio->file, address, AVIO_FLAG_READ) : AVERROR(ENOMEM);
    av_free(address);
    if (code < 0) {
        report_code(error, GK_AUDIO_UNREADABLE, code);
        return 0;
    }
    audio->format = avformat_alloc_context();
    // The file is open; whatever it asks to open besides (a playlist's entries, a movie's references) is refused.
    char *no_protocol = av_strdup("none");
    if (!audio->format || !no_protocol) {
        av_free(no_protocol);
        report_code(error, GK_AUDIO_NO_MEMORY, AVERROR(ENOMEM));
        return 0;
    }
    audio->format->protocol_whitelist = no_protocol;
    audio->format->pb = audio->file;
    // 16-bit PCM in WAV is searched, 128 KB long, for other codecs in disguise: four times the work of decoding 30 s of
    // it. DTS is the one in use.
    if (is_plain_wave(audio->file)) audio->format->max_probe_packets = 1;
    code = avformat_open_input(&audio->format, path, NULL, NULL);
    if (code >= 0) code = avformat_find_stream_info(audio->format, NULL);
    if (code < 0) {
        report_code(error, GK_AUDIO_UNRECOGNISED, code);
        return 0;
    }
    enlarge_packets(audio->format);
    return 1;
}

static int open_stream(gk_audio *audio, gk_audio_error *error) {
    audio->stream = av_find_best_stream(audio->format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    if (audio->stream < 0) {
        report(error, GK_AUDIO_NO_STREAM, NULL);
        return 0;
    }
    for (unsigned i = 0; i < audio->format->nb_streams; i++) {
        if ((int)i != audio->stream) audio->format->streams[i]->discard = AVDISCARD_ALL;
    }
    const AVStream *stream = audio->format->streams[audio->stream];
    const AVCodec *decoder = avcodec_find_decoder(stream->codecpar->codec_id);
    if (!decoder) {
        report(error, GK_AUDIO_NO_DECODER, avcodec_get_name(stream->codecpar->codec_id));
        return 0;
    }
    if (!usable_rate(stream->codecpar->sample_rate)) {
        report_rate(error, stream->codecpar->sample_rate);
        return 0;
    }
    audio->codec = avcodec_alloc_context3(decoder);
    audio->packet = av_packet_alloc();
    audio->frame = av_frame_alloc();
    int code = audio->codec && audio->packet && audio->frame ? 0 : AVERROR(ENOMEM);
    if (code >= 0) code = avcodec_parameters_to_context(audio->codec, stream->codecpar);
    if (code >= 0) {
        audio->codec->pkt_timebase = stream->time_base; // to trim the encoder's delay and padding
        audio->codec->thread_count = 1;                 // callers decode several files at once
        code = avcodec_open2(audio->codec, decoder, NULL);
    }
    if (code < 0) report_code(error, GK_AUDIO_FAILED, code);
    return code >= 0;
}

gk_audio *gk_audio_open(const char *path, int sample_rate, int channel, gk_audio_error *error) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, silence_log);
    report(error, GK_AUDIO_OK, NULL);
    if (sample_rate != 0 && !usable_rate(sample_rate)) {
        report_rate(error, sample_rate);
        return NULL;
    }
    gk_audio *audio = av_mallocz(sizeof *audio);
    if (!audio) {
        report_code(error, GK_AUDIO_NO_MEMORY, AVERROR(ENOMEM));
        return NULL;
    }
    if (!open_container(audio, path, error) || !open_stream(audio, error)) {
        gk_audio_close(audio);
        return NULL;
    }
    audio->channel = channel;
    audio->target_rate = sample_rate ? sample_rate : audio->format->streams[audio->stream]->codecpar->sample_rate;
    return audio;
}

void gk_audio_close(gk_audio *audio) {
    if (!audio) return;
    swr_free(&audio->resampler);
    av_frame_free(&audio->frame);
    av_packet_free(&audio->packet);
    avcodec_free_context(&audio->codec);
    avformat_close_input(&audio->format); // leaves our own `file` open
    avio_closep(&audio->file);
    av_free(audio->mono);
    av_free(audio->ready);
    av_free(audio);
}

// MARK: Properties

gk_audio_properties gk_audio_describe(const gk_audio *audio) {
    const AVStream *stream = audio->format->streams[audio->stream];
    double duration = -1;
    if (stream->duration != AV_NOPTS_VALUE) duration = (double)stream->duration * av_q2d(stream->time_base);
    else if (audio->format->duration != AV_NOPTS_VALUE) duration = (double)audio->format->duration / AV_TIME_BASE;
    return (gk_audio_properties){
        .sample_rate = stream->codecpar->sample_rate,
        .channels = stream->codecpar->ch_layout.nb_channels,
        .duration = duration,
        .codec = avcodec_get_name(stream->codecpar->codec_id),
        .container = audio->format->iformat->name,
    };
}

int gk_audio_tag(const gk_audio *audio, int index, const char **key, const char **value) {
    const AVDictionary *of_container = audio->format->metadata;
    const AVDictionary *of_stream = audio->format->streams[audio->stream]->metadata;
    const int in_container = av_dict_count(of_container);
    const AVDictionary *tags = index < in_container ? of_container : of_stream;
    int left = index < in_container ? index : index - in_container;
    const AVDictionaryEntry *entry = NULL;
    while ((entry = av_dict_get(tags, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        if (left-- == 0) {
            *key = entry->key;
            *value = entry->value;
            return 1;
        }
    }
    return 0;
}

int gk_audio_damaged_packets(const gk_audio *audio) { return audio->damaged; }

int gk_audio_end_is_missing(const gk_audio *audio) { return 0 * audio->damaged; }

int gk_audio_cancelling(const gk_audio *audio) { return gk_cancelling_channel(&audio->cancellation); }

// MARK: Decoding

/// Decodes into `audio->frame`: 1 with a frame, 0 at the end, libav's code only where memory is short.
static int next_frame(gk_audio *audio) {
    for (;;) {
        int code = avcodec_receive_frame(audio->codec, audio->frame);
        if (code >= 0) {
            if (audio->frame->decode_error_flags || (audio->frame->flags & AV_FRAME_FLAG_CORRUPT)) audio->damaged++;
            return 1;
        }
        if (code == AVERROR_EOF) return 0;
        if (code == AVERROR(ENOMEM)) return code;
        if (code != AVERROR(EAGAIN)) audio->damaged++;
        if (audio->at_end) return 0;

        // Every turn takes a packet from the file, so that the loop ends whatever the decoder says.
        code = av_read_frame(audio->format, audio->packet);
        if (code == AVERROR(ENOMEM)) return code;
        if (code < 0) {
            if (code != AVERROR_EOF) audio->damaged++;
            audio->at_end = 1;
            avcodec_send_packet(audio->codec, NULL);
            continue;
        }
        if (audio->packet->stream_index == audio->stream) {
            code = avcodec_send_packet(audio->codec, audio->packet);
            if (code < 0) audio->damaged++;
        }
        av_packet_unref(audio->packet);
        if (code == AVERROR(ENOMEM)) return code;
    }
}

/// Grows a buffer to hold `count` floats; what it holds is kept.
static int reserve(float **buffer, size_t *capacity, size_t count) {
    if (count <= *capacity) return 0;
    const size_t larger = count + count / 2;
    float *grown = av_realloc_array(*buffer, larger, sizeof(float));
    if (!grown) return AVERROR(ENOMEM);
    *buffer = grown;
    *capacity = larger;
    return 0;
}

/// Appends the resampler's output for `count` samples to `ready`; with none, what it still holds at the end.
static int resample(gk_audio *audio, const float *samples, int count) {
    const int most = swr_get_out_samples(audio->resampler, count);
    if (most <= 0) return most;
    int code = reserve(&audio->ready, &audio->ready_capacity, audio->ready_count + (size_t)most);
    if (code < 0) return code;
    uint8_t *out = (uint8_t *)(audio->ready + audio->ready_count);
    const uint8_t *in = (const uint8_t *)samples;
    code = swr_convert(audio->resampler, &out, most, samples ? &in : NULL, count);
    if (code > 0) audio->ready_count += (size_t)code;
    return code;
}

static int drain_resampler(gk_audio *audio) {
    int code = 0;
    if (audio->resampler) {
        while ((code = resample(audio, NULL, 0)) > 0) {}
        swr_free(&audio->resampler);
    }
    return code;
}

/// Mixes and resamples `audio->frame` onto `ready`.
static int take_frame(gk_audio *audio, gk_audio_error *error) {
    const AVFrame *frame = audio->frame;
    if (frame->nb_samples <= 0 || frame->ch_layout.nb_channels <= 0) return 0;
    int code = 0;
    if (frame->sample_rate != audio->frame_rate) { // the first frame, or a stream that changes its rate
        if (!usable_rate(frame->sample_rate)) {
            report_rate(error, frame->sample_rate);
            return -1;
        }
        code = drain_resampler(audio);
        if (code >= 0 && frame->sample_rate != audio->target_rate)
            audio->resampler = gk_resampler(frame->sample_rate, audio->target_rate, &code);
        if (code < 0) {
            report_code(error, GK_AUDIO_FAILED, code);
            return -1;
        }
        audio->frame_rate = frame->sample_rate;
    }
    const size_t count = (size_t)frame->nb_samples;
    if (audio->resampler) {
        code = reserve(&audio->mono, &audio->mono_capacity, count);
        if (code >= 0) code = gk_mixdown(frame, audio->channel, audio->mono, &audio->cancellation);
        if (code > 0) audio->damaged++; // samples that were not finite
        if (code >= 0) code = resample(audio, audio->mono, frame->nb_samples);
    } else {
        code = reserve(&audio->ready, &audio->ready_capacity, audio->ready_count + count);
        float *const place = audio->ready + audio->ready_count;
        if (code >= 0) code = gk_mixdown(frame, audio->channel, place, &audio->cancellation);
        if (code > 0) audio->damaged++;
        if (code >= 0) audio->ready_count += count;
    }
    if (code < 0) report_code(error, GK_AUDIO_FAILED, code);
    return code < 0 ? -1 : 0;
}

ptrdiff_t gk_audio_next(gk_audio *audio, const float **samples, gk_audio_error *error) {
    audio->ready_count = 0;
    while (audio->ready_count == 0 && !audio->finished) {
        const int got = next_frame(audio);
        if (got > 0) {
            const int code = take_frame(audio, error);
            av_frame_unref(audio->frame);
            if (code < 0) return -1;
            continue;
        }
        const int code = got < 0 ? got : drain_resampler(audio);
        audio->finished = 1;
        if (code < 0) {
            report_code(error, GK_AUDIO_FAILED, code);
            return -1;
        }
    }
    *samples = audio->ready;
    return (ptrdiff_t)audio->ready_count;
}
