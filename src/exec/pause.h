/* A program that waits inside of a helper for something that itself may wait for programs, such as bpf(2): its slot is given
 * back meanwhile, as if the program had ended, and its stack and state put aside. */
#ifndef SKEP_EXEC_PAUSE_H
#define SKEP_EXEC_PAUSE_H

#include "exec/run.h"

struct run_pause {
	struct skep_run *run;
	u8 *stack; /* a copy of all of it */
	struct skep_run saved;
};

/* Leave run's slot. What the program points into must live without it: maps that only the slot protects (inner maps) do
 * not, so such programs may not call helpers that pause. Neither do programs that were tail-called: only the slot keeps
 * those, and who called them from a function may point into inner maps. -ENOMEM; -EBUSY: it holds locks, was tail-called, or
 * runs inside another one. */
int run_pause(struct skep_run *run, struct run_pause *p) MUST_CHECK;
/* Take the slot again, as it was: waits for it. */
void run_resume(struct run_pause *p);

/* Where what the program knows as addr lies while it pauses, if all of [addr, addr + size) is its stack; else NULL. */
void *run_paused_stack(const struct run_pause *p, u64 addr, u64 size);

#endif
