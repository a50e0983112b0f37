/* Where programs run. A runtime is the part of an instance that running programs and helpers see:
 * CPU slots, memory, time, randomness, trace output, helper table. A skep_run is one CPU slot.
 *
 * Invariants (DESIGN D8, D12):
 *  - a slot is owned by at most one thread at a time, so per-CPU data needs no locks among programs;
 *  - all that makes a run non-deterministic (time, random numbers, CPU, current task) comes from here;
 *  - a slot's epoch is odd while a thread owns it: runtime_synchronize() waits until every slot has
 *    left what it was running, which is when an object that programs could reach may be freed. Who
 *    owns a slot must therefore not block: leave around poll() and its like. */
#ifndef SKEP_EXEC_RUN_H
#define SKEP_EXEC_RUN_H

#include <pthread.h>
#include <stdatomic.h>

#include <linux/bpf.h>

#include "base/types.h"
#include "base/va.h"
#include "skep/helper.h"

#define SKEP_STACK_SIZE	       512
#define SKEP_MAX_FRAMES	       8
#define SKEP_MAX_TAIL_CALL     33
#define SKEP_MAX_LOOPS	       0x800000 /* BPF_MAY_GOTO in one run: Linux's BPF_MAX_LOOPS */
#define SKEP_MAX_HELPERS       256	/* Linux's numbered helpers: 211, frozen */
#define SKEP_MAX_LOCKS	       31 /* bpf_res_spin_locks of one run that others look at (Linux) */
#define SKEP_EMBEDDER_IDS      0x10000 /* types and helpers of embedders count from here */
#define SKEP_MAX_EXTRA_HELPERS 256

/* A slot's stack: 33 tail calls out of subprograms keep one caller's frames each, and a helper may run
 * another program. Aligned to its size, so that the run follows from any address in it (run_of). */
#define SKEP_RUN_STACK	 0x10000
#define SKEP_STACK_START 64 /* the first frame's place in it: before, the run's address */
/* What a program needs at entry, at most: eight frames and what is saved between them. */
#define SKEP_ENTRY_STACK 5120

/* A function's frame on that stack, from what it uses of its 512 bytes: what the interpreter keeps of
 * its caller comes with it, in native code too, so that both run out of stack at the same point. */
#define SKEP_FRAME_LINK	       48
#define SKEP_FRAME_SIZE(depth) (ALIGN_UP((u32)(depth), 8) + SKEP_FRAME_LINK)

enum clock_kind {
	CLOCK_KIND_MONO,
	CLOCK_KIND_BOOT,
	CLOCK_KIND_COARSE,
	CLOCK_KIND_TAI,
	CLOCK_KIND_REAL
};

struct task_info {		 /* who bpf_get_current_* says is running */
	u32 pid, tgid, uid, gid; /* pid: thread id */
	char comm[16];
};

struct async_queue;
struct code;
struct runtime;
struct skep_prog;

struct skep_run {
	struct runtime *rt;
	u32 cpu;
	u32 numa_node;		/* of the machine's CPU with the slot's number */
	_Atomic u64 epoch;	/* odd: a thread is inside */
	struct skep_prog *prog; /* what runs, the tail-called one after a tail call */
	void *ctx;		/* its native context */
	u64 ctx_size;		/* bytes at ctx that the program's owner lends (for probe_read) */
	u32 tail_calls;		/* so far in this run */
	u32 loops_left;		/* may_goto: what this run may still go back */
	u32 thrown;		/* 1: an exception is leaving functions (INSN_UNWIND) */
	u32 depth;		/* nested runs on this slot (a helper that runs a program) */
	/* stack_top: first free byte for the next frame, growing upward; valid outside of programs
	 * and in helpers. */
	u8 *stack, *stack_top;
	/* Where probe loads found memory last in this run: addresses from probe_base on, less than probe_len further, may be read,
	 * 8 bytes each (guarded.h). */
	u64 probe_base, probe_len;
	/* bpf_res_spin_locks held, and behind them the one waited for (kfunc/res_lock.c) */
	_Atomic(_Atomic u32 *) locks[SKEP_MAX_LOCKS];
	_Atomic u32 nr_locks;
	u64 rng[2];
	u64 session_cookie; /* of the function that a program runs at the ends of */
	struct task_info task;
	struct task_entry
		*task_entry; /* … as programs see it (helper/task_image.h); NULL: not yet */
	/* Call a callback: fn is the value of a SKEP_ARG_FUNC argument. Set by the engine at entry. */
	u64 (*callback)(struct skep_run *run, u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
	struct seq *seq; /* where an iterator's program writes (helper/seq.h); NULL: it is none */
	struct traced_call *traced; /* what the program was called for (tracers.h); NULL: nothing */
	struct run_caller *caller;  /* who has a syscall program run; NULL: nobody */
	void *engine;		    /* the engine's own, while a program runs */
	char scratch[1024];	    /* for one helper at a time: formatted text */
} __attribute__((aligned(64)));

/* What the helpers of a syscall program do on behalf of the client that has it run (syscall/loader.h). */
struct run_caller {
	/* bpf(2), attr being the program's. The run is left meanwhile. */
	s64 (*bpf)(struct run_caller *c, struct skep_run *run, u32 cmd, void *attr, u32 size);
	/* close(2) of one of the client's descriptors. */
	s64 (*close)(struct run_caller *c, struct skep_run *run, int fd);
	/* Copy from the client's memory. 0, -EFAULT. */
	int (*read)(struct run_caller *c, void *dst, u64 addr, u32 size);
};

/* How engines may reach into a map without asking it. */
enum map_kind { MAP_OPAQUE, MAP_ARRAY, MAP_PERCPU_ARRAY, MAP_PROGS };
struct map_layout {
	enum map_kind kind;
	u64 base; /* element i of CPU c lies at base + i * stride + c * cpu_stride */
	u64 stride, cpu_stride;
	u32 max; /* elements */
	/* what the helpers of that name do on this map; NULL: ask the helper */
	void *(*lookup)(struct skep_map *m, const void *key, struct skep_run *run);
	int (*update)(struct skep_map *m, const void *key, const void *value, u64 flags,
		      struct skep_run *run);
	int (*remove)(struct skep_map *m, const void *key, struct skep_run *run);
};

struct btf;
struct images;
struct seq;
struct traced_call;
struct run_waiter;
struct task_entry;
struct local_pool;
struct prog_tracers;

/* A function that programs may be attached to (tracers.h). */
struct traced {
	struct prog_tracers *_Atomic list; /* NULL: nobody is; changed under rt->tracers_lock */
};
#define TEST_FUNCTIONS 12 /* of the kernel's: prog/test_functions.def */

struct owners;

struct runtime {
	u32 nr_cpus;
	u32 kernel;	       /* whose rules hold (abi/kernels.h) */
	struct skep_run *runs; /* nr_cpus of them */
	u8 *stacks;	       /* SKEP_RUN_STACK bytes each */
	struct va *va;
	const struct skep_helper *helpers[SKEP_MAX_HELPERS]; /* by id, NULL where none */
	const struct skep_helper
		*extra_helpers[SKEP_MAX_EXTRA_HELPERS]; /* from SKEP_EMBEDDER_IDS on */
	skep_helper_fn (*kfunc_fn)(u32 row); /* kernel functions by their row in kfuncs.def */
	/* What engines call in layers above exec; set by whoever builds the instance, before it runs
	 * programs. prog_array_get: map/map.h; ld_abs: packet_ld_abs() of prog/packet.h. */
	struct skep_prog *(*prog_array_get)(struct skep_map *m, u32 index);
	bool (*ld_abs)(const void *ctx, s32 off, u32 size, u64 *out);
	void (*map_layout)(const struct skep_map *m,
			   struct map_layout *out); /* NULL: maps are opaque */
	/* The host's type information, which the instance keeps. -ENOENT: it has none. */
	int (*kernel_btf)(struct runtime *rt, const struct btf **out);
	struct images *images;	  /* kernel structures that programs read (btf/image.h) */
	struct task_entry *tasks; /* of tasks (helper/task_image.h), under tasks_lock */
	pthread_mutex_t tasks_lock;
	_Atomic bool stats; /* BPF_ENABLE_STATS */
	bool fixed_clock, fixed_seed;
	bool perf_map, gdb, blind; /* struct skep_options */
	_Atomic u64 clock_ns;
	u64 clock_step_ns, seed;
	_Atomic(struct async_queue *)
		async; /* what programs have others call later (map/async.h) */
	void (*trace)(void *arg, const char *line, size_t len);
	void *trace_arg;
	struct code
		*observed; /* the interpreter's: programs whose instructions it counts or shows */
	struct checker
		*checker; /* checked runs (verifier/check.h); NULL: programs are not checked */
	struct local_pool
		*pools; /* objects that programs allocate (map/local.h), under pools_lock */
	struct owners
		*owners; /* whom local storage belongs to (map/owner.h); made under pools_lock */
	pthread_mutex_t pools_lock;
	struct traced functions[TEST_FUNCTIONS];
	pthread_mutex_t tracers_lock;
	/* Threads waiting for a slot, first come first served (slots.c). */
	pthread_mutex_t wait_lock;
	struct run_waiter *wait_first, **wait_last;
	_Atomic u32 waiters;
};

/* On failure nothing is left to be undone. opt may be NULL. -ENOMEM, -ENOSPC, -EINVAL. */
int runtime_init(struct runtime *rt, const struct skep_options *opt) MUST_CHECK;
void runtime_done(struct runtime *rt);
/* CPUs that the machine may ever have, as libbpf counts them for per-CPU buffers. */
u32 runtime_possible_cpus(void);

static inline const struct skep_helper *runtime_helper(const struct runtime *rt, u32 id)
{
	if (id < SKEP_MAX_HELPERS)
		return rt->helpers[id];
	id -= SKEP_EMBEDDER_IDS;
	return id < SKEP_MAX_EXTRA_HELPERS ? rt->extra_helpers[id] : NULL;
}

/* What a call of a helper or kernel function calls, NULL if there is none. The verifier has put the kernel
 * function's row into off. */
skep_helper_fn runtime_call_target(const struct runtime *rt, const struct bpf_insn *i);

/* Own a CPU slot (this thread's last one if it is free, else any; waits if all are taken). A thread
 * enters once: nested calls must use the run they have. With fixed_seed it is the first free slot. */
struct skep_run *run_enter(struct runtime *rt);
/* Own that very slot (cpu < nr_cpus); waits for it, without a place in the queue: for test runs. */
struct skep_run *run_enter_on(struct runtime *rt, u32 cpu);
void run_leave(struct skep_run *run);
/* Wait until every program that was running at the call has ended. Not from inside a program, nor
 * while owning a slot. */
void runtime_synchronize(struct runtime *rt);

/* The slot whose stack addr (a program's r10) points into. */
static inline struct skep_run *run_of(u64 addr)
{
	return *(struct skep_run **)(uintptr_t)(addr & ~(u64)(SKEP_RUN_STACK - 1));
}
static inline bool run_has_stack(const struct skep_run *run, const u8 *top)
{
	return run->stack + SKEP_RUN_STACK - top >= SKEP_ENTRY_STACK;
}

u64 run_clock(struct skep_run *run, enum clock_kind which); /* ns */
u64 run_random(struct skep_run *run);
/* May helpers read [addr, addr + size): map memory, this run's stack, context? */
bool run_owns(struct skep_run *run, u64 addr, u64 size);
/* Until run_leave(). NULL: the calling thread, asked anew (its name may have changed). */
void run_set_task(struct skep_run *run, const struct task_info *t);
/* What the calling thread runs, it runs for that task: the one whose system call it answers. NULL: for
 * itself again. */
void thread_set_task(const struct task_info *t);

#endif
