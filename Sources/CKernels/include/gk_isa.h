// The instruction set that the kernels run on: chosen once at run time, forced by the environment variable GENREKIT_ISA
// (scalar, portable, avx2 or avx512) or, in tests, by gk_isa_select.
#pragma once
#include <stdbool.h>

typedef enum {
    GK_ISA_SCALAR,   // plain loops: the oracle
    GK_ISA_PORTABLE, // vectors that any compiler target can run
    GK_ISA_AVX2,     // AVX2 and FMA
    GK_ISA_AVX512,   // AVX-512 F, BW, DQ and VL
} gk_isa;

/// Whether this machine can run `isa`.
bool gk_isa_available(gk_isa isa);
/// The set in use. A value of GENREKIT_ISA that this machine lacks, or that is unknown, is ignored.
gk_isa gk_isa_active(void);
/// Uses `isa` from now on for what the calling thread does, and for the work that it gives to a pool; false, and no
/// change, where the machine lacks it. Other threads are not disturbed.
bool gk_isa_select(gk_isa isa);
/// "scalar", "portable", "avx2" or "avx512".
const char *gk_isa_name(gk_isa isa);
