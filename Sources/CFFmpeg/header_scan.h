#pragma once
#include "file_view.h"

// What a file's own bytes say before libavformat reads them: claims that libavformat would believe at any cost are
// taken out of the view, and what it reads wrongly, or does not say, is found out.

/// Tags of one file that are read: libavformat's time for them grows as their square.
enum { GK_MOST_TAGS = 2048 };

typedef struct {
    int is_encrypted;   // an Audible or Windows Media file under digital rights management
    int claims_much;    // more than GK_MOST_TAGS that cannot be taken out of the view, or too many samples in MP4
    int lacks_index;    // an MP4 file that is cut off before its index
    int is_ogg;         // a physical Ogg stream begins where the view does
    int is_wave;        // a RIFF, RIFX, RF64 or BW64 file of form WAVE, and so the following
    int is_big_endian;  // RIFX
    int is_extensible;  // its format is WAVE_FORMAT_EXTENSIBLE
    int format;         // 1 for integers, 3 for floats (of the subformat, where it is extensible)
    int channels, container_bits;
    int64_t frame_bytes, rate;
    int64_t data_start, data_bytes; // data_bytes is what the header claims; -1 where it names no length
} gk_header_facts;

/// Looks into the file and changes what is shown of it.
gk_header_facts gk_scan_header(gk_file_view *view);

/// Pages of a whole Ogg stream that are damaged by their checksum, and whether the last one is cut off.
int gk_scan_ogg_pages(const gk_file_view *view, int *is_cut_off);
