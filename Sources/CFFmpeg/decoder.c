#include "CFFmpeg.h"
#include "file_view.h"
#include "header_scan.h"
#include "mixdown.h"
#include "resampler.h"
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/dict.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/// What the sound becomes at one of the rates asked for.
typedef struct {
    int rate;              // Hz
    SwrContext *resampler; // NULL while the frames have the rate
    float *ready;          // what gk_audio_ready gives
    size_t capacity, count;
} gk_target;

struct gk_audio {
    gk_file_view view;
    gk_header_facts facts;
    AVIOContext *file; // reads the view
    AVFormatContext *format;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    gk_target targets[GK_AUDIO_MOST_RATES];
    int target_count;
    int stream;         // index of the chosen stream
    int frame_rate;     // Hz, of the frames so far; 0 before the first
    int at_end;         // the last packet was sent
    int finished;       // the last sample was given
    int channel;        // the one to take; -1 for the mean of all
    int damaged;
    int failures_since; // of `damaged`, since the last frame that was decoded
    int is_strict;      // packets that fail their checksum are left out
    int is_encrypted;   // a packet was
    int end_is_missing;
    double seconds;     // of sound that was decoded
    double packets_end; // seconds at which the packets so far end

    float *mono; // one frame, mixed
    size_t mono_capacity;
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

// Formats of FFmpeg that hold music, video formats among them. Whatever else it knows is refused: scripts and playlists
// (concat, hls, sdp, sbg), music for synthesizers, whose length no byte bounds (libgme, libopenmpt), pictures, raw
// samples and speech codecs that have no mark, and the formats of single games.
static const char formats_of_music[] =
    "aa,aac,ac3,adx,aea,aiff,amr,ape,asf,asf_o,ast,au,avi,bfstm,brstm,caf,dff,dsf,dts,dtshd,dv,eac3,flac,flv,gsm,hca,"
    "iff,ivf,kux,laf,loas,matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,nsv,ogg,oma,osq,pvf,rm,rso,sbc,"
    "sds,shn,smjpeg,sox,spdif,tak,truehd,tta,voc,vqf,w64,wav,webm,wsd,wtv,wv,xwma";

// No part of a sound file is larger; claims of more fail at once. The libraries' limit serves the whole process.
enum { greatest_block = 64 << 20, greatest_frame = 1 << 21, most_streams = 64 };

static void prepare_libraries(void) {
    av_log_set_level(AV_LOG_QUIET);
    av_max_alloc(greatest_block);
}

/// Whether this is a WAV file without DTS, which sound editors' files declare as 16-bit PCM: none of its four
/// synchronisation words lies in the first 32 KB.
static int is_plain_wave(const gk_audio *audio) {
    uint8_t bytes[32768] = {0};
    if (!audio->facts.is_wave) return 0;
    gk_view_peek(&audio->view, audio->view.base, bytes, sizeof bytes);
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

/// Reports why a header could not be read: too late, if that is why, or libav's code.
static void report_header(const gk_audio *audio, gk_audio_error *error, int code) {
    if (audio->view.is_late) report(error, GK_AUDIO_COSTLY_HEADER, NULL);
    else if (audio->facts.lacks_index) report(error, GK_AUDIO_CUT_OFF, NULL);
    else report_code(error, GK_AUDIO_UNRECOGNISED, code);
}

/// Finds the demuxer for the bytes, and refuses one that is not for music.
static const AVInputFormat *find_format(gk_audio *audio, const char *path, gk_audio_error *error) {
    const AVInputFormat *format = NULL;
    const int code = av_probe_input_buffer2(audio->file, &format, path, NULL, 0, 0);
    if (code < 0) {
        report_header(audio, error, code);
        return NULL;
    }
    if (av_match_list(format->name, formats_of_music, ',')) return format;
    if (strstr(format->name, "_pipe") || !strcmp(format->name, "gif") || !strcmp(format->name, "apng")) {
        report(error, GK_AUDIO_NO_STREAM, NULL); // a picture
    } else {
        error->kind = GK_AUDIO_UNRECOGNISED;
        snprintf(error->text, sizeof error->text, "FFmpeg takes it for '%s', which holds no recorded music",
                 format->name);
    }
    return NULL;
}

static int open_container(gk_audio *audio, const char *path, gk_audio_error *error) {
    int code = gk_view_open(&audio->view, path);
    if (code < 0) {
        report_code(error, GK_AUDIO_UNREADABLE, code);
        return 0;
    }
    audio->facts = gk_scan_header(&audio->view);
    if (audio->facts.is_encrypted || audio->facts.claims_much) {
        report(error, audio->facts.is_encrypted ? GK_AUDIO_ENCRYPTED : GK_AUDIO_COSTLY_HEADER, NULL);
        return 0;
    }
    gk_view_limit(&audio->view, 2); // a sound file takes some milliseconds
    audio->file = gk_view_reader(&audio->view);
    audio->format = avformat_alloc_context();
    // The file is open; whatever it asks to open besides (a playlist's entries, a movie's references) is refused.
    char *no_protocol = av_strdup("none");
    if (!audio->file || !audio->format || !no_protocol) {
        av_free(no_protocol);
        report_code(error, GK_AUDIO_NO_MEMORY, AVERROR(ENOMEM));
        return 0;
    }
    audio->format->protocol_whitelist = no_protocol;
    audio->format->pb = audio->file;
    audio->format->flags |= AVFMT_FLAG_CUSTOM_IO; // so that it is never closed with the format
    audio->format->max_streams = most_streams;
    // 16-bit PCM in WAV is searched, 128 KB long, for other codecs in disguise: four times the work of decoding 30 s of
    // it. DTS is the one in use.
    if (is_plain_wave(audio)) audio->format->max_probe_packets = 1;
    const AVInputFormat *format = find_format(audio, path, error);
    if (!format) return 0;
    code = avformat_open_input(&audio->format, path, format, NULL);
    if (code >= 0) code = avformat_find_stream_info(audio->format, NULL);
    if (code < 0) {
        report_header(audio, error, code);
        return 0;
    }
    gk_view_limit(&audio->view, 0);
    enlarge_packets(audio->format);
    return 1;
}

/// WAV's PCM by the header itself where libavformat reads it wrongly: big-endian files (it takes them for
/// little-endian), and samples of fewer valid bits than they take up (24 in 32 it takes for floats).
static void correct_wave(const gk_header_facts *facts, AVCodecParameters *stream) {
    if (!facts->is_wave || !(facts->is_extensible || facts->is_big_endian) || facts->channels <= 0) return;
    if (facts->frame_bytes * 8 != (int64_t)facts->channels * facts->container_bits) return;
    if (stream->codec_id != AV_CODEC_ID_NONE && !av_get_exact_bits_per_sample(stream->codec_id)) return; // DTS, say
    const int big = facts->is_big_endian;
    enum AVCodecID codec = AV_CODEC_ID_NONE;
    if (facts->format == 3) {
        if (facts->container_bits == 32) codec = big ? AV_CODEC_ID_PCM_F32BE : AV_CODEC_ID_PCM_F32LE;
        if (facts->container_bits == 64) codec = big ? AV_CODEC_ID_PCM_F64BE : AV_CODEC_ID_PCM_F64LE;
    } else if (facts->format == 1) {
        switch (facts->container_bits) {
        case 8: codec = AV_CODEC_ID_PCM_U8; break;
        case 16: codec = big ? AV_CODEC_ID_PCM_S16BE : AV_CODEC_ID_PCM_S16LE; break;
        case 24: codec = big ? AV_CODEC_ID_PCM_S24BE : AV_CODEC_ID_PCM_S24LE; break;
        case 32: codec = big ? AV_CODEC_ID_PCM_S32BE : AV_CODEC_ID_PCM_S32LE; break;
        case 64: codec = big ? AV_CODEC_ID_PCM_S64BE : AV_CODEC_ID_PCM_S64LE; break;
        default: break;
        }
    }
    if (codec == AV_CODEC_ID_NONE) return;
    stream->codec_id = codec;
    stream->format = AV_SAMPLE_FMT_NONE; // the decoder's own
    stream->bits_per_coded_sample = stream->bits_per_raw_sample = facts->container_bits;
    stream->block_align = (int)facts->frame_bytes;
}

/// Whether a stream or its file is under digital rights management, by the marks that libavformat keeps.
static int is_encrypted(const AVFormatContext *format, const AVStream *stream) {
    const AVDictionaryEntry *brand = av_dict_get(format->metadata, "major_brand", NULL, 0);
    const uint32_t tag = stream->codecpar->codec_tag;
    return tag == MKTAG('d', 'r', 'm', 's') || tag == MKTAG('e', 'n', 'c', 'a') ||
           (brand && !strncmp(brand->value, "aax", 3));
}

/// What a decoder looks for: checksums, and for those that compare some of whole packets, that what fails be left out.
/// MP3's is not among them: there are encoders that write wrong ones.
static int checks_of(enum AVCodecID codec) {
    switch (codec) {
    case AV_CODEC_ID_FLAC:
    case AV_CODEC_ID_WAVPACK:
    case AV_CODEC_ID_APE:
    case AV_CODEC_ID_TTA:
    case AV_CODEC_ID_TAK:
    case AV_CODEC_ID_AC3:
    case AV_CODEC_ID_EAC3:
    case AV_CODEC_ID_MLP:
    case AV_CODEC_ID_TRUEHD: return AV_EF_CRCCHECK | AV_EF_EXPLODE;
    default: return AV_EF_CRCCHECK;
    }
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
    if (is_encrypted(audio->format, stream)) {
        report(error, GK_AUDIO_ENCRYPTED, NULL);
        return 0;
    }
    correct_wave(&audio->facts, stream->codecpar);
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
        audio->codec->max_samples = greatest_frame;
        audio->codec->err_recognition = checks_of(stream->codecpar->codec_id);
        audio->is_strict = audio->codec->err_recognition & AV_EF_EXPLODE;
        code = avcodec_open2(audio->codec, decoder, NULL);
    }
    if (code < 0) report_code(error, GK_AUDIO_FAILED, code);
    return code >= 0;
}

gk_audio *gk_audio_open(const char *path, const int *rates, int count, int channel, gk_audio_error *error) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare_libraries);
    report(error, GK_AUDIO_OK, NULL);
    for (int i = 0; i < count; i++) {
        if (rates[i] != 0 && !usable_rate(rates[i])) {
            report_rate(error, rates[i]);
            return NULL;
        }
    }
    gk_audio *audio = av_mallocz(sizeof *audio);
    if (!audio) {
        report_code(error, GK_AUDIO_NO_MEMORY, AVERROR(ENOMEM));
        return NULL;
    }
    audio->view.file = -1;
    if (!open_container(audio, path, error) || !open_stream(audio, error)) {
        gk_audio_close(audio);
        return NULL;
    }
    audio->channel = channel;
    const int own = audio->format->streams[audio->stream]->codecpar->sample_rate;
    audio->target_count = count < GK_AUDIO_MOST_RATES ? count : GK_AUDIO_MOST_RATES;
    for (int i = 0; i < audio->target_count; i++) audio->targets[i].rate = rates[i] ? rates[i] : own;
    return audio;
}

void gk_audio_close(gk_audio *audio) {
    if (!audio) return;
    for (int i = 0; i < audio->target_count; i++) {
        swr_free(&audio->targets[i].resampler);
        av_free(audio->targets[i].ready);
    }
    av_frame_free(&audio->frame);
    av_packet_free(&audio->packet);
    avcodec_free_context(&audio->codec);
    avformat_close_input(&audio->format); // leaves our own `file` open
    if (audio->file) av_freep(&audio->file->buffer);
    avio_context_free(&audio->file);
    gk_view_close(&audio->view);
    av_free(audio->mono);
    av_free(audio);
}

// MARK: Properties

gk_audio_properties gk_audio_describe(const gk_audio *audio) {
    const AVStream *stream = audio->format->streams[audio->stream];
    double duration = -1;
    if (stream->duration != AV_NOPTS_VALUE) duration = (double)stream->duration * av_q2d(stream->time_base);
    else if (audio->format->duration != AV_NOPTS_VALUE) duration = (double)audio->format->duration / AV_TIME_BASE;
    const gk_header_facts *facts = &audio->facts;
    if (facts->is_wave && (facts->is_extensible || facts->is_big_endian) && facts->data_bytes > 0 && facts->rate > 0 &&
        facts->frame_bytes > 0 && (facts->format == 1 || facts->format == 3))
        duration = (double)(facts->data_bytes / facts->frame_bytes) / (double)facts->rate;
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

int gk_audio_end_is_missing(const gk_audio *audio) { return audio->end_is_missing; }

int gk_audio_cancelling(const gk_audio *audio) { return gk_cancelling_channel(&audio->cancellation); }

// MARK: Decoding

static void count_failure(gk_audio *audio) {
    audio->damaged++;
    audio->failures_since++;
}

/// Whether this is no frame of MPEG audio but what stands between or around the frames of sound files: tags and zeros.
static int is_beside_frames(const gk_audio *audio) {
    static const char marks[5][4] = {"ID3", "TAG", "LYR", "APE", {0, 0, 0, 0}};
    const enum AVCodecID codec = audio->codec->codec_id;
    if (codec != AV_CODEC_ID_MP3 && codec != AV_CODEC_ID_MP2 && codec != AV_CODEC_ID_MP1 && codec != AV_CODEC_ID_AAC)
        return 0;
    for (int i = 0; i < 5; i++) {
        if (audio->packet->size >= 3 && !memcmp(audio->packet->data, marks[i], 3)) return 1;
    }
    return 0;
}

/// Decodes into `audio->frame`: 1 with a frame, 0 at the end, libav's code only where memory is short.
static int next_frame(gk_audio *audio) {
    for (;;) {
        int code = avcodec_receive_frame(audio->codec, audio->frame);
        if (code >= 0) {
            audio->failures_since = 0;
            if (audio->frame->decode_error_flags || (audio->frame->flags & AV_FRAME_FLAG_CORRUPT)) audio->damaged++;
            return 1;
        }
        if (code == AVERROR_EOF) return 0;
        if (code == AVERROR(ENOMEM)) return code;
        if (code != AVERROR(EAGAIN)) count_failure(audio);
        if (audio->at_end) return 0;

        // Every turn takes a packet from the file, so that the loop ends whatever the decoder says.
        code = av_read_frame(audio->format, audio->packet);
        if (code == AVERROR(ENOMEM)) return code;
        if (code < 0) {
            if (code != AVERROR_EOF) count_failure(audio);
            audio->at_end = 1;
            avcodec_send_packet(audio->codec, NULL);
            continue;
        }
        if (audio->packet->stream_index == audio->stream && audio->packet->size > 0) {
            const AVPacket *packet = audio->packet;
            if (av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, NULL)) audio->is_encrypted = 1;
            const double unit = av_q2d(audio->format->streams[audio->stream]->time_base);
            const double start = packet->pts == AV_NOPTS_VALUE ? audio->packets_end : (double)packet->pts * unit;
            audio->packets_end = fmax(audio->packets_end, start + (double)packet->duration * unit);
            code = audio->is_encrypted ? AVERROR_EXIT : avcodec_send_packet(audio->codec, packet);
            if (code < 0 && !is_beside_frames(audio)) count_failure(audio);
        }
        av_packet_unref(audio->packet);
        if (code == AVERROR(ENOMEM) || audio->is_encrypted) return code;
    }
}

/// Where not one packet passed its checksum, it is the checksums that are wrong: begins again without them.
static int begin_again(gk_audio *audio) {
    if (!audio->is_strict || audio->seconds > 0 || audio->damaged == 0) return 0;
    audio->is_strict = 0;
    if (av_seek_frame(audio->format, audio->stream, 0, AVSEEK_FLAG_BACKWARD) < 0) return 0;
    avcodec_flush_buffers(audio->codec);
    audio->codec->err_recognition &= ~AV_EF_EXPLODE;
    audio->at_end = 0;
    return 1;
}

/// Whether a file has one stream of sound, and besides at most pictures and fonts.
static int holds_audio_alone(const AVFormatContext *format) {
    int sounds = 0;
    for (unsigned i = 0; i < format->nb_streams; i++) {
        const AVStream *stream = format->streams[i];
        const enum AVMediaType type = stream->codecpar->codec_type;
        if (type == AVMEDIA_TYPE_AUDIO) sounds++;
        else if (type != AVMEDIA_TYPE_ATTACHMENT && !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC)) return 0;
    }
    return sounds == 1;
}

/// Whether the sound ends before the end that its header names, and how many Ogg pages are damaged.
static void judge_end(gk_audio *audio) {
    const gk_header_facts *facts = &audio->facts;
    const AVFormatContext *format = audio->format;
    const AVStream *stream = format->streams[audio->stream];
    const char *name = format->iformat->name;
    const int64_t end = audio->view.base + audio->view.size;
    if (facts->is_ogg) {
        audio->damaged += gk_scan_ogg_pages(&audio->view, &audio->end_is_missing);
    } else if (facts->is_wave) {
        // Some programs count their header among the data.
        const int64_t slack = 256;
        audio->end_is_missing = facts->data_bytes > 0 && facts->data_start + facts->data_bytes > end + slack;
    } else if (av_match_list(name, "matroska", ',')) {
        // The length is the file's: that of the sound where nothing else is in it.
        if (format->duration != AV_NOPTS_VALUE && holds_audio_alone(format))
            audio->end_is_missing = audio->packets_end < (double)format->duration / AV_TIME_BASE - 0.5;
    } else if (stream->duration != AV_NOPTS_VALUE && format->duration_estimation_method == AVFMT_DURATION_FROM_STREAM) {
        // Lossless formats name their length to a sample, the others to some packets.
        const int is_exact = av_match_list(name, "flac,wv,ape,tta,tak,aiff,caf,au,w64,dsf,iff", ',');
        if (!is_exact && !av_match_list(name, "mp3,mov,asf,mpc8", ',')) return;
        const double unit = av_q2d(stream->time_base);
        double claim = (double)stream->duration * unit;
        if (stream->start_time != AV_NOPTS_VALUE) claim += (double)stream->start_time * unit;
        if (!is_exact && format->duration != AV_NOPTS_VALUE)
            claim = fmin(claim, (double)format->duration / AV_TIME_BASE);
        audio->end_is_missing = audio->packets_end < claim - (is_exact ? 0.03 : 0.5);
        // Where all of the sound is there, what fails behind it is no sound: other programs' tags.
        if (is_exact && audio->seconds > (double)stream->duration * unit - 0.001)
            audio->damaged -= audio->failures_since;
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
static int resample(gk_target *target, const float *samples, int count) {
    const int most = swr_get_out_samples(target->resampler, count);
    if (most <= 0) return most;
    int code = reserve(&target->ready, &target->capacity, target->count + (size_t)most);
    if (code < 0) return code;
    uint8_t *out = (uint8_t *)(target->ready + target->count);
    const uint8_t *in = (const uint8_t *)samples;
    code = swr_convert(target->resampler, &out, most, samples ? &in : NULL, count);
    if (code > 0) target->count += (size_t)code;
    return code;
}

static int drain_resampler(gk_target *target) {
    int code = 0;
    if (target->resampler) {
        while ((code = resample(target, NULL, 0)) > 0) {}
        swr_free(&target->resampler);
    }
    return code;
}

static int drain_resamplers(gk_audio *audio) {
    int code = 0;
    for (int i = 0; i < audio->target_count && code >= 0; i++) code = drain_resampler(&audio->targets[i]);
    return code;
}

/// Frames come at another rate from now on: the first frame, or a stream that changes it.
static int change_rate(gk_audio *audio, int rate) {
    int code = drain_resamplers(audio);
    for (int i = 0; i < audio->target_count && code >= 0; i++) {
        gk_target *target = &audio->targets[i];
        if (rate != target->rate) target->resampler = gk_resampler(rate, target->rate, &code);
    }
    audio->frame_rate = rate;
    return code;
}

/// Mixes `audio->frame` once, and appends it to every target at its rate.
static int mix(gk_audio *audio) {
    const AVFrame *frame = audio->frame;
    const size_t count = (size_t)frame->nb_samples;
    // Where a target has the frames' rate, the mixture is made in its place.
    gk_target *first = NULL;
    for (int i = 0; i < audio->target_count && !first; i++) {
        if (!audio->targets[i].resampler) first = &audio->targets[i];
    }
    int code = first ? reserve(&first->ready, &first->capacity, first->count + count)
                     : reserve(&audio->mono, &audio->mono_capacity, count);
    if (code < 0) return code;
    float *const mixed = first ? first->ready + first->count : audio->mono;
    code = gk_mixdown(frame, audio->channel, mixed, &audio->cancellation);
    if (code > 0) audio->damaged++; // samples that were not finite
    if (first && code >= 0) first->count += count;
    for (int i = 0; i < audio->target_count && code >= 0; i++) {
        gk_target *target = &audio->targets[i];
        if (target == first) continue;
        if (target->resampler) {
            code = resample(target, mixed, frame->nb_samples);
        } else {
            code = reserve(&target->ready, &target->capacity, target->count + count);
            if (code < 0) break;
            memcpy(target->ready + target->count, mixed, count * sizeof *mixed);
            target->count += count;
        }
    }
    return code;
}

/// Takes `audio->frame` in.
static int take_frame(gk_audio *audio, gk_audio_error *error) {
    const AVFrame *frame = audio->frame;
    if (frame->nb_samples <= 0 || frame->ch_layout.nb_channels <= 0) return 0;
    if (frame->sample_rate != audio->frame_rate) {
        if (!usable_rate(frame->sample_rate)) {
            report_rate(error, frame->sample_rate);
            return -1;
        }
        const int code = change_rate(audio, frame->sample_rate);
        if (code < 0) {
            report_code(error, GK_AUDIO_FAILED, code);
            return -1;
        }
    }
    // Codecs of music write some hundred bytes a second and more, but for silence.
    audio->seconds += (double)frame->nb_samples / frame->sample_rate;
    if (audio->seconds > 120 + (double)audio->view.size / 128) {
        report(error, GK_AUDIO_IMPLAUSIBLE, NULL);
        return -1;
    }
    const int code = mix(audio);
    if (code < 0) report_code(error, GK_AUDIO_FAILED, code);
    return code < 0 ? -1 : 0;
}

static int is_ready(const gk_audio *audio) {
    for (int i = 0; i < audio->target_count; i++) {
        if (audio->targets[i].count > 0) return 1;
    }
    return 0;
}

int gk_audio_next(gk_audio *audio, gk_audio_error *error) {
    for (int i = 0; i < audio->target_count; i++) audio->targets[i].count = 0;
    while (!is_ready(audio) && !audio->finished) {
        const int got = next_frame(audio);
        if (got > 0) {
            const int code = take_frame(audio, error);
            av_frame_unref(audio->frame);
            if (code < 0) return -1;
            continue;
        }
        if (got == 0 && begin_again(audio)) continue;
        const int code = got < 0 ? got : drain_resamplers(audio);
        audio->finished = 1;
        if (code < 0) {
            if (audio->is_encrypted) report(error, GK_AUDIO_ENCRYPTED, NULL);
            else report_code(error, GK_AUDIO_FAILED, code);
            return -1;
        }
        judge_end(audio);
    }
    return is_ready(audio);
}

size_t gk_audio_ready(const gk_audio *audio, int target, const float **samples) {
    *samples = audio->targets[target].ready;
    return audio->targets[target].count;
}
