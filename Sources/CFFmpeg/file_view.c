#include "file_view.h"
#include <errno.h>
#include <fcntl.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int gk_view_open(gk_file_view *view, const char *path) {
    *view = (gk_file_view){.file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status;
    if (view->file < 0 || fstat(view->file, &status) < 0) return AVERROR(errno);
    view->size = status.st_size;
    return S_ISREG(status.st_mode) ? 0 : AVERROR(EINVAL);
}

void gk_view_close(gk_file_view *view) {
    if (view->file >= 0) close(view->file);
    view->file = -1;
}

int gk_view_peek(const gk_file_view *view, int64_t place, void *bytes, int count) {
    int got = 0;
    while (got < count) {
        const ssize_t more = pread(view->file, (uint8_t *)bytes + got, (size_t)(count - got), place + got);
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) break;
        got += (int)more;
    }
    return got;
}

int gk_view_patch(gk_file_view *view, int64_t place, uint8_t byte) {
    if (view->patch_count == (int)(sizeof view->patches / sizeof *view->patches)) return 0;
    view->patches[view->patch_count].place = place;
    view->patches[view->patch_count++].byte = byte;
    return 1;
}

static double processor_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void gk_view_limit(gk_file_view *view, double seconds) {
    view->deadline = seconds > 0 ? processor_seconds() + seconds : 0;
}

static int read_view(void *opaque, uint8_t *bytes, int count) {
    gk_file_view *view = opaque;
    if (view->deadline > 0 && processor_seconds() > view->deadline) {
        view->is_late = 1;
        return AVERROR_EXIT;
    }
    const int64_t place = view->base + view->place;
    ssize_t got;
    do got = pread(view->file, bytes, (size_t)count, place);
    while (got < 0 && errno == EINTR);
    if (got < 0) return AVERROR(errno);
    if (got == 0) return AVERROR_EOF;
    for (int i = 0; i < view->patch_count; i++) {
        const int64_t offset = view->patches[i].place - place;
        if (offset >= 0 && offset < got) bytes[offset] = view->patches[i].byte;
    }
    view->place += got;
    return (int)got;
}

static int64_t seek_view(void *opaque, int64_t offset, int whence) {
    gk_file_view *view = opaque;
    if (whence & AVSEEK_SIZE) return view->size;
    whence &= ~AVSEEK_FORCE;
    const int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? view->place : view->size;
    if (offset < -from || offset > INT64_MAX / 2) return AVERROR(EINVAL);
    return view->place = from + offset;
}

AVIOContext *gk_view_reader(gk_file_view *view) {
    enum { buffer_bytes = 65536 };
    uint8_t *buffer = av_malloc(buffer_bytes);
    AVIOContext *reader = buffer ? avio_alloc_context(buffer, buffer_bytes, 0, view, read_view, NULL, seek_view) : NULL;
    if (!reader) av_free(buffer);
    return reader;
}
