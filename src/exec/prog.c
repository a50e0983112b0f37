/* Programs on engines: choosing one, running, counting. */
#include "exec/prog.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "exec/tracers.h"

static const struct engine *choose_engine(enum skep_engine which)
{
#ifdef SKEP_HAS_JIT
	if (which != SKEP_ENGINE_INTERP)
		return &engine_jit;
#endif
	return which == SKEP_ENGINE_JIT ? NULL : &engine_interp;
}

bool exec_has(enum skep_engine which)
{
	return choose_engine(which);
}

int exec_prepare_on(struct skep_prog *p, const struct engine *e)
{
	size_t size = p->rt->nr_cpus * sizeof(*p->stats);
	int err;

	p->stats = aligned_alloc(sizeof(*p->stats), size);
	if (!p->stats)
		return -ENOMEM;
	memset(p->stats, 0, size);
	p->engine = e;
	err = e->prepare(p);
	if (err)
		exec_release(p);
	return err;
}

int exec_prepare(struct skep_prog *p, enum skep_engine which)
{
	const struct engine *e = choose_engine(which);
	int err;

	if (!e)
		return fail(-ENOTSUPP, "there is no JIT for this machine: use the interpreter");
	if (p->watch) /* native code cannot do that */
		e = &engine_interp;
	err = exec_prepare_on(p, e);
	/* Systems may forbid to make memory executable. */
	if (err == -ENOMEM && which == SKEP_ENGINE_AUTO && e != &engine_interp)
		err = exec_prepare_on(p, &engine_interp);
	return err;
}

void exec_release(struct skep_prog *p)
{
	if (p->engine)
		p->engine->release(p);
	p->engine = NULL;
	free(p->stats);
	p->stats = NULL;
}

const struct known_call *prog_known_call(const struct skep_prog *p, u32 insn)
{
	u32 low = 0, high = p->nr_known_calls;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (p->known_calls[mid].insn < insn)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->nr_known_calls && p->known_calls[low].insn == insn ? &p->known_calls[low]
									   : NULL;
}

/* Only the slot's owner writes; prog_stats_sum() may read at any time. */
static void add(u64 *counter, u64 n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* The machine's clock, not the run's: counting must not change what programs see of a fixed one. */
static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static u64 run_counted(struct skep_prog *p, void *ctx, struct skep_run *run)
{
	struct prog_stats *s = &p->stats[run->cpu];
	u64 start = now();
	u64 ret = p->run(p, ctx, run);

	add(&s->ns, now() - start);
	add(&s->runs, 1);
	return ret;
}

static u64 run_alone(struct skep_prog *p, void *ctx, struct skep_run *run)
{
	run->prog = p;
	run->ctx = ctx;
	run->tail_calls = 0;
	run->loops_left = SKEP_MAX_LOOPS;
	run->probe_len = 0;
	if (unlikely(atomic_load_explicit(&run->rt->stats, memory_order_relaxed)))
		return run_counted(p, ctx, run);
	return p->run(p, ctx, run);
}

static u64 run_one(struct skep_prog *p, void *ctx, struct skep_run *run)
{
	if (likely(!atomic_load_explicit(&p->traced.list, memory_order_relaxed)))
		return run_alone(p, ctx, run);
	return tracers_run(p, ctx, run, run_alone);
}

/* A helper of the program that runs on this slot runs another one. */
static u64 run_nested(struct skep_prog *p, void *ctx, struct skep_run *run)
{
	struct skep_prog *prog = run->prog;
	void *outer_ctx = run->ctx;
	u8 *stack_top = run->stack_top;
	u32 tail_calls = run->tail_calls, loops_left = run->loops_left;
	u64 (*callback)(struct skep_run *, u64, u64, u64, u64, u64, u64) = run->callback;
	u64 ret;

	if (!run_has_stack(run, run->stack_top)) {
		add(&p->stats[run->cpu].misses, 1);
		return 0;
	}
	ret = run_one(p, ctx, run);
	run->prog = prog;
	run->ctx = outer_ctx;
	run->stack_top = stack_top;
	run->tail_calls = tail_calls;
	run->loops_left = loops_left;
	run->callback = callback;
	return ret;
}

u64 prog_run(struct skep_prog *p, void *ctx, struct skep_run *run)
{
	u64 ret;

	run->depth++;
	ret = likely(run->depth == 1) ? run_one(p, ctx, run) : run_nested(p, ctx, run);
	run->depth--;
	return ret;
}

u64 prog_call(struct skep_prog *p, u64 (*enter)(struct skep_run *, u64, u64, u64, u64, u64, u64),
	      u64 fn, u64 a1, u64 a2, u64 a3, struct skep_run *run)
{
	u64 ret;

	run->prog = p;
	run->ctx = NULL;
	run->ctx_size = 0;
	run->tail_calls = 0;
	run->loops_left = SKEP_MAX_LOOPS;
	run->callback = enter;
	run->depth++;
	ret = enter(run, fn, a1, a2, a3, 0, 0);
	run->depth--;
	return ret;
}

struct prog_stats prog_stats_sum(const struct skep_prog *p)
{
	struct prog_stats sum = { 0 };

	for (u32 cpu = 0; p->stats && cpu < p->rt->nr_cpus; cpu++) {
		sum.runs += __atomic_load_n(&p->stats[cpu].runs, __ATOMIC_RELAXED);
		sum.ns += __atomic_load_n(&p->stats[cpu].ns, __ATOMIC_RELAXED);
		sum.misses += __atomic_load_n(&p->stats[cpu].misses, __ATOMIC_RELAXED);
	}
	return sum;
}
