/* Compute programs (programs/a) on every engine, next to the same source compiled natively by clang -O2 and
 * gcc -O2, to the kernel's JIT (BPF_PROG_TEST_RUN, where bpf(2) answers) and, on loop-free builds, to DPDK's
 * interpreter and JIT, which run the very same instructions (they take neither loops nor 32-bit jumps).
 *
 *   bench-compute DIRECTORY-OF-OBJECTS [rounds [program [JSON-FILE]]]     ("" for all programs)
 *
 * All candidates of a program must return the same value before anything is timed. Our times include the
 * call into the program; the kernel's are net of its test-run loop: the empty program's time, measured
 * right before each sample, is subtracted. The kernel counts whole nanoseconds per run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "compute.h"
#include "dpdk.h"
#include "elf_insns.h"
#include "exec/prog.h"
#include "input.h"
#include "oracle/aot_compile.h"
#include "oracle/kernel.h"
#include "unit/asm.h"

#define BATCH_NS	3000000
#define KERNEL_BATCH_NS 6000000

struct bench { /* one program */
	const struct compute_program *what;
	u8 input[INPUT_SIZE];
	struct skep_run *run;
	struct skep_prog *looped, *flat, *jit, *flat_jit, *aot;
	struct aot_library *library;
	void *dpdk;
	int kernel, kernel_empty; /* descriptors, or negative */
	u32 kernel_times;
	u64 ret;
	void (*runs[NR_CANDIDATES])(void *arg, u64 times); /* NULL: cannot */
	u64 times[NR_CANDIDATES];
	struct result *result;
};

static void run_native_gcc(void *arg, u64 times)
{
	struct bench *b = arg;

	while (times--)
		b->ret = b->what->native_gcc(b->input, INPUT_SIZE);
}

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

static void run_flat_jit(void *arg, u64 times)
{
	run_skep(arg, ((struct bench *)arg)->flat_jit, times);
}

static void run_aot(void *arg, u64 times)
{
	run_skep(arg, ((struct bench *)arg)->aot, times);
}

static void run_dpdk(void *arg, u64 times)
{
	struct bench *b = arg;

	dpdk_run(b->dpdk, b->input, times, &b->ret);
}

static void run_dpdk_jit(void *arg, u64 times)
{
	struct bench *b = arg;

	dpdk_run_jit(b->dpdk, b->input, times, &b->ret);
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

/* Bytes of stack that a compiled program uses, which the verifier would tell: at r10 directly, or at a copy
 * of it that is moved down. */
static u32 stack_used(const struct bpf_insn *insns, u32 n)
{
	s32 low = 0;

	for (u32 i = 0; i < n; i++) {
		const struct bpf_insn *x = &insns[i];
		u8 class = BPF_CLASS(x->code);

		if ((class == BPF_ST || class == BPF_STX) && x->dst_reg == BPF_REG_10)
			low = MIN(low, x->off);
		if (class == BPF_LDX && x->src_reg == BPF_REG_10)
			low = MIN(low, x->off);
		if (x->code == (BPF_ALU64 | BPF_MOV | BPF_X) && x->src_reg == BPF_REG_10 &&
		    i + 1 < n && x[1].code == (BPF_ALU64 | BPF_ADD | BPF_K))
			low = MIN(low, x[1].imm);
	}
	return (u32)ALIGN_UP(-low, 8);
}

/* The program as native code made ahead of time: prepared for the interpreter first, then for that. */
static struct skep_prog *load_aot(struct bench *b, const struct bpf_insn *insns, u32 n)
{
	struct skep_prog *p = asm_prog_on(&engine_interp, b->run->rt, insns, n, NULL);
	size_t size;
	void *elf;

	if (!p || !aot_have_compiler("clang"))
		return p ? asm_free(p), NULL : NULL;
	p->subs[0].stack_depth = stack_used(insns, n);
	elf = aot_compile(getenv("SKEP_CC") ?: "clang", &p, 1, &size);
	exec_release(p);
	if (elf && !aot_library_add(&b->library, elf, size) && !aot_prepare(b->library, p)) {
		free(elf);
		return p;
	}
	fprintf(stderr, "%s: %s\n", b->what->name, last_error());
	free(elf);
	asm_free(p);
	return NULL;
}

static struct skep_prog *load_jit(struct bench *b, const struct bpf_insn *insns, u32 n)
{
#ifdef SKEP_HAS_JIT
	return asm_prog_on(&engine_jit, b->run->rt, insns, n, NULL);
#else
	return NULL;
#endif
}

static bool load_looped(struct bench *b, const char *dir)
{
	struct bpf_insn *insns;
	int n;

	insns = read_program(dir, b->what->name, "loop", "prog", &n);
	if (!insns)
		return false;
	b->result->insns = count_executed(b, insns, (u32)n);
	b->looped = asm_prog_on(&engine_interp, b->run->rt, insns, (u32)n, NULL);
	b->jit = load_jit(b, insns, (u32)n);
	b->aot = load_aot(b, insns, (u32)n);
	free(insns);
	if (!b->looped)
		fprintf(stderr, "%s: %s\n", b->what->name, last_error());
	return b->looped;
}

static void load_flat(struct bench *b, const char *dir)
{
	struct bpf_insn *insns;
	int n;

	insns = read_program(dir, b->what->name, "flat", "prog", &n);
	if (!insns)
		return;
	b->dpdk = dpdk_load(insns, (u32)n, INPUT_SIZE);
	if (b->dpdk) {
		b->result->flat_insns = count_executed(b, insns, (u32)n);
		b->flat = asm_prog_on(&engine_interp, b->run->rt, insns, (u32)n, NULL);
		b->flat_jit = load_jit(b, insns, (u32)n);
	}
	free(insns);
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
	struct samples *net = &b->result->samples[KERNEL];

	b->kernel_times = KERNEL_BATCH_NS / (ns ?: 1);
	if (net->n < MAX_ROUNDS)
		net->ns[net->n++] = ns > loop ? ns - loop : 1;
}

/* The candidate's result, or a complaint. */
static bool agrees(struct bench *b, u32 c, u32 expected)
{
	b->runs[c](b, 1);
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
		if (b->runs[c])
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
		for (u32 c = 0; c < NR_CANDIDATES; c++)
			if (b->runs[c])
				take_sample(&b->result->samples[c], b->runs[c], b, &b->times[c],
					    BATCH_NS);
		if (b->kernel >= 0 && b->kernel_empty >= 0)
			take_kernel_sample(b);
		for (u32 c = 0; !round && c < NR_CANDIDATES; c++)
			b->result->samples[c].n = 0; /* warm-up */
	}
}

static void choose_candidates(struct bench *b)
{
	for (u32 c = 0; c < NR_CANDIDATES; c++)
		b->times[c] = 1;
	b->runs[NATIVE] = run_native;
	b->runs[NATIVE_GCC] = b->what->native_gcc ? run_native_gcc : NULL;
	b->runs[INTERP] = run_looped;
	b->runs[JIT] = b->jit ? run_jit : NULL;
	b->runs[AOT] = b->aot ? run_aot : NULL;
	b->runs[INTERP_FLAT] = b->flat ? run_flat : NULL;
	b->runs[JIT_FLAT] = b->flat_jit ? run_flat_jit : NULL;
	b->runs[DPDK_INTERP] = b->dpdk ? run_dpdk : NULL;
	b->runs[DPDK_JIT] =
		b->dpdk && !dpdk_run_jit(b->dpdk, b->input, 1, &b->ret) ? run_dpdk_jit : NULL;
}

static void bench_done(struct bench *b)
{
	asm_free(b->looped);
	asm_free(b->flat);
	asm_free(b->jit);
	asm_free(b->flat_jit);
	asm_free(b->aot);
	aot_library_free(b->library);
	if (b->kernel >= 0)
		close(b->kernel);
	free(b);
}

static bool bench_program(struct skep_run *run, const char *dir, const struct compute_program *what,
			  int kernel_empty, u32 rounds, struct result *result)
{
	struct bench *b = calloc(1, sizeof(*b));
	bool ok;

	*result = (struct result){ .program = what->name };
	b->result = result;
	b->what = what;
	b->run = run;
	input_fill(what, b->input);
	ok = load_looped(b, dir);
	load_flat(b, dir);
	b->kernel_empty = kernel_empty;
	b->kernel = load_kernel(dir, what->name);
	b->kernel_times = 1000;
	choose_candidates(b);
	ok = ok && all_agree(b);
	if (ok) {
		measure(b, rounds);
		report_line(result);
	}
	bench_done(b);
	return ok;
}

#define MAX_PROGRAMS 32

static bool bench_all(struct skep_run *run, const char *dir, u32 rounds, const char *only,
		      const char *json)
{
	static struct result results[MAX_PROGRAMS];
	int kernel_empty = load_kernel(dir, "empty");
	bool ok = true;
	u32 n = 0;

	report_head();
	for (const struct compute_program *p = compute_programs; p->name; p++)
		if (!only || !*only || !strcmp(only, p->name))
			ok = bench_program(run, dir, p, kernel_empty, rounds, &results[n++]) && ok;
	report_means(results, n);
	if (kernel_empty >= 0)
		close(kernel_empty);
	return !report_json(results, n, json) && ok;
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 2 ? (u32)atoi(argv[2]) : 15;
	struct runtime rt;
	struct skep_run *run;
	bool ok;

	if (argc < 2 || rounds > MAX_ROUNDS || runtime_init(&rt, NULL)) {
		fprintf(stderr, "usage: %s DIRECTORY-OF-OBJECTS [rounds [program [JSON-FILE]]]\n",
			argv[0]);
		return 2;
	}
	run = run_enter(&rt);
	ok = bench_all(run, argv[1], rounds, argc > 3 ? argv[3] : NULL, argc > 4 ? argv[4] : NULL);
	run_leave(run);
	runtime_done(&rt);
	return ok ? 0 : 1;
}
