// Models that are part of the program, as files in memory.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name;
    const uint8_t *bytes; // a safetensors file
    size_t size;
    const char *notes; // what its card cannot say: purpose, data, scores on other artists, limits
} gk_model;

int32_t gk_model_count(void);
/// - index: below gk_model_count().
gk_model gk_model_at(int32_t index);
