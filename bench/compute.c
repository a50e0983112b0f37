/* Compute programs (programs/a): the interpreter and the JIT, next to the same source compiled natively by
 * clang -O2, to the kernel's JIT (BPF_PROG_TEST_RUN, where bpf(2) answers) and, on loop-free builds, to
 * DPDK's interpreter, which runs the very same instructions (it takes neither loops nor 32-bit jumps).
 *
 *   bench-compute DIRECTORY-OF-OBJECTS [rounds [program]]
 *
 * All candidates of a program must return the same value before anything is timed. Our times include the
 * call into the program; the kernel's are net of its test-run loop: the empty program's time, measured
 * right before each sample, is subtracted. The kernel counts whole nanoseconds per run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "dpdk.h"
#include "elf_insns.h"
#include "exec/prog.h"
#include "input.h"
#include "oracle/kernel.h"
#include "timing.h"
#include "unit/asm.h"

#define BATCH_NS	3000000
#define KERNEL_BATCH_NS 6000000

enum { NATIVE, INTERP, JIT, INTERP_FLAT, DPDK_FLAT, NR_CANDIDATES };

struct candidate {
	void (*run)(void *arg, u64 times);
	struct samples samples;
	u64 times;
};

struct bench { /* one program */
	const struct compute_program *what;
	u8 input[INPUT_SIZE];
	struct skep_run *run;
	struct skep_prog *looped, *flat, *jit;
	void *dpdk;
	int kernel, kernel_empty; /* descriptors, or negative */
	struct samples kernel_net;
	u32 kernel_times;
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

/* As prog_run() calls it. */
static void run_skep(struct bench *b, struct skep_prog *p, u64 times)
{
	b->run->prog = p;
	b->run->ctx = b->input;
	while (times--)
		b->ret = p->run(p, b->input, b->run);
}

static void run_looped(void *arg, u64 times)
{
	run_skep(arg, ((struct bench *)arg)->looped, times);
}

static void run_flat(void *arg, u64 times)
{
	run_skep(arg, ((struct bench *)arg)->flat, times);
}

static void run_jit(void *arg, u64 times)
{
	run_skep(arg, ((struct bench *)arg)->jit, times);
}

static void run_dpdk(void *arg, u64 times)
{
	struct bench *b = arg;

	dpdk_run(b->dpdk, b->input, times, &b->ret);
}

static struct bpf_insn *read_program(const char *dir, const char *name, const char *variant,
				     const char *section, int *n)
{
	struct bpf_insn *insns = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.%s.o", dir, name, variant);
	*n = elf_insns(path, section, &insns);
	return *n > 0 ? insns : NULL;
}

static u64 count_executed(struct bench *b, const struct bpf_insn *insns, u32 n)
{
	struct skep_prog *p = asm_prog_on(&engine_interp, b->run->rt, insns, n, NULL);
	const u64 *counts = p ? interp_count(p) : NULL;
	u64 sum = 0;

	if (counts)
		prog_run(p, b->input, b->run);
	for (u32 i = 0; counts && i < n; i++)
		sum += counts[i];
	asm_free(p);
	return sum;
}

/* On the interpreter and, where asked for, on the JIT and DPDK. */
static struct skep_prog *load(struct bench *b, const char *dir, const char *variant, u64 *executed,
			      struct skep_prog **jit, void **dpdk)
{
	struct skep_prog *p;
	struct bpf_insn *insns;
	int n;

	insns = read_program(dir, b->what->name, variant, "prog", &n);
	if (!insns)
		return NULL;
	*executed = count_executed(b, insns, (u32)n);
	p = asm_prog_on(&engine_interp, b->run->rt, insns, (u32)n, NULL);
#ifdef SKEP_HAS_JIT
	if (jit)
		*jit = asm_prog_on(&engine_jit, b->run->rt, insns, (u32)n, NULL);
#endif
	if (!p)
		fprintf(stderr, "%s: %s\n", b->what->name, last_error());
	if (dpdk)
		*dpdk = dpdk_load(insns, (u32)n, INPUT_SIZE);
	free(insns);
	return p;
}

/* --- the kernel --- */

static int load_kernel(const char *dir, const char *name)
{
	struct bpf_insn *insns;
	int n, fd;

	if (kernel_missing())
		return -1;
	insns = read_program(dir, name, "kernel", "xdp", &n);
	fd = insns ? kernel_load(BPF_PROG_TYPE_XDP, insns, (u32)n, 0, NULL, 0) : -1;
	free(insns);
	return fd;
}

/* ns per run, as the kernel says. */
static u32 run_kernel(struct bench *b, int fd, u32 times)
{
	u8 out[INPUT_SIZE];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)fd;
	attr.test.data_in = (uintptr_t)b->input;
	attr.test.data_size_in = INPUT_SIZE;
	attr.test.data_out = (uintptr_t)out;
	attr.test.data_size_out = INPUT_SIZE;
	attr.test.repeat = times;
	if (kernel_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		return 0;
	b->ret = attr.test.retval;
	return attr.test.duration;
}

static void take_kernel_sample(struct bench *b)
{
	u32 ns = run_kernel(b, b->kernel, b->kernel_times);
	u32 loop = run_kernel(b, b->kernel_empty, KERNEL_BATCH_NS / 40);

	b->kernel_times = KERNEL_BATCH_NS / (ns ?: 1);
	if (b->kernel_net.n < MAX_ROUNDS)
		b->kernel_net.ns[b->kernel_net.n++] = ns > loop ? ns - loop : 1;
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
	if (b->kernel >= 0 && (run_kernel(b, b->kernel, 1), (u32)b->ret != expected)) {
		printf("%s: the kernel returns %#x, not %#x\n", b->what->name, (u32)b->ret,
		       expected);
		ok = false;
	}
	return ok;
}

static void measure(struct bench *b, u32 rounds)
{
	for (u32 round = 0; round <= rounds; round++) {
		for (u32 c = 0; c < NR_CANDIDATES; c++) {
			struct candidate *k = &b->candidates[c];

			if (!k->run)
				continue;
			take_sample(&k->samples, k->run, b, &k->times, BATCH_NS);
			if (!round)
				k->samples.n = 0; /* warm-up */
		}
		if (b->kernel >= 0 && b->kernel_empty >= 0)
			take_kernel_sample(b);
		if (!round)
			b->kernel_net.n = 0;
	}
}

static double per_insn(const struct bench *b, u32 c, u64 insns,
		       double (*of)(const struct samples *))
{
	return insns ? of(&b->candidates[c].samples) / (double)insns : 0;
}

/* Geometric means over programs: sums of logarithms. */
struct means {
	double kernel, native;
	u32 nr_kernel, nr_native;
};

static void add_ratio(double *sum, u32 *n, double ratio)
{
	*sum += log(ratio);
	*n += 1;
}

/* The empty program is all call, and csum1500's native code is vectorised. */
static void add_ratios(const struct bench *b, struct means *m)
{
	const struct candidate *c = b->candidates;
	double jit = minimum(&c[JIT].samples);

	if (!c[JIT].samples.n || !strcmp(b->what->name, "empty"))
		return;
	if (strcmp(b->what->name, "csum1500"))
		add_ratio(&m->native, &m->nr_native, jit / minimum(&c[NATIVE].samples));
	if (b->kernel_net.n)
		add_ratio(&m->kernel, &m->nr_kernel, jit / minimum(&b->kernel_net));
}

static void print_ratio(double a, double b)
{
	if (b > 0)
		printf(" %8.2f", a / b);
	else
		printf(" %8s", "-");
}

static void report(const struct bench *b)
{
	const struct candidate *c = b->candidates;
	double jit = minimum(&c[JIT].samples);

	printf("%-11s %7llu %9.1f %9.1f %9.1f %9.1f", b->what->name,
	       (unsigned long long)b->looped_insns, minimum(&c[NATIVE].samples),
	       minimum(&c[INTERP].samples), jit, minimum(&b->kernel_net));
	print_ratio(jit, minimum(&b->kernel_net));
	print_ratio(jit, minimum(&c[NATIVE].samples));
	print_ratio(median(&c[JIT].samples), median(&b->kernel_net));
	print_ratio(median(&c[JIT].samples), median(&c[NATIVE].samples));
	printf(" %8.2f", per_insn(b, INTERP, b->looped_insns, minimum));
	if (c[DPDK_FLAT].samples.n)
		printf(" %8.2f %8.2f", per_insn(b, INTERP_FLAT, b->flat_insns, minimum),
		       per_insn(b, DPDK_FLAT, b->flat_insns, minimum));
	printf("\n");
	fflush(stdout);
}

static void report_means(const struct means *m)
{
	if (m->nr_kernel)
		printf("geomean JIT/kernel %.2f (minima, net, %u programs)\n",
		       exp(m->kernel / m->nr_kernel), m->nr_kernel);
	if (m->nr_native)
		printf("geomean JIT/native %.2f (minima, without csum1500, %u programs)\n",
		       exp(m->native / m->nr_native), m->nr_native);
}

static void choose_candidates(struct bench *b)
{
	for (u32 c = 0; c < NR_CANDIDATES; c++)
		b->candidates[c].times = 1;
	b->candidates[NATIVE].run = run_native;
	b->candidates[INTERP].run = b->looped ? run_looped : NULL;
	b->candidates[JIT].run = b->jit ? run_jit : NULL;
	b->candidates[INTERP_FLAT].run = b->flat && b->dpdk ? run_flat : NULL;
	b->candidates[DPDK_FLAT].run = b->dpdk ? run_dpdk : NULL;
}

static void bench_done(struct bench *b)
{
	asm_free(b->looped);
	asm_free(b->flat);
	asm_free(b->jit);
	if (b->kernel >= 0)
		close(b->kernel);
	free(b);
}

static bool bench_program(struct skep_run *run, const char *dir, const struct compute_program *what,
			  int kernel_empty, u32 rounds, struct means *means)
{
	struct bench *b = calloc(1, sizeof(*b));
	bool ok;

	b->what = what;
	b->run = run;
	input_fill(what, b->input);
	b->looped = load(b, dir, "loop", &b->looped_insns, &b->jit, NULL);
	b->flat = load(b, dir, "flat", &b->flat_insns, NULL, &b->dpdk);
	b->kernel_empty = kernel_empty;
	b->kernel = load_kernel(dir, what->name);
	b->kernel_times = 1000;
	choose_candidates(b);
	ok = b->looped && all_agree(b);
	if (ok) {
		measure(b, rounds);
		report(b);
		add_ratios(b, means);
	}
	bench_done(b);
	return ok;
}

static bool bench_all(struct skep_run *run, const char *dir, u32 rounds, const char *only)
{
	int kernel_empty = load_kernel(dir, "empty");
	struct means means = { 0 };
	bool ok = true;

	printf("%-20s ns per run, minima %20s JIT to, by minima  by medians  %10s", "", "", "");
	printf("interpreters, ns per instruction\n");
	printf("%-11s %7s %9s %9s %9s %9s %8s %8s %8s %8s %8s %8s %8s\n", "program", "insns",
	       "native", "interp", "JIT", "kernel", "kernel", "native", "kernel", "native", "skep",
	       "flat", "dpdk");
	for (const struct compute_program *p = compute_programs; p->name; p++)
		if (!only || !strcmp(only, p->name))
			ok = bench_program(run, dir, p, kernel_empty, rounds, &means) && ok;
	report_means(&means);
	if (kernel_empty >= 0)
		close(kernel_empty);
	return ok;
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 2 ? (u32)atoi(argv[2]) : 15;
	struct runtime rt;
	struct skep_run *run;
	bool ok;

	if (argc < 2 || rounds > MAX_ROUNDS || runtime_init(&rt, NULL)) {
		fprintf(stderr, "usage: %s DIRECTORY-OF-OBJECTS [rounds [program]]\n", argv[0]);
		return 2;
	}
	run = run_enter(&rt);
	ok = bench_all(run, argv[1], rounds, argc > 3 ? argv[3] : NULL);
	run_leave(run);
	runtime_done(&rt);
	return ok ? 0 : 1;
}
