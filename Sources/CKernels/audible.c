// Audible powers of short windows. Two passes over a window that lies in the first cache: its mean, then the squares of
// what is left; sums in LANES partial sums, which the compiler keeps in vectors.
#include "gk_audible.h"

enum { LANES = 16 };

static float lane_sum(const float *lanes) {
    float sum = 0;
    for (int l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

static float window_power(const float *x, int64_t length, float unit, float share) {
    float sums[LANES] = {0}, least[LANES], greatest[LANES], squares[LANES] = {0};
    for (int l = 0; l < LANES; l++)
        least[l] = greatest[l] = x[0];
    int64_t i = 0;
    for (; i + LANES <= length; i += LANES)
        for (int l = 0; l < LANES; l++) {
            float v = x[i + l];
            sums[l] += v;
            least[l] = v < least[l] ? v : least[l];
            greatest[l] = v > greatest[l] ? v : greatest[l];
        }
    for (int l = 0; i + l < length; l++) {
        float v = x[i + l];
        sums[l] += v;
        least[l] = v < least[l] ? v : least[l];
        greatest[l] = v > greatest[l] ? v : greatest[l];
    }
    for (int l = 1; l < LANES; l++) {
        least[0] = least[l] < least[0] ? least[l] : least[0];
        greatest[0] = greatest[l] > greatest[0] ? greatest[l] : greatest[0];
    }
    if (greatest[0] - least[0] <= unit)
        return 0;
    float mean = lane_sum(sums) / (float)length;
    for (i = 0; i + LANES <= length; i += LANES)
        for (int l = 0; l < LANES; l++) {
            float d = x[i + l] - mean;
            squares[l] += d * d;
        }
    for (int l = 0; i + l < length; l++) {
        float d = x[i + l] - mean;
        squares[l] += d * d;
    }
    float power = lane_sum(squares) / (float)length;
    return power <= share * mean * mean ? 0 : power;
}

void gk_audible_powers(const float *samples, int64_t windows, int64_t length, float unit, float share, float *powers) {
    for (int64_t w = 0; w < windows; w++)
        powers[w] = window_power(samples + w * length, length, unit, share);
}

void gk_oracle_audible_powers(const float *samples, int64_t windows, int64_t length, float unit, float share,
                              float *powers) {
    for (int64_t w = 0; w < windows; w++) {
        const float *x = samples + w * length;
        double mean = 0, power = 0;
        float least = x[0], greatest = x[0];
        for (int64_t i = 0; i < length; i++) {
            mean += (double)x[i] / (double)length;
            least = x[i] < least ? x[i] : least;
            greatest = x[i] > greatest ? x[i] : greatest;
        }
        for (int64_t i = 0; i < length; i++)
            power += (x[i] - mean) * (x[i] - mean) / (double)length;
        powers[w] = greatest - least <= unit || power <= share * mean * mean ? 0 : (float)power;
    }
}
