/// The few declarations of librsvg, cairo and GLib that are needed, as their documentation gives them (stable since
/// librsvg 2.46): their own headers ask for compiler flags that SwiftPM refuses.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct RsvgHandle RsvgHandle;
typedef struct cairo_surface cairo_surface_t;
typedef struct cairo_context cairo_t;
typedef struct {
    uint32_t domain;
    int code;
    char *message;
} GError;
typedef struct {
    double x, y, width, height;
} RsvgRectangle;

enum { CAIRO_FORMAT_ARGB32 = 0 };
enum { CAIRO_PDF_METADATA_TITLE = 0, CAIRO_PDF_METADATA_CREATOR = 4, CAIRO_PDF_METADATA_CREATE_DATE = 5 };
enum { CAIRO_STATUS_SUCCESS = 0, CAIRO_STATUS_NO_MEMORY = 1 };

RsvgHandle *rsvg_handle_new_from_data(const uint8_t *data, size_t count, GError **error);
int rsvg_handle_render_document(RsvgHandle *handle, cairo_t *cairo, const RsvgRectangle *viewport, GError **error);
void g_object_unref(void *object);
void g_clear_error(GError **error);
cairo_surface_t *cairo_image_surface_create(int format, int width, int height);
void cairo_surface_destroy(cairo_surface_t *surface);
cairo_t *cairo_create(cairo_surface_t *surface);
void cairo_destroy(cairo_t *cairo);
int cairo_surface_write_to_png_stream(
    cairo_surface_t *surface, int (*write)(void *closure, const unsigned char *data, unsigned int count), void *closure);
cairo_surface_t *cairo_pdf_surface_create_for_stream(
    int (*write)(void *closure, const unsigned char *data, unsigned int count), void *closure, double width,
    double height);
void cairo_pdf_surface_set_metadata(cairo_surface_t *surface, int field, const char *text);
void cairo_surface_finish(cairo_surface_t *surface);
int cairo_surface_status(cairo_surface_t *surface);
const char *cairo_status_to_string(int status);
