/// A small face over librsvg (2.52 or later) and cairo: an SVG in memory becomes a PNG in memory.
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

/// The widest and highest picture that is drawn, in pixels.
enum { GK_RSVG_GREATEST_SIDE = 16384 };

/// Draws an SVG of `width` x `height` user units into a picture of `pixel_width` x `pixel_height` pixels.
///
/// Nothing outside `svg` is read. Gives the PNG's bytes, for gk_rsvg_free, and their number in `count`; 0 with the fault
/// in `fault` (of `fault_size` bytes) where it cannot be done.
uint8_t *gk_rsvg_png(
    const char *svg, size_t svg_count, int pixel_width, int pixel_height, size_t *count, char *fault, size_t fault_size);
void gk_rsvg_free(uint8_t *png);

#if defined(__cplusplus)
}
#endif
