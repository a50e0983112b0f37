/* 32-bit arithmetic: see interp_alu.inc. */
#define BITS	    32
#define WIDTH(name) alu32_##name
#include "exec/interp_alu.inc"
