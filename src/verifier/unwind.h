/* Exceptions, spelled out in the rewritten program: see unwind.c. */
#ifndef SKEP_VERIFIER_UNWIND_H
#define SKEP_VERIFIER_UNWIND_H

#include "verifier/env.h"

#define UNWIND_MAX 5

/* Does the instruction throw, or call a function that may? */
bool unwinds_at(const struct verifier *v, u32 insn);
/* What it becomes, beginning at index `at`; how many those are. call: the call with its new target; callback_at: where
 * the callback for exceptions begins now. */
u32 put_unwinding(const struct verifier *v, u32 insn, u32 at, u32 callback_at, struct bpf_insn call,
		  struct bpf_insn out[UNWIND_MAX]);

#endif
