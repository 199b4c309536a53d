#pragma once
#include <libavformat/avio.h>
#include <stdint.h>

/// A regular file as libavformat reads it: from `base` on, with a few bytes replaced, and for a limited time.
typedef struct {
    int file;      // descriptor
    int64_t base;  // bytes at the file's start that are not shown
    int64_t size;  // bytes shown
    int64_t place; // of the next read, from `base`
    struct {
        int64_t place; // from the file's start
        uint8_t byte;
    } patches[8];
    int patch_count;
    double deadline; // processor seconds of this thread after which reading fails; 0 for none
    int is_late;     // it has
} gk_file_view;

/// Opens a file; 0, or libav's code (AVERROR(EINVAL) for what is no regular file).
int gk_view_open(gk_file_view *view, const char *path);
void gk_view_close(gk_file_view *view);

/// The bytes at a place of the file, whatever is shown of it; their number, fewer than `count` only at its end.
int gk_view_peek(const gk_file_view *view, int64_t place, void *bytes, int count);

/// Shows another byte at a place of the file; 0 (false) where there is no room for more.
int gk_view_patch(gk_file_view *view, int64_t place, uint8_t byte);

/// From now on reading fails after so many seconds of processor time of this thread.
void gk_view_limit(gk_file_view *view, double seconds);

/// A reader for libavformat, which does not own the view; NULL where memory is short.
AVIOContext *gk_view_reader(gk_file_view *view);
