/// A small face over FFmpeg's libraries (5.1 or later): what Swift cannot import (macros, channel layouts) stays here.
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

// MARK: Audio files

/// What went wrong, in kinds a caller can act on.
enum {
    GK_AUDIO_OK = 0,
    GK_AUDIO_UNREADABLE = 1,   ///< the file cannot be opened or read
    GK_AUDIO_UNRECOGNISED = 2, ///< no demuxer knows the bytes
    GK_AUDIO_NO_STREAM = 3,    ///< a known container without an audio stream
    GK_AUDIO_NO_DECODER = 4,   ///< the linked FFmpeg has no decoder for the codec
    GK_AUDIO_BAD_RATE = 5,     ///< a sample rate outside GK_AUDIO_LEAST_RATE...GK_AUDIO_GREATEST_RATE
    GK_AUDIO_FAILED = 6,       ///< decoding or resampling failed
    GK_AUDIO_NO_MEMORY = 7,
    GK_AUDIO_ENCRYPTED = 8,     ///< digital rights management
    GK_AUDIO_COSTLY_HEADER = 9, ///< thousands of tags, or a header that takes seconds to read
    GK_AUDIO_IMPLAUSIBLE = 10,  ///< far longer than a file of so many bytes can be
    GK_AUDIO_CUT_OFF = 11,      ///< an MP4 file that ends before its index
};

/// Sample rates accepted, of files and as targets, in Hz: outside, the resampler's filter would grow without bound.
enum { GK_AUDIO_LEAST_RATE = 1000, GK_AUDIO_GREATEST_RATE = 1000000 };

/// Rates at which one decoding can give its sound.
enum { GK_AUDIO_MOST_RATES = 16 };

typedef struct {
    int kind;       ///< one of GK_AUDIO_...
    char text[160]; ///< FFmpeg's own words, or a codec's name; empty where there are none
} gk_audio_error;

/// What a file's header says. The strings live as long as the handle.
typedef struct {
    int sample_rate;       ///< Hz
    int channels;          ///< channels of the chosen stream
    double duration;       ///< seconds as the header claims; negative where unknown. Never trust it with memory.
    const char *codec;     ///< FFmpeg's short name: "mp3", "flac", "pcm_s16le"
    const char *container; ///< FFmpeg's short names, comma-separated: "wav", "mov,mp4,m4a,3gp,3g2,mj2"
} gk_audio_properties;

typedef struct gk_audio gk_audio;

/// Opens the best audio stream of a local regular file; 0 with the fault in `error` where it cannot be done.
/// Only formats that hold recorded music are taken. What the file claims is bounded: 64 MB for any part of it (a limit
/// that libavutil keeps for the whole process), thousands of tags, seconds of processor time for its header.
/// Playlists and references inside the file to other files or hosts are never followed.
/// `rates`: those at which the sound is wanted, in Hz, `count` of them, GK_AUDIO_MOST_RATES at most; 0 for the file's own.
/// `channel`: the one to take, from 0; -1 for the mean of all.
gk_audio *gk_audio_open(const char *path, const int *rates, int count, int channel, gk_audio_error *error);
void gk_audio_close(gk_audio *audio);

gk_audio_properties gk_audio_describe(const gk_audio *audio);

/// The container's tags, then the stream's, by index from 0; 0 (false) past the last. The strings live as the handle.
int gk_audio_tag(const gk_audio *audio, int index, const char **key, const char **value);

/// Decodes on until there are samples at any of the rates: 1 where there are, 0 at the end, -1 with the fault in `error`.
/// Mono is the mean of all channels. Equal rates are not resampled: 16-bit samples come out as exactly int16 / 32768. What a
/// rate gets does not depend on the others.
/// Samples that are not finite numbers become 0. Damaged packets are counted and left out.
int gk_audio_next(gk_audio *audio, gk_audio_error *error);
/// The samples at the rate of that index: mono, +-1 full scale, valid until gk_audio_next is called again; perhaps none.
/// Gives their number.
size_t gk_audio_ready(const gk_audio *audio, int rate, const float **samples);

/// Packets so far that were corrupt, failed to decode, or held samples that are not finite.
int gk_audio_damaged_packets(const gk_audio *audio);

/// Whether the sound has ended before the end that the header names.
int gk_audio_end_is_missing(const gk_audio *audio);

/// Where the channels so far cancel in their mean: the loudest channel, from 0; -1 where they do not.
int gk_audio_cancelling(const gk_audio *audio);

/// Decodes the best audio stream of a file of one's own as FFmpeg's own programs do, on one thread, and drops the
/// frames: the least that decoding costs, for benchmarks. Gives the samples of a channel, -1 where it cannot be done.
int64_t gk_audio_decode_alone(const char *path);

// MARK: Resampling of sound in memory

typedef struct gk_rate_change gk_rate_change;

/// As gk_audio_next resamples, mono, from rate `from` to rate `to`; only their ratio counts. 0 where it cannot be made.
gk_rate_change *gk_rate_change_new(int from, int to);
void gk_rate_change_free(gk_rate_change *change);
/// Resamples a whole sound, whatever was resampled before; output sample k lies at input position k * from / to. Gives
/// the number of samples written, `capacity` at most; -1 where memory is short.
ptrdiff_t gk_rate_change_run(gk_rate_change *change, const float *samples, int count, float *output, int capacity);

// MARK: SHA-256

enum { GK_SHA256_BYTES = 32 };

typedef struct gk_sha256 gk_sha256;

/// 0 where memory is short.
gk_sha256 *gk_sha256_new(void);
void gk_sha256_update(gk_sha256 *hash, const void *bytes, size_t count);
/// Writes the digest. The hash is spent afterwards.
void gk_sha256_finish(gk_sha256 *hash, uint8_t *digest);
void gk_sha256_free(gk_sha256 *hash);

#if defined(__cplusplus)
}
#endif
