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
    growing_bytes *png = closure;
    if (png->room - png->count < length) {
        const size_t room = 2 * png->room + length;
        uint8_t *bytes = realloc(png->bytes, room);
        if (!bytes) return CAIRO_STATUS_NO_MEMORY;
        png->bytes = bytes;
        png->room = room;
    }
    memcpy(png->bytes + png->count, data, length);
    png->count += length;
    return CAIRO_STATUS_SUCCESS;
}

uint8_t *gk_rsvg_png(
    const char *svg, size_t svg_count, int pixel_width, int pixel_height, size_t *count, char *fault, size_t fault_size) {
    *count = 0;
    if (pixel_width < 1 || pixel_height < 1 || pixel_width > GK_RSVG_GREATEST_SIDE ||
        pixel_height > GK_RSVG_GREATEST_SIDE) {
        snprintf(fault, fault_size, "%d x %d pixels are out of range", pixel_width, pixel_height);
        return 0;
    }
    GError *error = 0;
    // Without a base file, references to other files are not followed.
    RsvgHandle *handle = rsvg_handle_new_from_data((const uint8_t *)svg, svg_count, &error);
    if (!handle) {
        snprintf(fault, fault_size, "%s", error ? error->message : "librsvg cannot read it");
        g_clear_error(&error);
        return 0;
    }
    growing_bytes png = {0};
    const RsvgRectangle place = {0, 0, pixel_width, pixel_height};
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, pixel_width, pixel_height);
    cairo_t *cairo = cairo_create(surface);
    int drawn = rsvg_handle_render_document(handle, cairo, &place, &error);
    if (!drawn) snprintf(fault, fault_size, "%s", error ? error->message : "librsvg cannot draw it");
    g_clear_error(&error);
    if (drawn) {
        const int status = cairo_surface_write_to_png_stream(surface, append, &png);
        if (status != CAIRO_STATUS_SUCCESS) {
            snprintf(fault, fault_size, "%s", cairo_status_to_string(status));
            drawn = 0;
        }
    }
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    g_object_unref(handle);
    if (!drawn) {
        free(png.bytes);
        return 0;
    }
    *count = png.count;
    return png.bytes;
}

void gk_rsvg_free(uint8_t *png) { free(png); }
