// The server's pages, as files in memory.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name;
    const uint8_t *bytes;
    size_t size;
} gk_page;

int32_t gk_page_count(void);
/// - index: below gk_page_count().
gk_page gk_page_at(int32_t index);
