/// A small face over librsvg (2.52 or later) and cairo: an SVG in memory becomes a PNG or a PDF in memory.
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

/// The widest and highest picture that is drawn, in pixels (PNG) or points (PDF).
enum { GK_RSVG_GREATEST_SIDE = 16384 };

/// Draws an SVG into a picture of `pixel_width` x `pixel_height` pixels, which it fills.
///
/// Nothing outside `svg` is read. Gives the PNG's bytes, for gk_rsvg_free, and their number in `count`; 0 with the fault
/// in `fault` (of `fault_size` bytes) where it cannot be done.
uint8_t *gk_rsvg_png(
    const char *svg, size_t svg_count, int pixel_width, int pixel_height, size_t *count, char *fault, size_t fault_size);

/// The same as a PDF of one page of `width` x `height` points (1/72 inch), its lines and texts kept as such.
///
/// `title` and `creator` (UTF-8) are the document's. The same SVG gives the same bytes: the file holds no date.
uint8_t *gk_rsvg_pdf(
    const char *svg, size_t svg_count, double width, double height, const char *title, const char *creator,
    size_t *count, char *fault, size_t fault_size);
void gk_rsvg_free(uint8_t *file);

#if defined(__cplusplus)
}
#endif
