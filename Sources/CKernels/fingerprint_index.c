// One sorted array instead of a table a track: entries of one hash lie together, votes of one pair of tracks too.
#include "gk_fingerprint.h"
#include <stddef.h>

static void insertion_sort(uint64_t *values, int64_t count) {
    for (int64_t i = 1; i < count; i++) {
        uint64_t value = values[i];
        int64_t j = i;
        for (; j > 0 && values[j - 1] > value; j--)
            values[j] = values[j - 1];
        values[j] = value;
    }
}

/// Radix sort in place from the highest byte (McIlroy, Bostic & McIlroy's "American flag sort", 1993).
static void sort_from(uint64_t *values, int64_t count, int shift) {
    if (count <= 48) {
        insertion_sort(values, count);
        return;
    }
    int64_t counts[256] = {0}, next[256], end[256];
    for (int64_t i = 0; i < count; i++)
        counts[values[i] >> shift & 0xFF]++;
    int64_t at = 0;
    for (int d = 0; d < 256; d++) {
        next[d] = at;
        at += counts[d];
        end[d] = at;
    }
    for (int d = 0; d < 256; d++)
        while (next[d] < end[d]) {
            uint64_t value = values[next[d]];
            int digit = (int)(value >> shift & 0xFF);
            if (digit == d) {
                next[d]++;
                continue;
            }
            values[next[d]] = values[next[digit]];
            values[next[digit]++] = value;
        }
    if (shift == 0)
        return;
    at = 0;
    for (int d = 0; d < 256; d++) {
        sort_from(values + at, counts[d], shift - 8);
        at += counts[d];
    }
}

void gk_sort_u64(uint64_t *values, int64_t count) {
    sort_from(values, count, 56);
}

int64_t gk_landmark_votes(const uint64_t *entries, int64_t count, int32_t track_bits, int32_t most, uint64_t *votes) {
    const uint64_t track_mask = ((uint64_t)1 << track_bits) - 1;
    const int below_hash = track_bits + 16;
    int64_t made = 0;
    for (int64_t i = 0; i < count; i++) {
        uint64_t hash = entries[i] >> below_hash, track = entries[i] >> 16 & track_mask;
        int32_t met = 0;
        for (int64_t j = i + 1; j < count && met < most && entries[j] >> below_hash == hash; j++, met++) {
            uint64_t other = entries[j] >> 16 & track_mask;
            if (other == track)
                continue;
            if (votes)
                votes[made] = (track << track_bits | other) << 16 | ((entries[j] - entries[i] + 0x8000) & 0xFFFF);
            made++;
        }
    }
    return made;
}

/// The number of votes of start..<end for an offset of at most 2 more than that at `at`.
static int64_t votes_near(const uint64_t *votes, int64_t at, int64_t end) {
    int64_t e = at;
    while (e < end && votes[e] - votes[at] <= 2)
        e++;
    return e - at;
}

int64_t gk_landmark_pairs(const uint64_t *votes, int64_t count, int32_t track_bits, int32_t least, int32_t most,
                          gk_landmark_pair *pairs) {
    const uint64_t track_mask = ((uint64_t)1 << track_bits) - 1;
    int64_t made = 0;
    for (int64_t start = 0, end; start < count; start = end) {
        uint64_t pair = votes[start] >> 16;
        for (end = start; end < count && votes[end] >> 16 == pair; end++) {}
        if (end - start < least)
            continue;
        // The best windows one after the other, each beyond the reach of those before.
        uint64_t taken[8];
        for (int32_t n = 0; n < most && n < 8; n++) {
            int64_t best = 0, place = -1;
            for (int64_t at = start; at < end; at++) {
                if (at > start && votes[at] == votes[at - 1])
                    continue;
                int near_taken = 0;
                for (int32_t t = 0; t < n; t++) {
                    uint64_t distance = votes[at] > taken[t] ? votes[at] - taken[t] : taken[t] - votes[at];
                    near_taken |= distance <= 4;
                }
                if (near_taken)
                    continue;
                int64_t own = votes_near(votes, at, end);
                if (own > best) {
                    best = own;
                    place = at;
                }
            }
            if (best < least)
                break;
            taken[n] = votes[place];
            if (pairs) {
                // The median of the window's votes.
                int32_t offset = (int32_t)(votes[place + best / 2] & 0xFFFF) - 0x8000;
                pairs[made] = (gk_landmark_pair){.first = (int32_t)(pair >> track_bits),
                                                 .second = (int32_t)(pair & track_mask),
                                                 .offset = offset,
                                                 .votes = (int32_t)best};
            }
            made++;
        }
    }
    return made;
}

gk_word_stretch gk_best_stretch(const uint32_t *first, int64_t first_count, const uint32_t *second,
                                int64_t second_count, int64_t offset, float limit) {
    gk_word_stretch best = {0};
    int64_t from = offset < 0 ? -offset : 0;
    int64_t to = first_count < second_count - offset ? first_count : second_count - offset;
    float sum = 0, greatest = 0;
    gk_word_stretch own = {.start = from};
    for (int64_t i = from; i < to; i++) {
        uint32_t a = first[i], b = second[i + offset];
        if (a && b) {
            int differing = __builtin_popcount(a ^ b);
            sum += limit - (float)differing;
            own.compared++;
            own.differing += differing;
        }
        if (sum <= 0) {
            sum = 0;
            own = (gk_word_stretch){.start = i + 1};
        } else if (sum > greatest) {
            greatest = sum;
            own.end = i + 1;
            best = own;
        }
    }
    return best;
}
