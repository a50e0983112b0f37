/* Claims: what the verifier believes in front of each instruction, kept so that a checked run (check.c) can
 * compare it with what is really there.
 *
 * A claim is a copy of a state that the walk passed through. A run that is at an instruction must be in
 * one of the states claimed there. Pruning makes that less than it seems: a path that ended in a covered state goes on, in the
 * run, under that state's claims, although it may hold other numbers where they decide nothing, and anything where
 * nobody looks. Each claim therefore knows what is *open* in it: registers and slots about which it
 * says nothing for some path that was pruned before it (claims_open.c). All else is compared. */
#ifndef SKEP_VERIFIER_CLAIMS_H
#define SKEP_VERIFIER_CLAIMS_H

#include "exec/prog.h"
#include "verifier/state.h"

struct verifier;
struct checker;

struct open { /* by frame: bit r for a register, bit n for a slot */
	u16 regs[SKEP_MAX_FRAMES];
	u64 slots[SKEP_MAX_FRAMES];
};

struct claim_frame {
	u32 callsite, subprog, nr_slots;
	bool in_callback;
	struct value reg[11];
	struct slot slot[];
};

struct claim {
	u32 insn;   /* as the program was loaded */
	u32 before; /* the claim before it on its path; 0: none */
	u32 next;   /* another one at the same instruction; 0: no more */
	u32 depth;
	struct claim_frame *frame[SKEP_MAX_FRAMES];
	struct open open;
};

struct pruned {	  /* a path that ended in the state of claim `to`, coming from `from` */
	u32 from; /* 0: not recorded */
	u32 to;
	struct open open; /* what the covering state did not compare */
};

struct claim_sub {
	u32 start, stack_depth;
	bool global;
	u64 dropped; /* slots that rewriting has dropped a store to */
};

struct claims {
	struct prog_watch watch; /* first: what the program holds */
	const struct skep_prog *p;
	struct checker *checker;
	struct claim **claim; /* from 1 on */
	u32 nr_claims, cap_claims;
	struct pruned *pruned;
	u32 nr_pruned, cap_pruned;
	u64 bytes; /* taken; beyond MAX_CLAIM_BYTES nothing more is recorded */
	/* By instruction as loaded: the first claim; passed through without being recorded, so nothing is compared */
	u32 len, *first;
	bool *unknown;
	/* By rewritten instruction: what it was, -1: nothing or its latter part; the claim that fitted last */
	s32 *origin;
	u32 *fitted;
	u32 nr_subs;
	struct claim_sub *subs;
	_Atomic bool violated; /* reported once */
};

/* --- while verifying --- */

int claims_new(struct verifier *v) MUST_CHECK; /* v->claims */
void claims_free(struct claims *c);	       /* takes NULL */
/* The current state, in front of the instruction that is walked next. */
int claim_state(struct verifier *v) MUST_CHECK;
/* The number that the next claim will have. */
static inline u32 claims_next(const struct claims *c)
{
	return c ? c->nr_claims : 0;
}
/* The walk is over: find out what is open. */
int claims_settle(struct verifier *v) MUST_CHECK;
/* Instruction n as loaded became size[n] ones from at[n] on. */
int claims_move(struct verifier *v, const u32 *at, const u8 *size) MUST_CHECK;
/* Everything was accepted: from now on runs are checked. */
void claims_publish(struct verifier *v);

/* --- prune.c --- */
enum cmp;
/* The current path ended in `to`, compared in that manner. */
int claim_pruned(struct verifier *v, struct state *to, enum cmp how) MUST_CHECK;

#endif
