#include "CModels.h"

#pragma clang diagnostic ignored "-Wc23-extensions" // #embed

// Aligned, so that tensors may be read where they lie.
_Alignas(64) static const uint8_t gtzan_deep[] = {
#embed "gtzan-deep.safetensors"
};
_Alignas(64) static const uint8_t gtzan_shallow[] = {
#embed "gtzan-shallow.safetensors"
};

static const char gtzan_deep_notes[] = {
#embed "gtzan-deep.txt" suffix(, 0)
};
static const char gtzan_shallow_notes[] = {
#embed "gtzan-shallow.txt" suffix(, 0)
};

// The first is the one that is used where none is named.
static const gk_model models[] = {
    {"gtzan-deep", gtzan_deep, sizeof gtzan_deep, gtzan_deep_notes},
    {"gtzan-shallow", gtzan_shallow, sizeof gtzan_shallow, gtzan_shallow_notes},
};

int32_t gk_model_count(void) {
    return sizeof models / sizeof models[0];
}

gk_model gk_model_at(int32_t index) {
    return models[index];
}
