#include "CModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions" // #embed

// Aligned, so that tensors may be read where they lie.
_Alignas(64) static const uint8_t gtzan_compact[] = {
#embed "gtzan-compact.safetensors"
};
_Alignas(64) static const uint8_t gtzan_musicnn[] = {
#embed "gtzan-musicnn.safetensors"
};

static const char gtzan_compact_notes[] = {
#embed "gtzan-compact.txt" suffix(, 0)
};
static const char gtzan_musicnn_notes[] = {
#embed "gtzan-musicnn.txt" suffix(, 0)
};

// The first is the one that is used where none is named.
static const gk_model models[] = {
    {"gtzan-compact", gtzan_compact, sizeof gtzan_compact, gtzan_compact_notes},
    {"gtzan-musicnn", gtzan_musicnn, sizeof gtzan_musicnn, gtzan_musicnn_notes},
};

int32_t gk_model_count(void) {
    return sizeof models / sizeof models[0];
}

gk_model gk_model_at(int32_t index) {
    return models[index];
}
