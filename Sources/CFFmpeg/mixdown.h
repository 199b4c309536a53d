#pragma once
#include <libavutil/frame.h>

/// Writes the mean of a frame's channels to `mono` [frame->nb_samples], full scale +-1.
/// The channels are added in order in single precision and divided by their number. Samples that are not finite become
/// 0; their number is returned. AVERROR_PATCHWELCOME: a sample format that libav's decoders do not give.
int gk_mixdown(const AVFrame *frame, float *mono);
