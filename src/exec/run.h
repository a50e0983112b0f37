/* Where programs run. A runtime is the part of an instance that running programs and helpers see:
 * CPU slots, memory, time, randomness, trace output, helper table. A skep_run is one CPU slot.
 *
 * Invariants (DESIGN D8, D12):
 *  - a slot is owned by at most one thread at a time, so per-CPU data needs no locks among programs;
 *  - all that makes a run non-deterministic (time, random numbers, CPU, current task) comes from here;
 *  - a slot's epoch is odd while a thread owns it: runtime_synchronize() waits until every slot has
 *    left what it was running, which is when an object that programs could reach may be freed. */
#ifndef SKEP_EXEC_RUN_H
#define SKEP_EXEC_RUN_H

#include <stdatomic.h>

#include "base/types.h"
#include "base/va.h"
#include "skep/helper.h"

#define SKEP_STACK_SIZE	   512
#define SKEP_MAX_FRAMES	   8
#define SKEP_MAX_TAIL_CALL 33
#define SKEP_MAX_HELPERS   256 /* Linux's numbered helpers: 211, frozen */

enum clock_kind { CLOCK_KIND_MONO, CLOCK_KIND_BOOT, CLOCK_KIND_COARSE, CLOCK_KIND_TAI, CLOCK_KIND_REAL };

struct task_info { /* who bpf_get_current_* says is running */
	u32 pid, tgid, uid, gid; /* pid: thread id */
	char comm[16];
};

struct runtime;

struct skep_run {
	struct runtime *rt;
	u32 cpu;
	_Atomic u32 owner;	 /* 1: a thread is inside */
	_Atomic u64 epoch;	 /* odd: inside */
	struct skep_prog *prog;	 /* what runs, the tail-called one after a tail call */
	void *ctx;		 /* its native context */
	u64 ctx_size;		 /* bytes at ctx that the program's owner lends (for probe_read) */
	u32 tail_calls;		 /* so far in this run */
	u32 depth;		 /* nested runs on this slot (program → callback → …) */
	u64 *stack, *stack_top;	 /* stack_top: first free byte for the next frame, growing upward */
	u64 rng[2];
	struct task_info task;
	/* Call a callback: fn is the value of a SKEP_ARG_FUNC argument. Set by the engine at entry. */
	u64 (*callback)(struct skep_run *run, u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
	void *engine;		 /* the engine's own, while a program runs */
	char scratch[1024];	 /* for one helper at a time: formatted text */
} __attribute__((aligned(64)));

struct runtime {
	u32 nr_cpus;
	struct skep_run *runs; /* nr_cpus of them */
	struct va *va;
	const struct skep_helper *helpers[SKEP_MAX_HELPERS]; /* by id, NULL where none */
	_Atomic bool stats;    /* BPF_ENABLE_STATS */
	bool fixed_clock, fixed_seed;
	_Atomic u64 clock_ns;
	u64 clock_step_ns, seed;
	void (*trace)(void *arg, const char *line, size_t len);
	void *trace_arg;
};

int runtime_init(struct runtime *rt, const struct skep_options *opt) MUST_CHECK;
void runtime_done(struct runtime *rt);

/* Own a CPU slot (this thread's last one if it is free, else any; waits if all are taken). A thread
 * enters once: nested calls must use the run they have. */
struct skep_run *run_enter(struct runtime *rt);
void run_leave(struct skep_run *run);
/* Wait until every program that was running at the call has ended. Not from inside a program. */
void runtime_synchronize(struct runtime *rt);

u64 run_clock(struct skep_run *run, enum clock_kind which);
u64 run_random(struct skep_run *run);
/* May helpers read [addr, addr + size): map memory, this run's stack, context? */
bool run_owns(struct skep_run *run, u64 addr, u64 size);
void run_set_task(struct skep_run *run, const struct task_info *t); /* NULL: the calling thread */

#endif
