// Which instruction set the kernels run on.
#include "gk_isa.h"
#include "isa_selection.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char *const names[] = {"scalar", "portable", "avx2", "avx512"};
enum { COUNT = sizeof names / sizeof names[0], UNKNOWN = -1 };

// The process's, which is chosen once and never changes.
static atomic_int chosen = UNKNOWN;
// A thread's own, which others do not see.
static _Thread_local int selected = UNKNOWN;

#if defined(__x86_64__)
/// The register states that the operating system saves (XCR0): a processor may have registers that its system ignores.
static unsigned saved_states(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}
#endif

bool gk_isa_available(gk_isa isa) {
    switch (isa) {
    case GK_ISA_SCALAR:
    case GK_ISA_PORTABLE:
        return true;
#if defined(__x86_64__)
    case GK_ISA_AVX2:
        return (saved_states() & 0x06) == 0x06 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case GK_ISA_AVX512:
        return (saved_states() & 0xE6) == 0xE6 && gk_isa_available(GK_ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#endif
    default:
        return false;
    }
}

static gk_isa choose(void) {
    const char *wish = getenv("GENREKIT_ISA");
    for (int i = 0; wish && i < COUNT; i++)
        if (!strcmp(wish, names[i]) && gk_isa_available((gk_isa)i)) return (gk_isa)i;
    int best = COUNT - 1;
    while (!gk_isa_available((gk_isa)best)) best--;
    return (gk_isa)best;
}

gk_isa gk_isa_active(void) {
    if (selected != UNKNOWN) return (gk_isa)selected;
    int isa = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (isa == UNKNOWN) {
        // Threads that race here compute the same answer.
        isa = choose();
        atomic_store_explicit(&chosen, isa, memory_order_relaxed);
    }
    return (gk_isa)isa;
}

bool gk_isa_select(gk_isa isa) {
    if (!gk_isa_available(isa)) return false;
    selected = (int)isa;
    return true;
}

int32_t isa_selection(void) { return selected; }

void isa_adopt(int32_t selection) { selected = selection; }

const char *gk_isa_name(gk_isa isa) { return (unsigned)isa < COUNT ? names[isa] : "unknown"; }
