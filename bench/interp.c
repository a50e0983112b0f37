/* Interpreter: ns per executed instruction on the compute programs in programs/a, next to the same
 * source compiled natively by clang -O2, and on loop-free builds next to DPDK's interpreter, which
 * runs the very same instructions (it takes neither loops nor 32-bit jumps).
 *
 *   bench-interp DIRECTORY-OF-OBJECTS [rounds [program]]
 *
 * All candidates of a program must return the same value before anything is timed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dpdk.h"
#include "elf_insns.h"
#include "exec/prog.h"
#include "input.h"
#include "timing.h"
#include "unit/asm.h"

#define BATCH_NS 3000000

enum { NATIVE, SKEP, SKEP_FLAT, DPDK_FLAT, NR_CANDIDATES };

struct candidate {
	void (*run)(void *arg, u64 times);
	struct samples samples;
	u64 times;
};

struct bench { /* one program */
	const struct compute_program *what;
	u8 input[INPUT_SIZE];
	struct skep_run *run;
	struct skep_prog *looped, *flat;
	void *dpdk;
	u64 looped_insns, flat_insns; /* executed in one run */
	u64 ret;
	struct candidate candidates[NR_CANDIDATES];
};

static void run_native(void *arg, u64 times)
{
	struct bench *b = arg;

	while (times--)
		b->ret = b->what->native(b->input, INPUT_SIZE);
}

static void run_skep(struct bench *b, struct skep_prog *p, u64 times)
{
	while (times--)
		b->ret = prog_run(p, b->input, b->run);
}

static void run_looped(void *arg, u64 times)
{
	run_skep(arg, ((struct bench *)arg)->looped, times);
}

static void run_flat(void *arg, u64 times)
{
	run_skep(arg, ((struct bench *)arg)->flat, times);
}

static void run_dpdk(void *arg, u64 times)
{
	struct bench *b = arg;

	dpdk_run(b->dpdk, b->input, times, &b->ret);
}

static struct bpf_insn *read_program(const char *dir, const char *name, const char *variant, int *n)
{
	struct bpf_insn *insns = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.%s.o", dir, name, variant);
	*n = elf_insns(path, "prog", &insns);
	return *n > 0 ? insns : NULL;
}

static u64 count_executed(struct bench *b, const struct bpf_insn *insns, u32 n)
{
	struct skep_prog *p = asm_prog(b->run->rt, insns, n, NULL);
	const u64 *counts = p ? interp_count(p) : NULL;
	u64 sum = 0;

	if (counts)
		prog_run(p, b->input, b->run);
	for (u32 i = 0; counts && i < n; i++)
		sum += counts[i];
	asm_free(p);
	return sum;
}

static struct skep_prog *load(struct bench *b, const char *dir, const char *variant, u64 *executed,
			      void **dpdk)
{
	struct skep_prog *p;
	struct bpf_insn *insns;
	int n;

	insns = read_program(dir, b->what->name, variant, &n);
	if (!insns)
		return NULL;
	*executed = count_executed(b, insns, (u32)n);
	p = asm_prog(b->run->rt, insns, (u32)n, NULL);
	if (!p)
		fprintf(stderr, "%s: %s\n", b->what->name, last_error());
	if (dpdk)
		*dpdk = dpdk_load(insns, (u32)n, INPUT_SIZE);
	free(insns);
	return p;
}

/* The candidate's result, or a complaint. */
static bool agrees(struct bench *b, u32 c, u32 expected)
{
	b->candidates[c].run(b, 1);
	if ((u32)b->ret == expected)
		return true;
	printf("%s: candidate %u returns %#x, not %#x\n", b->what->name, c, (u32)b->ret, expected);
	return false;
}

static bool all_agree(struct bench *b)
{
	u32 expected = (u32)b->what->native(b->input, INPUT_SIZE);
	bool ok = true;

	if (b->what->expected)
		expected = b->what->expected;
	for (u32 c = 0; c < NR_CANDIDATES; c++)
		if (b->candidates[c].run)
			ok = agrees(b, c, expected) && ok;
	return ok;
}

static void measure(struct bench *b, u32 rounds)
{
	for (u32 round = 0; round <= rounds; round++)
		for (u32 c = 0; c < NR_CANDIDATES; c++) {
			struct candidate *k = &b->candidates[c];

			if (!k->run)
				continue;
			take_sample(&k->samples, k->run, b, &k->times, BATCH_NS);
			if (!round)
				k->samples.n = 0; /* warm-up */
		}
}

static double per_insn(const struct bench *b, u32 c, u64 insns,
		       double (*of)(const struct samples *))
{
	return insns ? of(&b->candidates[c].samples) / (double)insns : 0;
}

static void report(const struct bench *b)
{
	const struct candidate *c = b->candidates;

	printf("%-11s %7llu %9.1f %10.1f %7.1fx %8.2f %8.2f", b->what->name,
	       (unsigned long long)b->looped_insns, median(&c[NATIVE].samples),
	       median(&c[SKEP].samples), median(&c[SKEP].samples) / median(&c[NATIVE].samples),
	       per_insn(b, SKEP, b->looped_insns, median),
	       per_insn(b, SKEP, b->looped_insns, minimum));
	if (c[DPDK_FLAT].samples.n)
		printf(" %9llu %8.2f %8.2f %8.2f %8.2f", (unsigned long long)b->flat_insns,
		       per_insn(b, SKEP_FLAT, b->flat_insns, median),
		       per_insn(b, DPDK_FLAT, b->flat_insns, median),
		       per_insn(b, SKEP_FLAT, b->flat_insns, minimum),
		       per_insn(b, DPDK_FLAT, b->flat_insns, minimum));
	printf("\n");
	fflush(stdout);
}

static bool bench_program(struct skep_run *run, const char *dir, const struct compute_program *what,
			  u32 rounds)
{
	struct bench *b = calloc(1, sizeof(*b));
	bool ok;

	b->what = what;
	b->run = run;
	input_fill(what, b->input);
	b->looped = load(b, dir, "loop", &b->looped_insns, NULL);
	b->flat = load(b, dir, "flat", &b->flat_insns, &b->dpdk);
	for (u32 c = 0; c < NR_CANDIDATES; c++)
		b->candidates[c].times = 1;
	b->candidates[NATIVE].run = run_native;
	b->candidates[SKEP].run = b->looped ? run_looped : NULL;
	b->candidates[SKEP_FLAT].run = b->flat && b->dpdk ? run_flat : NULL;
	b->candidates[DPDK_FLAT].run = b->dpdk ? run_dpdk : NULL;
	ok = b->looped && all_agree(b);
	if (ok) {
		measure(b, rounds);
		report(b);
	}
	asm_free(b->looped);
	asm_free(b->flat);
	free(b);
	return ok;
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 2 ? (u32)atoi(argv[2]) : 15;
	struct runtime rt;
	struct skep_run *run;
	bool ok = true;

	if (argc < 2 || rounds > MAX_ROUNDS || runtime_init(&rt, NULL)) {
		fprintf(stderr, "usage: %s DIRECTORY-OF-OBJECTS [rounds [program]]\n", argv[0]);
		return 2;
	}
	run = run_enter(&rt);
	printf("%-44s ns per instruction  same instructions, no loops: ns per instruction\n", "");
	printf("%-11s %7s %9s %10s %8s %8s %8s %9s %8s %8s %8s %8s\n", "program", "insns",
	       "native ns", "skep ns", "ratio", "median", "best", "insns", "skep", "dpdk",
	       "skep min", "dpdk min");
	for (const struct compute_program *p = compute_programs; p->name; p++)
		if (argc < 4 || !strcmp(argv[3], p->name))
			ok = bench_program(run, argv[1], p, rounds) && ok;
	run_leave(run);
	runtime_done(&rt);
	return ok ? 0 : 1;
}
