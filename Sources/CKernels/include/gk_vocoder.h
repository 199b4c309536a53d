// A phase vocoder: sound made longer or shorter at its pitch. The arithmetic is that of librosa 0.11's
// `effects.time_stretch`: a short-time Fourier transform with a periodic Hann window as long as the frame, frame f
// centred on sample f hop (zeros outside); frame t of the result lies at frame step = t rate of the sound, f = floor(step):
//
//     |Y[t]| = (1 - (step - f)) |X[f]| + (step - f) |X[f + 1]|
//     arg Y[0] = arg X[0],   arg Y[t + 1] = arg Y[t] + arg X[f + 1] - arg X[f]
//
// and the inverse: overlapped, windowed frames over the sum of the windows' squares. librosa's expected phase advance
// cancels out of its own formula but for whole turns, so that phases are kept as unit phasors and multiplied: no
// arctangent and no cosine. Everything is in double precision.
//
// Cost: a transform a frame each way (eight frames at once, one a lane), and about 20 operations a bin and frame.
#pragma once
#include "gk_isa.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gk_vocoder gk_vocoder;

/// A plan, which many threads may share; NULL where memory runs out, fft_length < 2, hop < 1 or hop > fft_length.
/// GK_ISA_SCALAR is taken as GK_ISA_PORTABLE.
gk_vocoder *gk_vocoder_create(int32_t fft_length, int32_t hop, gk_isa isa);
void gk_vocoder_destroy(gk_vocoder *plan);

/// Frames of so many samples: 1 + count / hop.
int64_t gk_vocoder_frames(const gk_vocoder *plan, int64_t count);
/// Frames that so many become: ceil(frames / rate).
int64_t gk_vocoder_stretched_frames(int64_t frames, double rate);
/// Samples that so many become: count / rate, rounded to the nearest (halves to even).
int64_t gk_vocoder_stretched_count(int64_t count, double rate);

/// Doubles of a spectrum, 64-byte aligned: [frames + 2][3][gk_vocoder_row]: magnitude, real and imaginary part of the unit
/// phasor, bin by bin. The two more frames are silent.
size_t gk_vocoder_spectrum_count(const gk_vocoder *plan, int64_t frames);
/// Doubles a row: the bins, fft_length / 2 + 1, rounded up to whole vectors.
size_t gk_vocoder_row(const gk_vocoder *plan);
/// Bytes of scratch memory, 64-byte aligned, for calls that give up to `wanted` samples.
size_t gk_vocoder_scratch_bytes(const gk_vocoder *plan, int64_t wanted);

/// The spectrum of a sound, gk_vocoder_frames(count) frames. `scratch` is for 0 samples wanted.
void gk_vocoder_analyse(const gk_vocoder *plan, const float *samples, int64_t count, double *spectrum, void *scratch);
/// The first `wanted` samples of the sound at `rate`, above 0: at 2 it lasts half as long, at 0.5 twice.
/// - wanted: up to the stretched count, beyond which there is silence.
void gk_vocoder_synthesise(const gk_vocoder *plan, const double *spectrum, int64_t frames, double rate, float *output,
                           int64_t wanted, void *scratch);

/// For tests, the middle alone: a spectrum from complex values that lie where unit phasors will, the two silent frames
/// included; and the stretched frames [stretched frames][2][gk_vocoder_row], real and imaginary part.
void gk_vocoder_polar(const gk_vocoder *plan, double *spectrum, int64_t frames);
void gk_vocoder_turn(const gk_vocoder *plan, const double *spectrum, int64_t frames, double rate, double *stretched,
                     void *scratch);

/// librosa's formulas as plain loops with libm's functions: of frames [frames][bins] the stretched ones (real and
/// imaginary parts apart); and the whole, with transforms of O(n^2). False where memory runs out.
void gk_oracle_phase_vocoder(int32_t fft_length, int32_t hop, int64_t frames, const double *real,
                             const double *imaginary, double rate, double *stretched_real, double *stretched_imaginary);
bool gk_oracle_stretch(int32_t fft_length, int32_t hop, const float *samples, int64_t count, double rate,
                       float *output, int64_t wanted);
