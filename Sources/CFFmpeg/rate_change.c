#include "CFFmpeg.h"
#include "resampler.h"
#include <libavutil/mem.h>

struct gk_rate_change {
    SwrContext *resampler;
};

gk_rate_change *gk_rate_change_new(int from, int to) {
    gk_rate_change *change = av_mallocz(sizeof *change);
    int status = 0;
    if (change && from > 0 && to > 0) change->resampler = gk_resampler(from, to, &status);
    if (change && !change->resampler) av_freep(&change);
    return change;
}

void gk_rate_change_free(gk_rate_change *change) {
    if (!change) return;
    swr_free(&change->resampler);
    av_free(change);
}

ptrdiff_t gk_rate_change_run(gk_rate_change *change, const float *samples, int count, float *output, int capacity) {
    // Begins anew; the filter is kept.
    int code = swr_init(change->resampler);
    if (code < 0) return -1;
    int done = 0;
    for (int ending = count == 0; done < capacity;) {
        uint8_t *to = (uint8_t *)(output + done);
        const uint8_t *from = (const uint8_t *)samples;
        code = swr_convert(change->resampler, &to, capacity - done, ending ? NULL : &from, ending ? 0 : count);
        if (code < 0) return -1;
        done += code;
        if (code == 0 && ending) break;
        ending = 1;
    }
    return done;
}
