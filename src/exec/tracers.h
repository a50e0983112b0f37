/* Programs that are called before or after a function runs: fentry, fmod_ret and fexit. Functions are other programs, which are
 * entered where programs are run (prog_run), in any engine; and the few of the kernel's that a test run calls
 * (prog/test_functions.h). Programs that are reached by tail calls are not entered, as on Linux.
 *
 * Invariant: a list is never changed but for entries that are taken out in place; whoever adds or removes makes a new one
 * and frees the old one when no slot can be inside of it. */
#ifndef SKEP_EXEC_TRACERS_H
#define SKEP_EXEC_TRACERS_H

#include "exec/prog.h"

#define TRACERS_MAX	38 /* at one function: Linux's limit */
#define TRACER_ARGS_MAX 12 /* of a function, and its result: as many as contexts by BTF have */

enum tracer_kind { TRACER_ENTRY, TRACER_MODIFY, TRACER_EXIT };

struct tracer {
	struct skep_prog *prog; /* its link holds the reference */
	enum tracer_kind kind;
	u32 nr_args; /* of the function, as BTF says: what nobody sets is 0 */
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
	enum tracer_kind kind;
	u64 cookie;
};

/* -E2BIG, -ENOMEM. */
int tracers_add(struct runtime *rt, struct traced *at, const struct tracer *t) MUST_CHECK;
/* Returns when prog is not running there any more. Not from inside a program. */
void tracers_remove(struct runtime *rt, struct traced *at, const struct skep_prog *prog);

/* Call those of that kind, which see result *ret, in this slot; one() runs a program. TRACER_MODIFY: they change *ret, and
 * the first that makes it other than 0 is the last. */
void tracers_call(struct traced *at, struct traced_call *c, enum tracer_kind kind, u64 *ret,
		  struct skep_run *run,
		  u64 (*one)(struct skep_prog *p, void *ctx, struct skep_run *run));

/* For prog.c: one(p, ctx, run), and around it those that are at p. */
u64 tracers_run(struct skep_prog *p, void *ctx, struct skep_run *run,
		u64 (*one)(struct skep_prog *p, void *ctx, struct skep_run *run));

#endif
