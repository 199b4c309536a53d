#include "header_scan.h"
#include <libavutil/crc.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>
#include <math.h>
#include <string.h>

// MARK: ID3v2

static int64_t synchsafe(const uint8_t *bytes) {
    return (int64_t)(bytes[0] & 127) << 21 | (bytes[1] & 127) << 14 | (bytes[2] & 127) << 7 | (bytes[3] & 127);
}

/// Whether an ID3v2 tag begins at a place; where it ends, and how many frames it has (counted to GK_MOST_TAGS and one).
static int scan_id3(const gk_file_view *view, int64_t start, int64_t *end, int *frames) {
    uint8_t head[10];
    if (gk_view_peek(view, start, head, 10) < 10 || memcmp(head, "ID3", 3)) return 0;
    if (head[3] == 0xFF || head[4] == 0xFF) return 0;
    *end = start + 10 + synchsafe(head + 6) + (head[5] & 0x10 ? 10 : 0);
    const int version = head[3], width = version == 2 ? 6 : 10;
    int64_t place = start + 10;
    if (version > 2 && head[5] & 0x40 && gk_view_peek(view, place, head, 4) == 4) // an extended header
        place += version == 3 ? 4 + (int64_t)AV_RB32(head) : synchsafe(head);
    while (*frames <= GK_MOST_TAGS && place + width <= *end) {
        if (gk_view_peek(view, place, head, width) < width || !head[0]) break;
        const int64_t size = version == 2 ? AV_RB24(head + 3) : version == 3 ? AV_RB32(head + 4) : synchsafe(head + 4);
        place += width + size;
        ++*frames;
    }
    return 1;
}

/// The place behind the ID3v2 tags at the file's start. Those of too many frames are taken out of the view.
static int64_t pass_id3(gk_file_view *view) {
    int64_t place = 0, end = 0;
    int frames = 0;
    for (int tags = 0; tags < GK_MOST_TAGS && place < view->size && scan_id3(view, place, &end, &frames); tags++)
        place = end;
    if (frames > GK_MOST_TAGS && place < view->size) {
        view->base = place;
        view->size -= place;
    }
    return place;
}

// MARK: Vorbis comments

/// The number of comments in a block that begins with the vendor's name.
static int64_t comment_count(const gk_file_view *view, int64_t place) {
    uint8_t word[4];
    if (gk_view_peek(view, place, word, 4) < 4) return 0;
    return gk_view_peek(view, place + 4 + AV_RL32(word), word, 4) < 4 ? 0 : AV_RL32(word);
}

/// A FLAC file's blocks of too many comments become padding.
static void scan_flac(gk_file_view *view, int64_t place, gk_header_facts *facts) {
    uint8_t head[4];
    for (int blocks = 0; gk_view_peek(view, place, head, 4) == 4 && (head[0] & 127) != 127; blocks++) {
        const int is_last = head[0] & 128;
        if ((head[0] & 127) == 4 && comment_count(view, place + 4) > GK_MOST_TAGS)
            facts->claims_much |= !gk_view_patch(view, place, (uint8_t)(is_last | 1));
        facts->claims_much |= blocks > GK_MOST_TAGS;
        if (is_last || blocks > GK_MOST_TAGS) return;
        place += 4 + AV_RB24(head + 1);
    }
}

/// The comments of an Ogg file's first streams: they follow a codec's mark at the start of a page.
static void scan_ogg_comments(const gk_file_view *view, int64_t place, gk_header_facts *facts) {
    static const struct {
        const char *bytes;
        int length;
    } marks[] = {{"\3vorbis", 7}, {"OpusTags", 8}, {"\x81theora", 7}, {"OVP80\2 ", 7}};
    uint8_t head[27 + 255 + 8];
    for (int pages = 0; pages < 64; pages++) {
        const int got = gk_view_peek(view, place, head, sizeof head);
        if (got < 27 || memcmp(head, "OggS", 4)) return;
        const int body = 27 + head[26];
        int64_t bytes = 0;
        for (int i = 27; i < body && i < got; i++) bytes += head[i];
        int mark = 0;
        for (int i = 0; i < (int)(sizeof marks / sizeof *marks); i++) {
            const int length = marks[i].length;
            if (body + length <= got && !memcmp(head + body, marks[i].bytes, (size_t)length)) mark = length;
        }
        // Speex and FLAC begin their comments without such a mark; a page like any other gives no count that counts.
        if (mark && comment_count(view, place + body + mark) > GK_MOST_TAGS) facts->claims_much = 1;
        place += body + bytes;
    }
}

/// The bytes of the page that begins with `page`, of which `got` are there; more than `got` where it goes on.
static int page_bytes(const uint8_t *page, int got) {
    if (got < 27 || got < 27 + page[26]) return got + 1;
    int length = 27 + page[26];
    for (int i = 27; i < 27 + page[26]; i++) length += page[i];
    return length;
}

int gk_scan_ogg_pages(const gk_file_view *view, int *is_cut_off) {
    const AVCRC *table = av_crc_get_table(AV_CRC_32_IEEE);
    enum { most = 27 + 255 + 255 * 255 };
    uint8_t *page = av_malloc(most);
    int64_t place = view->base;
    int damaged = 0, is_searching = 0, is_counted = 0, failures = 0;
    *is_cut_off = 0;
    uint8_t mark[4];
    // What stands before the first page is no damage either.
    is_counted = gk_view_peek(view, place, mark, 4) == 4 && memcmp(mark, "OggS", 4) != 0;
    for (int got; page && table && (got = gk_view_peek(view, place, page, most)) >= 4;) {
        const int is_marked = !memcmp(page, "OggS", 4), length = is_marked ? page_bytes(page, got) : 0;
        const int is_longer = is_marked && length > got; // only the last page can be: `most` bytes hold any
        if (is_marked && !is_longer) {
            const uint32_t claimed = AV_RB32(page + 22);
            AV_WB32(page + 22, 0);
            // The checksum is written with its lowest byte first, as av_crc gives that of this polynomial.
            if (av_crc(table, 0, page, (size_t)length) == claimed) {
                damaged += is_searching && !is_counted; // bytes between pages that are none
                is_searching = is_counted = 0;
                *is_cut_off = 0;
                place += length;
                continue;
            }
            damaged += !is_counted;
            is_counted = 1;
            if (++failures > 1000) break; // each cost the reading of a page for a few bytes
        }
        if (is_longer && !is_searching) *is_cut_off = 1;
        is_searching = 1;
        // The next mark, or the end: what follows the last page, such as another kind of tag, is no damage.
        const uint8_t *next = page + 1;
        const uint8_t *const end = page + got - 3;
        while (next < end && memcmp(next, "OggS", 4)) {
            next = memchr(next + 1, 'O', (size_t)(end - next - 1 > 0 ? end - next - 1 : 0));
            if (!next) next = end;
        }
        place += next - page;
    }
    av_free(page);
    return damaged;
}

// MARK: WAV

/// Lengths of data that stand for an unknown one: 0, and what programs write before they know.
static int names_no_length(uint32_t bytes) {
    return bytes == 0 || bytes >= 0xFFFFF000 || (bytes >= 0x7FFF0000 && bytes <= 0x80000000);
}

/// Tells the entries of a LIST chunk of kind INFO, as far as GK_MOST_TAGS and one.
static int info_count(const gk_file_view *view, int64_t place, int64_t end) {
    uint8_t head[8];
    int count = 0;
    for (; count <= GK_MOST_TAGS && place + 8 <= end && gk_view_peek(view, place, head, 8) == 8; count++)
        place += 8 + ((int64_t)AV_RL32(head + 4) + 1) / 2 * 2;
    return count;
}

static void scan_format(gk_file_view *view, int64_t place, uint32_t bytes, gk_header_facts *facts) {
    // In RIFX all numbers are big-endian, those of the subformat too.
    uint8_t body[40] = {0};
    if (bytes < 16 || gk_view_peek(view, place, body, bytes < 40 ? (int)bytes : 40) < 16) return;
    const int is_big = facts->is_big_endian;
#define NUMBER16(at) (is_big ? AV_RB16(body + (at)) : AV_RL16(body + (at)))
    facts->format = NUMBER16(0);
    facts->channels = NUMBER16(2);
    facts->rate = is_big ? AV_RB32(body + 4) : AV_RL32(body + 4);
    facts->frame_bytes = NUMBER16(12);
    facts->container_bits = NUMBER16(14);
    facts->is_extensible = facts->format == 0xFFFE && bytes >= 40;
    if (facts->is_extensible) {
        static const uint8_t rest[12] = {0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};
        static const uint8_t big_rest[12] = {0, 0, 0, 0x10, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};
        const uint32_t little = AV_RL32(body + 24), big = AV_RB32(body + 24);
        facts->format = 0;
        if (!memcmp(body + 28, rest, 12) && (little == 1 || little == 3)) facts->format = (int)little;
        if (is_big && (big == 1 || big == 3) && (!memcmp(body + 28, rest, 12) || !memcmp(body + 28, big_rest, 12)))
            facts->format = (int)big;
        if (is_big && facts->format && bytes == 40) {
            // libavformat refuses whatever follows the first 16 bytes in RIFX: they become a chunk that it passes over.
            static const uint8_t rest_bytes[4] = {0, 0, 0, 16};
            gk_view_patch(view, place - 1, 16);
            gk_view_patch(view, place, 0);
            gk_view_patch(view, place + 1, (uint8_t)facts->format);
            for (int i = 0; i < 4; i++) gk_view_patch(view, place + 20 + i, rest_bytes[i]);
        }
        // The container's width is that of the frame; the field is taken for the number of valid bits by some.
        if (facts->channels > 0) facts->container_bits = (int)(8 * facts->frame_bytes / facts->channels);
    }
#undef NUMBER16
}

static void scan_wave(gk_file_view *view, int64_t start, const uint8_t *head, gk_header_facts *facts) {
    facts->is_wave = 1;
    facts->data_bytes = -1;
    facts->is_big_endian = !memcmp(head, "RIFX", 4);
    const int has_long_sizes = !memcmp(head, "RF64", 4) || !memcmp(head, "BW64", 4);
    int64_t place = start + 12, long_size = -1;
    const int64_t end = view->base + view->size;
    for (int chunks = 0; place + 8 <= end && chunks < 65536; chunks++) {
        uint8_t chunk[24] = {0};
        if (gk_view_peek(view, place, chunk, 24) < 8) return;
        const uint32_t claim = facts->is_big_endian ? AV_RB32(chunk + 4) : AV_RL32(chunk + 4);
        int64_t bytes = claim, frames_end = 0;
        int frames = 0;
        if (!memcmp(chunk, "ds64", 4)) long_size = (int64_t)(AV_RL64(chunk + 16) & INT64_MAX);
        if (!memcmp(chunk, "fmt ", 4) && !facts->frame_bytes) scan_format(view, place + 8, claim, facts);
        if (!memcmp(chunk, "data", 4) && !facts->data_start) {
            facts->data_start = place + 8;
            if (has_long_sizes && claim == 0xFFFFFFFF) bytes = facts->data_bytes = long_size > 0 ? long_size : -1;
            else if (!names_no_length(claim)) facts->data_bytes = claim;
            if (facts->data_bytes < 0) return; // the data go to the end
        }
        // A list of too many entries, or one that claims more than the file has, becomes a chunk that is passed over.
        const int is_list = !memcmp(chunk, "LIST", 4), is_id3 = !memcmp(chunk, "id3 ", 4) || !memcmp(chunk, "ID3 ", 4);
        if ((is_list && (place + 8 + bytes > end || info_count(view, place + 12, place + 8 + bytes) > GK_MOST_TAGS)) ||
            (is_id3 && scan_id3(view, place + 8, &frames_end, &frames) && frames > GK_MOST_TAGS))
            facts->claims_much |= !gk_view_patch(view, place, 'J');
        if (bytes > end - place) return;
        place += 8 + (bytes + 1) / 2 * 2;
    }
}

// MARK: MP4

/// Whether the tables of an MP4 file claim far more samples than the file can hold: libavformat makes an entry of each.
/// Old codecs count samples of which several are a byte; no more than eight are.
static int claims_too_much(const gk_file_view *view, int64_t start) {
    static const char containers[5][5] = {"moov", "trak", "mdia", "minf", "stbl"};
    const int64_t end = view->base + view->size;
    const double most = 8.0 * (double)view->size + 1e6;
    double claimed = 0;
    int64_t place = start;
    uint8_t box[20];
    for (int boxes = 0; boxes < 65536 && place + 8 <= end; boxes++) {
        const int got = gk_view_peek(view, place, box, sizeof box);
        int64_t bytes = AV_RB32(box);
        int head = 8, is_container = 0;
        for (int i = 0; i < 5; i++) is_container |= !memcmp(box + 4, containers[i], 4);
        if (bytes == 1 && got >= 16) {
            bytes = (int64_t)(AV_RB64(box + 8) & INT64_MAX);
            head = 16;
        }
        if (!memcmp(box + 4, "stsz", 4) && got == 20) claimed += fmax(1, AV_RB32(box + 12)) * AV_RB32(box + 16);
        if (claimed > most) return 1;
        if (!is_container && (bytes < head || bytes > end - place)) return 0;
        place += is_container ? head : bytes;
    }
    return 0;
}

/// Whether an MP4 file ends before its index, `moov`: a box runs beyond the end and there was none before it.
static int lacks_index(const gk_file_view *view, int64_t start) {
    const int64_t end = view->base + view->size;
    int64_t place = start;
    uint8_t box[16];
    for (int boxes = 0; boxes < 65536; boxes++) {
        const int got = gk_view_peek(view, place, box, sizeof box);
        if (got < 8) return place >= end;
        if (!memcmp(box + 4, "moov", 4) || !memcmp(box + 4, "moof", 4)) return 0;
        int64_t bytes = AV_RB32(box);
        if (bytes == 1 && got == 16) bytes = (int64_t)(AV_RB64(box + 8) & INT64_MAX);
        if (bytes == 0) return 1; // up to the end
        if (bytes < 8) return 0;
        if (bytes > end - place) return 1;
        place += bytes;
    }
    return 0;
}

// MARK: All

/// Whether an ASF header holds an object of content encryption.
static int is_protected_asf(const gk_file_view *view, int64_t start) {
    static const uint8_t objects[3][16] = {
        {0xFB, 0xB3, 0x11, 0x22, 0x23, 0xBD, 0xD2, 0x11, 0xB4, 0xB7, 0x00, 0xA0, 0xC9, 0x55, 0xFC, 0x6E},
        {0x14, 0xE6, 0x8A, 0x29, 0x22, 0x26, 0x17, 0x4C, 0xB9, 0x35, 0xDA, 0xE0, 0x7E, 0xE9, 0x28, 0x9C},
        {0x33, 0x85, 0x05, 0x43, 0x81, 0x69, 0xE6, 0x49, 0x9B, 0x74, 0xAD, 0x12, 0xCB, 0x86, 0xD5, 0x8C},
    };
    int64_t place = start + 30;
    uint8_t head[24];
    for (int i = 0; i < 256 && gk_view_peek(view, place, head, 24) == 24; i++) {
        for (int k = 0; k < 3; k++) {
            if (!memcmp(head, objects[k], 16)) return 1;
        }
        const int64_t bytes = (int64_t)(AV_RL64(head + 16) & INT64_MAX);
        if (bytes < 24 || bytes > view->size) return 0;
        place += bytes;
    }
    return 0;
}

gk_header_facts gk_scan_header(gk_file_view *view) {
    static const uint8_t asf[8] = {0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11};
    gk_header_facts facts = {0};
    const int64_t start = pass_id3(view);
    uint8_t head[12] = {0};
    gk_view_peek(view, start, head, 12);
    if (!memcmp(head, "fLaC", 4)) scan_flac(view, start + 4, &facts);
    facts.is_ogg = !memcmp(head, "OggS", 4);
    if (facts.is_ogg) scan_ogg_comments(view, start, &facts);
    const int is_riff = !memcmp(head, "RIFF", 4) || !memcmp(head, "RIFX", 4) || !memcmp(head, "RF64", 4) ||
                        !memcmp(head, "BW64", 4);
    if (is_riff && !memcmp(head + 8, "WAVE", 4)) scan_wave(view, start, head, &facts);
    const int is_mp4 = !memcmp(head + 4, "ftyp", 4) || !memcmp(head + 4, "moov", 4) || !memcmp(head + 4, "mdat", 4) ||
                       !memcmp(head + 4, "wide", 4) || !memcmp(head + 4, "free", 4) || !memcmp(head + 4, "skip", 4);
    if (is_mp4) facts.claims_much |= claims_too_much(view, start);
    facts.lacks_index = is_mp4 && lacks_index(view, start);
    facts.is_encrypted = (!memcmp(head + 4, "ftypaax", 7)) || AV_RB32(head + 4) == 0x57907536 || // Audible, new and old
                         (!memcmp(head, asf, 8) && is_protected_asf(view, start));
    return facts;
}
