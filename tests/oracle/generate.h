/* Mostly valid random programs, for comparing verifiers: each statement is chosen with a rough idea of
 * what registers and stack hold, so that most programs are nearly right, and some are just wrong.
 *
 * Maps are named by their index in generate_maps[]: ld_imm64 has it in imm; whoever loads the program
 * puts descriptors there. */
#ifndef SKEP_ORACLE_GENERATE_H
#define SKEP_ORACLE_GENERATE_H

#include <linux/bpf.h>

#include "base/types.h"

#define GENERATE_MAX_INSNS 1024
#define GENERATE_MAX_FUNCS 8
#define GENERATE_PACKET	   64 /* bytes that a run should offer */

enum generate_map {
	GMAP_ARRAY,
	GMAP_HASH,
	GMAP_FROZEN, /* read-only to programs, and frozen: begins with a format for bpf_snprintf */
	GMAP_RING,
	GMAP_PROGS,
	GMAP_LOCKED,
	GMAP_PERCPU,
	GMAP_COUNT
};

/* Kernel functions, named by their index here: calls have it in imm. */
enum generate_kfunc { GKFUNC_ITER_NEW, GKFUNC_ITER_NEXT, GKFUNC_ITER_DESTROY, GKFUNC_COUNT };
extern const char *const generate_kfuncs[GKFUNC_COUNT];

struct generate_map_attr {
	u32 type, key_size, value_size, entries, flags;
	bool lock; /* struct bpf_spin_lock at offset 0 */
};
extern const struct generate_map_attr generate_maps[GMAP_COUNT];

struct generated {
	struct bpf_insn insns[GENERATE_MAX_INSNS];
	u32 len, type;
	u32 func[GENERATE_MAX_FUNCS]; /* where functions begin, main first */
	u32 nr_funcs;
	bool global[GENERATE_MAX_FUNCS]; /* int f(int), verified by itself */
	bool takes_address;		 /* of a function: Linux wants BTF then */
	bool wild; /* results may show addresses, or memory that was never written */
};

/* The program of that number. */
void generate(u64 seed, struct generated *out);

#endif
