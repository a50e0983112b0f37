/* 64-bit arithmetic: see interp_alu.inc. */
#define BITS	    64
#define WIDTH(name) alu64_##name
#include "exec/interp_alu.inc"
