#pragma once
#include "cancellation.h"
#include <libavutil/frame.h>

/// Writes a frame as one channel to `mono` [frame->nb_samples], full scale +-1: channel `channel` alone, or the mean of
/// all where it is -1 or the frame has no such channel.
///
/// For the mean, the channels are added in order in single precision and divided by their number, and `cancellation`
/// is told of them. Samples that are not finite become 0; their number is returned. AVERROR_PATCHWELCOME: a sample
/// format that libav's decoders do not give.
int gk_mixdown(const AVFrame *frame, int channel, float *mono, gk_cancellation *cancellation);
