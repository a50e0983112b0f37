/* Checked runs: the interpreter shows each instruction it is about to execute, with all registers, and what
 * is there is compared with what the verifier claimed (claims.h). A difference is a hole in the verifier, or
 * an engine's or helper's mistake. For tests and fuzzers: a checked program runs some hundred times slower.
 *
 * A run that leaves its claims is reported once per program and goes on. */
#ifndef SKEP_VERIFIER_CHECK_H
#define SKEP_VERIFIER_CHECK_H

#include "verifier/claims.h"

struct shadow_frame { /* a frame on a run's stack */
	u64 reg[11];  /* before the last instruction that it executed */
	const struct claims *of;
	u32 insn;   /* that instruction, as rewritten */
	u32 origin; /* … as loaded */
	bool first; /* the claims' frame 0: of a program, or of a function verified by itself */
};

struct shadow { /* per CPU slot */
	struct shadow_frame *frame;
	u32 n;
	bool starting, tail_call; /* what the last event was */
};

struct checker {
	void (*violation)(void *arg, const char *text);
	void *arg;
	u32 nr_cpus;
	struct shadow *shadow;
	_Atomic u64 insns, unknown, violations; /* compared; passed without a claim */
};

int checker_new(u32 nr_cpus, void (*violation)(void *, const char *), void *arg,
		struct checker **out) MUST_CHECK;
void checker_free(struct checker *c); /* takes NULL */

/* Make c what its program's engine calls. */
void check_watch(struct claims *c);

/* --- check_value.c: one claim and what is there --- */

#define CHECK_MAX_IDS 128

struct check_id { /* what all values of an id have in common */
	u32 id;
	u64 x;
	bool narrow; /* only its low half is known */
};

struct check { /* one comparison */
	const struct claims *c;
	const struct claim *claim;
	struct skep_run *run;
	const struct shadow_frame *frame; /* [claim->depth + 1] */
	struct check_id id[CHECK_MAX_IDS];
	u32 nr_ids;
	/* Where it failed: the place ("R1", "fp[1]-8"), the claim, the value; and how many values fitted before */
	char place[24];
	const struct value *claimed;
	u64 found;
	const char *why; /* what is wrong about it */
	u32 fitted;
};

/* Is the run in the state that k->claim claims? */
bool claim_fits(struct check *k);

/* --- check_access.c: may memory be touched? --- */

struct check_packet { /* where the packet lies that the run is about */
	u64 meta, data, end;
	bool known;
};
struct check_packet check_packet(const struct check *k);

/* Does x lie (with all that p's offset may be) in a value of the map that p points into? */
bool check_in_value(const struct check *k, const struct value *p, u64 x);
/* What the instruction of the fitted claim reads or writes: false says where it leaves what its pointer points into. */
bool check_accesses(struct check *k);

#endif
