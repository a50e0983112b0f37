/* A program, from load to free. The syscall layer fills it, the verifier checks and rewrites it, an
 * engine makes it runnable; then it is immutable but for statistics and bound maps.
 *
 * After verification `insns` is the rewritten ("xlated") program: context accesses are native, and
 * ld_imm64 of maps hold addresses while keeping src_reg = BPF_PSEUDO_MAP_FD / MAP_VALUE (…_IDX forms
 * become those), so that the info command can turn them into ids. Helper calls keep the helper's
 * number in imm. Calls of subprograms and callbacks (BPF_PSEUDO_CALL / FUNC) stay relative. */
#ifndef SKEP_EXEC_PROG_H
#define SKEP_EXEC_PROG_H

#include <linux/bpf.h>
#include <pthread.h>

#include "base/object.h"
#include "exec/run.h"
#include "skep/prog_type.h"

struct arena;
struct btf;

struct subprog {	 /* one function; [0] is the main program */
	u32 start, len;	 /* in insns of the rewritten program */
	u32 stack_depth; /* bytes used, multiple of 8 (at most SKEP_STACK_SIZE) */
	bool has_tail_call;
	bool has_ld_abs;
	bool is_callback;
};

/* What the verifier found to be the same at a helper call on every path. */
struct known_call {
	u32 insn;
	struct skep_map
		*map; /* the map passed; NULL: none, or it varies. p->maps holds the reference */
	s32 callback; /* bpf_loop without flags: where the callback begins; else -1 */
};

/* Machine code, for those who show it. Function i begins at func_at[i], the first one at 0 for this purpose:
 * what C enters by comes before it. */
struct native_code {
	const u8 *image;
	u32 size;
	const u32 *at,
		*func_at; /* where instructions and functions begin: p->len and p->nr_subs of them */
};

/* What tracers of a program are given for its context: an image of the kernel's structure. */
struct trace_ctx {
	/* Its address, filled from the native context, for this slot. */
	u64 (*fill)(struct trace_ctx *t, const void *ctx, struct skep_run *run);
	void (*free)(struct trace_ctx *t, struct runtime *rt);
};

struct prog_stats { /* per CPU slot */
	u64 runs, ns, misses;
} __attribute__((aligned(64)));

struct skep_prog {
	struct object obj; /* first */
	struct runtime *rt;
	const struct skep_prog_type *type;
	u32 expected_attach_type, flags; /* BPF_F_* of PROG_LOAD */
	char name[16];
	bool gpl;
	u32 uid;
	u64 load_time; /* ns since boot */
	u8 tag[8];

	struct bpf_insn *insns;
	u32 len;
	struct skep_map **maps; /* used by insns, then bound ones; a reference each */
	u32 nr_maps;
	pthread_mutex_t maps_lock; /* for PROG_BIND_MAP */

	struct btf *btf; /* may be NULL; a reference */
	struct bpf_func_info *func_info;
	u32 nr_func_info;
	struct bpf_line_info *line_info;
	u32 nr_line_info;

	struct subprog *subs;
	u32 nr_subs;
	struct known_call *known_calls; /* by instruction */
	u32 nr_known_calls;
	u32 verified_insns;
	bool changes_pkt_data;
	u32 max_tp_access; /* end of the furthest access to a writable tracepoint's buffer */
	struct arena
		*arena; /* whose pointers it follows (guarded.h); NULL: none. One of maps has it */
	struct prog_watch *watch; /* owned; NULL: nobody. The interpreter alone can be watched */
	bool sleepable;		  /* BPF_F_SLEEPABLE, and its type allows that */
	/* Programs attached to what BTF describes: the function or type, and whose BTF. */
	struct btf *attach_btf; /* may be NULL; a reference */
	u32 attach_btf_id;
	/* A program whose function attach_btf_id is, in its BTF: a reference, or NULL. target_sub: which one. */
	struct skep_prog *target;
	u32 target_sub;
	_Atomic bool attached;	     /* by a link to what it was loaded for */
	struct traced traced;	     /* who is attached to this program */
	struct trace_ctx *trace_ctx; /* what those see of its context; NULL: nothing */
	u32 max_rdonly_access,
		max_rdwr_access; /* ends of the furthest accesses to iterators' buffers */
	bool writes_buf;	 /* … of which some are writes */
	u32 max_ctx_offset;	 /* end of the furthest context access, as the program wrote it */

	/* Engine */
	u64 (*run)(const struct skep_prog *p, void *ctx, struct skep_run *run);
	void *code; /* the engine's */
	const struct engine *engine;
	u32 jited_len;
	const struct native_code *native; /* NULL: the engine has none, or does not show it */
	void *tail_entry; /* where native code goes on after a tail call to p; NULL: only p->run */
	struct prog_stats *stats; /* nr_cpus, owned by the slots; prog_stats_sum() reads them */
};

/* Watches runs of one program, instruction by instruction (verifier/check.c). */
struct prog_watch {
	/* The program is about to run from its beginning. */
	void (*begin)(struct prog_watch *w, struct skep_run *run);
	/* Instruction `insn` of the rewritten program is about to be executed with these registers. */
	void (*insn)(struct prog_watch *w, struct skep_run *run, u32 insn, const u64 reg[11]);
	void (*free)(struct prog_watch *w);
};

struct engine {
	const char *name;
	int (*prepare)(struct skep_prog *p); /* sets ->run, ->code */
	void (*release)(struct skep_prog *p);
	bool is_jit;
};
extern const struct engine engine_interp;
#if defined(__x86_64__) || defined(__aarch64__)
#define SKEP_HAS_JIT
/* plain: for CPUs without newer instructions (BMI2, LSE), and for tests; blind: without
 * constants of the program's, and for tests (struct skep_options chooses it otherwise). */
extern const struct engine engine_jit, engine_jit_plain, engine_jit_blind;
#endif

/* From now on, the interpreter counts how often it executes each of p's instructions: p->len counters,
 * valid as long as p is prepared. For coverage and profiles; p runs slower. Not while p is running.
 * NULL: not enough memory, or another engine has p. */
const u64 *interp_count(struct skep_prog *p);

/* NULL: nothing is known. */
const struct known_call *prog_known_call(const struct skep_prog *p, u32 insn);

/* Is there such an engine on this machine? */
bool exec_has(enum skep_engine which);
/* Choose and prepare an engine for a verified program; automatically that is native code where we can
 * make it. Needs p->rt, ->insns, ->len, ->subs. -ENOMEM, -EINVAL (an instruction that no verified
 * program has), -ENOTSUPP (no such engine here). */
int exec_prepare(struct skep_prog *p, enum skep_engine which) MUST_CHECK;
int exec_prepare_on(struct skep_prog *p, const struct engine *e) MUST_CHECK;
/* Takes a program that was never prepared. No slot may be running it (runtime_synchronize). */
void exec_release(struct skep_prog *p);

/* Run p on ctx in an entered slot; counts when statistics are on. ctx: the native context of p's type;
 * the caller sets run->ctx_size if probe_read may see it. A run that finds no stack left (helpers that
 * run programs which call such helpers …) does nothing, returns 0 and counts as missed. */
u64 prog_run(struct skep_prog *p, void *ctx, struct skep_run *run);
/* Call function fn of p, as run->callback would, on a slot that runs nothing; p is prepared. enter: what run->callback was when
 * p ran. */
u64 prog_call(struct skep_prog *p, u64 (*enter)(struct skep_run *, u64, u64, u64, u64, u64, u64),
	      u64 fn, u64 a1, u64 a2, u64 a3, struct skep_run *run);
/* Over all slots. */
struct prog_stats prog_stats_sum(const struct skep_prog *p);

static inline void prog_ref(struct skep_prog *p)
{
	object_ref(&p->obj);
}
static inline void prog_unref(struct skep_prog *p)
{
	if (p)
		object_unref(&p->obj);
}

/* The name of function `sub`'s native code, as /proc/kallsyms and profilers show it. */
#define PROG_SYMBOL_LEN 80
void prog_symbol(const struct skep_prog *p, u32 sub, char name[PROG_SYMBOL_LEN]);

#endif
