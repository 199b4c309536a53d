#include "CFFmpeg.h"
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>

/// Takes the frames that the decoder has ready; the samples in them.
static int64_t take_frames(AVCodecContext *codec, AVFrame *frame) {
    int64_t samples = 0;
    while (avcodec_receive_frame(codec, frame) >= 0) {
        samples += frame->nb_samples;
        av_frame_unref(frame);
    }
    return samples;
}

/// Opens the decoder of the best audio stream; 0 where it cannot be done.
static AVCodecContext *open_decoder(AVFormatContext *format, int *stream) {
    const AVCodec *decoder = NULL;
    *stream = av_find_best_stream(format, AVMEDIA_TYPE_AUDIO, -1, -1, &decoder, 0);
    AVCodecContext *codec = *stream >= 0 && decoder ? avcodec_alloc_context3(decoder) : NULL;
    if (codec && (avcodec_parameters_to_context(codec, format->streams[*stream]->codecpar) < 0 ||
                  avcodec_open2(codec, decoder, NULL) < 0))
        avcodec_free_context(&codec);
    return codec;
}

int64_t gk_audio_decode_alone(const char *path) {
    AVFormatContext *format = NULL;
    AVCodecContext *codec = NULL;
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    int64_t samples = -1;
    int stream = -1;
    char *address = av_asprintf("file:%s", path);
    if (packet && frame && address && avformat_open_input(&format, address, NULL, NULL) >= 0 &&
        avformat_find_stream_info(format, NULL) >= 0 && (codec = open_decoder(format, &stream))) {
        samples = 0;
        while (av_read_frame(format, packet) >= 0) {
            if (packet->stream_index == stream && avcodec_send_packet(codec, packet) >= 0)
                samples += take_frames(codec, frame);
            av_packet_unref(packet);
        }
        avcodec_send_packet(codec, NULL);
        samples += take_frames(codec, frame);
    }
    avcodec_free_context(&codec);
    avformat_close_input(&format);
    av_frame_free(&frame);
    av_packet_free(&packet);
    av_free(address);
    return samples;
}
