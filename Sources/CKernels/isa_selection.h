// A thread's selection of an instruction set (gk_isa_select), handed on to the threads that work for it.
#pragma once
#include <stdint.h>

/// The calling thread's selection, for isa_adopt on another one.
int32_t isa_selection(void);
/// Makes another thread's selection the calling thread's own.
void isa_adopt(int32_t selection);
