#include "CPages.h"

#pragma clang diagnostic ignored "-Wc23-extensions" // #embed

static const uint8_t index_html[] = {
#embed "index.html"
};
static const uint8_t app_css[] = {
#embed "app.css"
};
static const uint8_t app_js[] = {
#embed "app.js"
};
static const uint8_t dom_js[] = {
#embed "dom.js"
};
static const uint8_t player_js[] = {
#embed "player.js"
};
static const uint8_t drop_js[] = {
#embed "drop.js"
};
static const uint8_t listen_js[] = {
#embed "listen.js"
};
static const uint8_t recorder_js[] = {
#embed "recorder.js"
};
static const uint8_t collection_js[] = {
#embed "collection.js"
};
static const uint8_t runs_js[] = {
#embed "runs.js"
};
static const uint8_t chart_js[] = {
#embed "chart.js"
};
static const uint8_t models_js[] = {
#embed "models.js"
};
static const uint8_t icon_svg[] = {
#embed "icon.svg"
};
static const uint8_t openapi_json[] = {
#embed "openapi.json"
};

#define PAGE(name, bytes) {name, bytes, sizeof bytes}
static const gk_page pages[] = {
    PAGE("index.html", index_html),
    PAGE("app.css", app_css),
    PAGE("app.js", app_js),
    PAGE("dom.js", dom_js),
    PAGE("player.js", player_js),
    PAGE("drop.js", drop_js),
    PAGE("listen.js", listen_js),
    PAGE("recorder.js", recorder_js),
    PAGE("collection.js", collection_js),
    PAGE("runs.js", runs_js),
    PAGE("chart.js", chart_js),
    PAGE("models.js", models_js),
    PAGE("icon.svg", icon_svg),
    PAGE("openapi.json", openapi_json),
};

int32_t gk_page_count(void) {
    return sizeof pages / sizeof pages[0];
}

gk_page gk_page_at(int32_t index) {
    return pages[index];
}
