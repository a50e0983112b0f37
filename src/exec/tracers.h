/* Programs that are called before or after another program runs (fentry and fexit of BPF programs): where programs are
 * run (prog_run), in any engine. Programs that are reached by tail calls are not entered there, as on Linux.
 *
 * Invariant: a list is never changed; whoever adds or removes makes a new one and frees the old one when no slot can be
 * inside of it. */
#ifndef SKEP_EXEC_TRACERS_H
#define SKEP_EXEC_TRACERS_H

#include "exec/prog.h"

#define TRACERS_MAX	 38 /* at one program: Linux's limit */
#define TRACER_ARGS_MAX 12  /* of a function, and its result: as many as contexts by BTF have */

struct tracer {
	struct skep_prog *prog; /* its link holds the reference */
	bool exit;
	u32 nr_args; /* of the function, as BTF says: all but the first are 0 */
	u64 cookie;
};

struct prog_tracers {
	u32 n;
	struct tracer v[TRACERS_MAX];
};

/* What a tracer's helpers tell of the function: set in its slot while it runs. */
struct traced_call {
	u64 args[TRACER_ARGS_MAX]; /* its context; args[nr_args] is the result, if it fits */
	u32 nr_args;
	bool exit;
	u64 cookie;
};

/* -E2BIG, -ENOMEM. */
int tracers_add(struct skep_prog *target, const struct tracer *t) MUST_CHECK;
/* Returns when t->prog is not running for that target any more. Not from inside a program. */
void tracers_remove(struct skep_prog *target, const struct skep_prog *tracer);

/* For prog.c: call those that are at p, around run(). */
u64 tracers_run(const struct prog_tracers *t, struct skep_prog *p, void *ctx, struct skep_run *run,
		u64 (*one)(struct skep_prog *p, void *ctx, struct skep_run *run));

#endif
