/* Kernel functions (kfuncs): called by BTF id, not by number. The verifier reads flags and program types,
 * engines call fn with the convention of helpers. */
#ifndef SKEP_KFUNC_KFUNC_H
#define SKEP_KFUNC_KFUNC_H

#include "exec/run.h"

/* What Documentation/bpf/kfuncs.rst says about a function. */
enum {
	KF_ACQUIRE = 1, /* returns a reference */
	KF_RELEASE = 2,
	KF_RET_NULL = 4,
	KF_TRUSTED_ARGS = 8,
	KF_SLEEPABLE = 16,
	KF_DESTRUCTIVE = 32,
	KF_RCU = 64,		/* arguments may be protected by RCU */
	KF_RCU_PROTECTED = 128, /* only in an RCU section */
	KF_ITER_NEW = 256,
	KF_ITER_NEXT = 512,
	KF_ITER_DESTROY = 1024,
	KF_ARENA_RET = 2048,
	KF_ARENA_ARG2 = 4096,
	KF_ITER = KF_ITER_NEW | KF_ITER_NEXT | KF_ITER_DESTROY,
};

struct kfunc {
	const char *name;
	u32 flags;
	u64 types; /* bit n: programs of type n may call it */
	skep_helper_fn fn;
};

/* Numbers of the table's rows, for what the verifier treats apart. */
enum kfunc_row {
#define KFUNC(name, flags, types, fn) KFUNC_##name,
#include "kfunc/kfuncs.def"
	NR_KFUNCS
};
extern const struct kfunc kfuncs[NR_KFUNCS];

/* The row of that name, or -ENOENT. */
int kfunc_find(const char *name);
skep_helper_fn kfunc_fn(u32 row); /* NULL if there is none */

#endif
