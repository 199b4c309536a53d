#include "CFFmpeg.h"
#include <libavutil/mem.h>
#include <libavutil/sha.h>

// gk_sha256 is only a name for AVSHA, which Swift cannot see.
static struct AVSHA *sha(gk_sha256 *hash) { return (struct AVSHA *)hash; }

gk_sha256 *gk_sha256_new(void) {
    struct AVSHA *hash = av_sha_alloc();
    if (hash && av_sha_init(hash, 8 * GK_SHA256_BYTES) < 0) {
        av_free(hash);
        hash = NULL;
    }
    return (gk_sha256 *)hash;
}

void gk_sha256_update(gk_sha256 *hash, const void *bytes, size_t count) { av_sha_update(sha(hash), bytes, count); }

void gk_sha256_finish(gk_sha256 *hash, uint8_t *digest) { av_sha_final(sha(hash), digest); }

void gk_sha256_free(gk_sha256 *hash) { av_free(hash); }
