// Log-mel columns from samples: windowed frames, real Fourier transform, mel bank, logarithm. Sixteen frames at a time,
// in double precision up to the power spectrum: in single precision a loud tone's rounding would drown the quiet bands
// beside it (errors of a few per cent where 90 dB lie between).
#pragma once
#include "gk_isa.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GK_FEATURE_LANES = 8 };

/// What to compute. The tables are copied.
typedef struct {
    int32_t fft_length;     // samples a frame, the window's zeros on both sides included; any size above 1
    int32_t hop;            // samples from frame to frame
    int32_t mels;           // rows of the result
    const double *window;   // [fft_length], the sample scale already in it
    const double *mel_bank; // [mels][fft_length / 2 + 1]
    double log_floor;       // a value is factor * ln(x + log_floor) + offset; above 0
    double factor, offset;
    bool power;             // the mel bank takes |X|^2, not |X|
    bool single;            // single precision from the power spectrum on
} gk_feature_shape;

typedef struct gk_features gk_features;

/// A plan, which many threads may share, each with its own scratch memory; NULL where memory runs out or a size is not
/// above 0 (fft_length: above 1). GK_ISA_SCALAR is taken as GK_ISA_PORTABLE, the oracle being far too slow for use.
gk_features *gk_features_create(const gk_feature_shape *shape, gk_isa isa);
void gk_features_destroy(gk_features *plan);
/// Bytes of scratch memory, 64-byte aligned, that one call needs.
size_t gk_features_scratch_bytes(const gk_features *plan);
/// Columns first..<first + columns of the centred spectrogram: column c's frame has sample c * hop in its middle, and
/// samples outside 0..<count are 0. Column after column to output [columns][mels].
void gk_features_rows(const gk_features *plan, const float *samples, int64_t count, int64_t first, int64_t columns,
                      float *output, void *scratch);
/// The same values as rows of mel bands: band m goes to output[m * row_stride ...], one value a column.
/// - row_stride: above 0.
void gk_features_columns(const gk_features *plan, const float *samples, int64_t count, int64_t first, int64_t columns,
                         float *output, int64_t row_stride, void *scratch);
/// The formula as plain loops in double precision with a transform of O(n^2).
void gk_oracle_features_columns(const gk_feature_shape *shape, const float *samples, int64_t count, int64_t first,
                                int64_t columns, float *output, int64_t row_stride);

/// The real transform alone, for tests: input [n][GK_FEATURE_LANES], real and imaginary parts
/// [n / 2 + 1][GK_FEATURE_LANES]; false where memory runs out or n < 2.
bool gk_real_fft(int32_t n, gk_isa isa, const double *input, double *real, double *imaginary);
/// The same of one signal by its definition.
void gk_oracle_real_dft(int32_t n, const double *input, double *real, double *imaginary);

/// The index of the first value whose magnitude is above `limit`, a power of two or FLT_MAX, or that is no number; -1 where
/// there is none.
int64_t gk_first_beyond(float limit, const float *values, int64_t count);
/// A fast hash of bytes that tells changed data, no defence against intent: eight interleaved streams of
/// multiply-and-rotate over 64-bit little-endian words, folded. The same on every instruction set.
uint64_t gk_content_hash(const void *bytes, size_t count);
/// The same of bytes that come in pieces; where these end changes nothing.
typedef struct {
    uint64_t lanes[8], count;
    char pending[64];
} gk_hash;
void gk_hash_start(gk_hash *hash);
void gk_hash_add(gk_hash *hash, const void *bytes, size_t count);
uint64_t gk_hash_value(const gk_hash *hash);
/// The greatest |value|; 0 of none.
float gk_greatest_magnitude(const float *values, int64_t count);
/// output[i] = factor * values[i].
void gk_scaled(const float *values, int64_t count, float factor, float *output);
