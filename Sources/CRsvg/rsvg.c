#include "CRsvg.h"
#include "librsvg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint8_t *bytes;
    size_t count;
    size_t room;
} growing_bytes;

static int append(void *closure, const unsigned char *data, unsigned int length) {
    growing_bytes *file = closure;
    if (file->room - file->count < length) {
        const size_t room = 2 * file->room + length;
        uint8_t *bytes = realloc(file->bytes, room);
        if (!bytes) return CAIRO_STATUS_NO_MEMORY;
        file->bytes = bytes;
        file->room = room;
    }
    memcpy(file->bytes + file->count, data, length);
    file->count += length;
    return CAIRO_STATUS_SUCCESS;
}

/// Draws the SVG over all of the surface; 0 with the fault where it cannot be done.
static int draw(
    const char *svg, size_t svg_count, cairo_surface_t *surface, double width, double height, char *fault,
    size_t fault_size) {
    GError *error = 0;
    // Without a base file, references to other files are not followed.
    RsvgHandle *handle = rsvg_handle_new_from_data((const uint8_t *)svg, svg_count, &error);
    if (!handle) {
        snprintf(fault, fault_size, "%s", error ? error->message : "librsvg cannot read it");
        g_clear_error(&error);
        return 0;
    }
    const RsvgRectangle place = {0, 0, width, height};
    cairo_t *cairo = cairo_create(surface);
    const int drawn = rsvg_handle_render_document(handle, cairo, &place, &error);
    if (!drawn) snprintf(fault, fault_size, "%s", error ? error->message : "librsvg cannot draw it");
    g_clear_error(&error);
    cairo_destroy(cairo);
    g_object_unref(handle);
    return drawn;
}

/// Gives the file's bytes away, or frees them where the status is a fault.
static uint8_t *finished(growing_bytes *file, int status, size_t *count, char *fault, size_t fault_size) {
    if (status != CAIRO_STATUS_SUCCESS || !file->bytes) {
        if (status != CAIRO_STATUS_SUCCESS) snprintf(fault, fault_size, "%s", cairo_status_to_string(status));
        free(file->bytes);
        return 0;
    }
    *count = file->count;
    return file->bytes;
}

uint8_t *gk_rsvg_png(
    const char *svg, size_t svg_count, int pixel_width, int pixel_height, size_t *count, char *fault, size_t fault_size) {
    *count = 0;
    if (pixel_width < 1 || pixel_height < 1 || pixel_width > GK_RSVG_GREATEST_SIDE ||
        pixel_height > GK_RSVG_GREATEST_SIDE) {
        snprintf(fault, fault_size, "%d x %d pixels are out of range", pixel_width, pixel_height);
        return 0;
    }
    growing_bytes png = {0};
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, pixel_width, pixel_height);
    int status = CAIRO_STATUS_SUCCESS;
    if (draw(svg, svg_count, surface, pixel_width, pixel_height, fault, fault_size)) {
        status = cairo_surface_write_to_png_stream(surface, append, &png);
    }
    cairo_surface_destroy(surface);
    return finished(&png, status, count, fault, fault_size);
}

uint8_t *gk_rsvg_pdf(
    const char *svg, size_t svg_count, double width, double height, const char *title, const char *creator,
    size_t *count, char *fault, size_t fault_size) {
    *count = 0;
    if (!(width > 0 && height > 0 && width <= GK_RSVG_GREATEST_SIDE && height <= GK_RSVG_GREATEST_SIDE)) {
        snprintf(fault, fault_size, "%g x %g points are out of range", width, height);
        return 0;
    }
    growing_bytes pdf = {0};
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(append, &pdf, width, height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, creator);
    // The same figure is the same file: no clock.
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "1970-01-01T00:00:00Z");
    const int drawn = draw(svg, svg_count, surface, width, height, fault, fault_size);
    // The file's end is written here.
    cairo_surface_finish(surface);
    const int status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (!drawn) {
        free(pdf.bytes);
        return 0;
    }
    return finished(&pdf, status, count, fault, fault_size);
}

void gk_rsvg_free(uint8_t *file) { free(file); }
