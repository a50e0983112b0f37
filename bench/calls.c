/* What control flow costs on each engine: entering a program, calling a subprogram, a tail call, a round of a
 * callback; and how long it takes to make a program runnable.
 *
 *   bench-calls [rounds] */
#include <stdio.h>

#include "base/err.h"
#include "exec/prog.h"
#include "timing.h"
#include "unit/asm.h"

#define BATCH_NS 3000000
#define LOOP	 BPF_FUNC_loop

static struct runtime rt;

/* As bpf_loop: fn(i, ctx) n times. */
static u64 loop(u64 n, u64 fn, u64 ctx, u64 r4, u64 r5, struct skep_run *run)
{
	for (u64 i = 0; i < n; i++)
		if (run->callback(run, fn, i, ctx, 0, 0, 0))
			break;
	return 0;
}
static const struct skep_helper loop_helper = { .id = LOOP, .name = "loop", .fn = loop };

static struct skep_prog *tails[8];
static struct skep_prog *tail_prog(struct skep_map *m, u32 index)
{
	return index < ARRAY_SIZE(tails) ? tails[index] : NULL;
}

/* The array of these programs, as a map's layout tells it. */
static void tail_layout(const struct skep_map *m, struct map_layout *out)
{
	*out = (struct map_layout){ .kind = MAP_PROGS,
				    .base = (uintptr_t)tails,
				    .stride = sizeof(tails[0]),
				    .max = ARRAY_SIZE(tails) };
}

/* Prepare p anew, now with what the verifier would have found out about its only helper call. */
static struct skep_prog *know(struct skep_prog *p, u32 insn, s32 callback)
{
	static struct known_call k[4];
	static u32 n;
	const struct engine *e = p->engine;

	k[n % 4] = (struct known_call){ insn, callback < 0 ? (struct skep_map *)tails : NULL,
					callback };
	exec_release(p);
	p->known_calls = &k[n++ % 4];
	p->nr_known_calls = 1;
	if (exec_prepare_on(p, e))
		fprintf(stderr, "%s\n", last_error());
	return p;
}

struct job {
	struct skep_run *run;
	struct skep_prog *p;
};

static void run_job(void *arg, u64 times)
{
	struct job *job = arg;

	job->run->prog = job->p;
	while (times--) {
		job->run->tail_calls = 0;
		job->p->run(job->p, NULL, job->run);
	}
}

static double time_of(struct skep_run *run, struct skep_prog *p, u32 rounds)
{
	struct job job = { run, p };
	struct samples s = { .n = 0 };
	u64 times = 1;

	for (u32 i = 0; p && i < rounds; i++)
		take_sample(&s, run_job, &job, &times, BATCH_NS);
	return minimum(&s);
}

/* A function of a few instructions in a row, which native code need not call; or one that jumps. */
static struct skep_prog *eight_calls(const struct engine *e, bool jumps)
{
	struct bpf_insn insns[] = {
		MOV_K(1, 1),
		CALL_SUB(9),
		CALL_SUB(8),
		CALL_SUB(7),
		CALL_SUB(6),
		CALL_SUB(5),
		CALL_SUB(4),
		CALL_SUB(3),
		CALL_SUB(2),
		MOV_K(0, 2),
		EXIT(),
		MOV_X(0, 1),
		ALU64_K(BPF_ADD, 0, 3),
		jumps ? JMP_K(BPF_JEQ, 1, 0, 0) : MOV_X(0, 0),
		EXIT(),
	};
	static const u32 subs[] = { 11, 0 };

	return asm_prog_on(e, &rt, insns, ARRAY_SIZE(insns), subs);
}

static struct skep_prog *callback_loop(const struct engine *e, s32 n, bool jumps)
{
	struct bpf_insn insns[] = { MOV_K(1, n),
				    FUNC(2, 4),
				    MOV_K(3, 0),
				    CALL(LOOP),
				    EXIT(),
				    /* 6: */ MOV_K(0, 0),
				    jumps ? JMP_K(BPF_JEQ, 2, 1, 0) : MOV_X(0, 0),
				    EXIT() };
	static const u32 subs[] = { 6, 0 };

	return know(asm_prog_on(e, &rt, insns, ARRAY_SIZE(insns), subs), 4, 6);
}

/* Program i tail-calls program i + 1; the last one ends. */
static struct skep_prog *tail_link(const struct engine *e, s32 i)
{
	struct bpf_insn insns[] = { MOV_K(3, i + 1), CALL(BPF_FUNC_tail_call), MOV_K(0, 2),
				    EXIT() };

	return know(asm_prog_on(e, &rt, insns, ARRAY_SIZE(insns), NULL), 1, -1);
}

static struct skep_prog *empty(const struct engine *e)
{
	struct bpf_insn insns[] = { MOV_K(0, 2), EXIT() };

	return asm_prog_on(e, &rt, insns, ARRAY_SIZE(insns), NULL);
}

/* µs to prepare n instructions with a jump in every fifth. */
static double prepare_time(const struct engine *e, u32 n)
{
	struct bpf_insn *insns = calloc(n, sizeof(*insns));
	double best = 0;

	for (u32 i = 0; i + 1 < n; i++)
		insns[i] = i % 5 || i + 200 > n ? ALU64_K(BPF_ADD, i % 10, i)
						: JMP_K(BPF_JEQ, 1, 7, i % 90);
	insns[n - 1] = EXIT();
	for (u32 i = 0; i < 5; i++) {
		u64 start = cpu_ns(), ns;
		struct skep_prog *p = asm_prog_on(e, &rt, insns, n, NULL);

		ns = cpu_ns() - start;
		best = !i || (double)ns < best ? (double)ns : best;
		asm_free(p);
	}
	free(insns);
	return best / 1000;
}

static void report(const char *what, double ns, u32 n, double entry)
{
	printf("  %-34s %8.2f ns", what, ns);
	if (n)
		printf("  %6.2f ns each", (ns - entry) / n);
	printf("\n");
}

static void bench_engine(const struct engine *e, struct skep_run *run, u32 rounds)
{
	struct skep_prog *nothing = empty(e), *calls = eight_calls(e, true);
	struct skep_prog *small = eight_calls(e, false);
	struct skep_prog *loops = callback_loop(e, 1000, true);
	struct skep_prog *small_loops = callback_loop(e, 1000, false);
	double entry = time_of(run, nothing, rounds);

	for (u32 i = 0; i < ARRAY_SIZE(tails); i++)
		tails[i] = tail_link(e, (s32)i);
	printf("%s\n", e->name);
	report("empty program", entry, 0, 0);
	report("8 calls of a subprogram", time_of(run, calls, rounds), 8, entry);
	report("8 calls of a small subprogram", time_of(run, small, rounds), 8, entry);
	report("7 tail calls and one into nothing", time_of(run, tails[0], rounds), 8, entry);
	report("1000 rounds of a callback", time_of(run, loops, rounds), 1000, entry);
	report("1000 rounds of a small callback", time_of(run, small_loops, rounds), 1000, entry);
	printf("  %-34s %8.1f us, 1,000,000: %.0f us\n", "preparing 4,096 instructions",
	       prepare_time(e, 4096), prepare_time(e, 1000000));
	asm_free(nothing);
	asm_free(calls);
	asm_free(small);
	asm_free(loops);
	asm_free(small_loops);
	for (u32 i = 0; i < ARRAY_SIZE(tails); i++)
		asm_free(tails[i]);
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 1 ? (u32)atoi(argv[1]) : 9;
	struct skep_run *run;

	if (runtime_init(&rt, NULL))
		return 2;
	rt.helpers[LOOP] = &loop_helper;
	rt.prog_array_get = tail_prog;
	rt.map_layout = tail_layout;
	run = run_enter(&rt);
	bench_engine(&engine_interp, run, MIN(rounds, MAX_ROUNDS));
#ifdef SKEP_HAS_JIT
	bench_engine(&engine_jit, run, MIN(rounds, MAX_ROUNDS));
#endif
	run_leave(run);
	runtime_done(&rt);
	return 0;
}
