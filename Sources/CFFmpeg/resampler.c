#include "resampler.h"
#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libavutil/opt.h>

SwrContext *gk_resampler(int from, int to, int *status) {
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    SwrContext *swr = NULL;
    *status = swr_alloc_set_opts2(&swr, &mono, AV_SAMPLE_FMT_FLT, to, &mono, AV_SAMPLE_FMT_FLT, from, 0, NULL);
    if (*status >= 0) {
        // Said in full, so that another version's defaults change nothing.
        *status = av_opt_set_int(swr, "filter_size", 64, 0);
        if (*status >= 0) *status = av_opt_set_int(swr, "phase_shift", 10, 0);
        if (*status >= 0) *status = av_opt_set_int(swr, "exact_rational", 1, 0);
        if (*status >= 0) *status = av_opt_set_int(swr, "linear_interp", 1, 0);
        if (*status >= 0) *status = av_opt_set_double(swr, "cutoff", 0.97, 0);
        if (*status >= 0) *status = av_opt_set_int(swr, "filter_type", SWR_FILTER_TYPE_KAISER, 0);
        if (*status >= 0) *status = av_opt_set_double(swr, "kaiser_beta", 9, 0);
        if (*status >= 0) *status = swr_init(swr);
    }
    if (*status < 0) swr_free(&swr);
    return swr;
}
