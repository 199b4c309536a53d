// Finding the same recording again: spectral peaks, landmarks of three of them, votes of one sorted array, and bit words
// for the finer comparison. The idea of peaks and of votes by offset is A. Wang's ("An industrial-strength audio search
// algorithm", ISMIR 2003), the words are J. Haitsma's and T. Kalker's ("A highly robust audio fingerprinting system",
// ISMIR 2002).
#pragma once
#include <stdint.h>

typedef struct {
    int32_t frame, bin;
} gk_spectral_peak;

/// What makes a value of a spectrogram a peak: it is above `floor` and the greatest of the frames and bins around it
/// (of equal ones the first, by frame and then by bin).
typedef struct {
    int32_t frames, bins; // on each side; not below 0
    float floor;
} gk_peak_rule;

/// Peaks of rows [frames][stride], of whose values the first `bins` count, in frames first..<first + count, by frame and
/// then by bin. The neighbourhood ends where the rows end. Gives their number, at most gk_spectral_peak_room.
int64_t gk_spectral_peaks(const float *rows, int64_t frames, int32_t bins, int64_t stride, int64_t first, int64_t count,
                          gk_peak_rule rule, gk_spectral_peak *peaks);
int64_t gk_spectral_peak_room(int64_t count, int32_t bins, gk_peak_rule rule);
/// The definition, without a short cut.
int64_t gk_oracle_spectral_peaks(const float *rows, int64_t frames, int32_t bins, int64_t stride, int64_t first,
                                 int64_t count, gk_peak_rule rule, gk_spectral_peak *peaks);

/// Which peaks join to a landmark: the first `targets` peaks that are 1..`frames` frames later and at most `bins` bins
/// away, every two of them.
typedef struct {
    int32_t targets, frames, bins; // targets at most GK_MOST_TARGETS
} gk_landmark_rule;
enum { GK_MOST_TARGETS = 8 };

/// Landmarks of peaks in order: hash << 32 | frame of the first peak. The hash is of the three bins and the two
/// distances in time, in pairs of frames. Gives their number, at most count * targets * (targets - 1) / 2.
int64_t gk_landmarks(const gk_spectral_peak *peaks, int64_t count, gk_landmark_rule rule, uint64_t *landmarks);

/// A word for each frame of first..<first + count: bit b says whether the step from band b to band b + 1 grows from
/// `around` frames before to `around` frames after, each taken as the mean of the frames that are at most `around` away.
/// Rows [frames][stride], the 33 bands at `bands`; frames beyond the ends count as the first and the last. A frame whose
/// loudest band is below `floor` gives 0, which no other frame does.
void gk_fingerprint_words(const float *bands, int64_t frames, int64_t stride, int64_t first, int64_t count,
                          int32_t around, float floor, uint32_t *words);
enum { GK_WORD_BANDS = 33 };

/// Sorts, in place.
void gk_sort_u64(uint64_t *values, int64_t count);

/// Entries of the index: hash above, then `track_bits` of the track, then 16 bits of the frame; sorted. Gives a vote for
/// every two entries of one hash and two tracks: first track, second track (the greater), and 32,768 more than the
/// second's frame less the first's, in 2 x track_bits + 16 bits. An entry meets the next `most` of its hash only, so that the work is linear
/// whatever the music. Gives their number; writes none where `votes` is NULL.
int64_t gk_landmark_votes(const uint64_t *entries, int64_t count, int32_t track_bits, int32_t most, uint64_t *votes);

typedef struct {
    int32_t first, second; // tracks
    int32_t offset;        // frames, modulo 65,536 around 0
    int32_t votes;
} gk_landmark_pair;

/// Pairs of tracks with at least `least` votes for one offset, give or take a frame, from sorted votes: for each pair its
/// best offsets, at most `most`. Gives their number; writes none where `pairs` is NULL.
int64_t gk_landmark_pairs(const uint64_t *votes, int64_t count, int32_t track_bits, int32_t least, int32_t most,
                          gk_landmark_pair *pairs);

typedef struct {
    int64_t start, end; // in the first track's words
    int64_t compared;   // words of the stretch that are 0 in neither
    int64_t differing;  // bits of these
} gk_word_stretch;

/// The stretch where the second track, `offset` words later, is most like the first: that of the greatest sum of
/// `limit` less the number of differing bits. Words that are 0 on either side add nothing.
gk_word_stretch gk_best_stretch(const uint32_t *first, int64_t first_count, const uint32_t *second,
                                int64_t second_count, int64_t offset, float limit);

/// Loudness of sound that comes in blocks; all 0 at the start.
typedef struct {
    int64_t samples;
    float peak;             // greatest magnitude
    double squares;         // sum
    int64_t clipped;        // samples in runs of at least three of full scale
    int64_t silent;         // samples in silent runs of at least `least_silence`
    int64_t longest_silence;
    int64_t full_run, silent_run; // the runs that still go on
    float full_sign;
} gk_levels;

/// - full, quiet: magnitudes from which a sample is at full scale, and below which it is silent.
void gk_levels_add(gk_levels *levels, const float *samples, int64_t count, float full, float quiet,
                   int64_t least_silence);
