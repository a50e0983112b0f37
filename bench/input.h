/* The inputs of bench/programs/a: what each program works on, and what it must return. */
#ifndef SKEP_BENCH_INPUT_H
#define SKEP_BENCH_INPUT_H

#include "base/types.h"

#define INPUT_SIZE 1500

struct compute_program {
	const char *name;
	u32 expected;		    /* 0: known only by running it natively */
	void (*prepare)(u8 *input); /* turns random bytes into its input; NULL: they will do */
	u64 (*native)(const u8 *mem, u64 len);	   /* by clang */
	u64 (*native_gcc)(const u8 *mem, u64 len); /* NULL: there was no gcc */
};

/* Ended by a NULL name. */
extern const struct compute_program compute_programs[];

void input_fill(const struct compute_program *p, u8 input[INPUT_SIZE]);

#endif
