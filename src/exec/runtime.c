/* Runtimes: life, clocks, random numbers, and who owns which memory. See run.h; slots.c owns the
 * entering and leaving of CPU slots. */
#include "exec/run.h"

#include "insn/insn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "abi/kernels.h"
#include "base/err.h"
#include "btf/image.h"
#include "exec/slots.h"

#define MAX_CPUS 4096

/* Where memory lies if runs are to repeat and the process has nothing there: programs may print pointers.
 * Far from all that Linux and the sanitizers place on x86-64 and aarch64. */
#define REPEATED_VA	((void *)0x200000000000)
#define REPEATED_STACKS ((void *)0x300000000000)

/* Calls each(arg, cpu) for the CPUs of a list such as "0-3,8" in a file; returns the highest + 1, 0
 * if there is no such file. */
static u32 read_cpu_list(const char *path, void (*each)(void *arg, u32 cpu), void *arg)
{
	FILE *f = fopen(path, "re");
	u32 first, last, end = 0;

	while (f && fscanf(f, "%u", &first) == 1) {
		last = first;
		if (fscanf(f, "-%u", &last) == EOF || last < first)
			last = first;
		for (u32 cpu = first; each && cpu <= last && cpu < MAX_CPUS; cpu++)
			each(arg, cpu);
		end = MAX(end, last + 1);
		if (fgetc(f) != ',')
			break;
	}
	if (f)
		fclose(f);
	return end;
}

u32 runtime_possible_cpus(void)
{
	u32 n = read_cpu_list("/sys/devices/system/cpu/possible", NULL, NULL);
	long online;

	if (!n) {
		online = sysconf(_SC_NPROCESSORS_CONF);
		n = online > 0 ? (u32)online : 1;
	}
	return MIN(n, MAX_CPUS);
}

struct node_mark {
	struct runtime *rt;
	u32 node;
};

static void mark_node(void *arg, u32 cpu)
{
	struct node_mark *m = arg;

	if (cpu < m->rt->nr_cpus)
		m->rt->runs[cpu].numa_node = m->node;
}

static void find_numa_nodes(struct runtime *rt)
{
	struct node_mark m = { .rt = rt };
	char path[64];

	for (m.node = 0; m.node < 64; m.node++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpulist", m.node);
		if (access(path, R_OK))
			break;
		read_cpu_list(path, mark_node, &m);
	}
}

/* SplitMix64 (Steele, Lea, Flood 2014): spreads a seed over a generator's state. */
static u64 splitmix(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void seed_run(struct skep_run *run, u64 seed)
{
	seed += run->cpu;
	run->rng[0] = splitmix(&seed);
	run->rng[1] = splitmix(&seed) | 1; /* an all-zero state would stay zero */
}

static u64 fresh_seed(void)
{
	u64 seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (u64)getpid() << 32 ^ (u64)time(NULL);
	return seed;
}

/* Reserves twice what is needed, to cut an aligned part out of it. */
static u8 *map_stacks(void *at, size_t size)
{
	u8 *p = mmap(at, size + SKEP_RUN_STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	u8 *start;

	if (p == MAP_FAILED)
		return NULL;
	start = (u8 *)ALIGN_UP((uintptr_t)p, SKEP_RUN_STACK);
	if (start > p)
		munmap(p, start - p);
	if (start < p + SKEP_RUN_STACK)
		munmap(start + size, p + SKEP_RUN_STACK - start);
	return start;
}

static void init_run(struct runtime *rt, u32 cpu)
{
	struct skep_run *run = &rt->runs[cpu];

	memset(run, 0, sizeof(*run));
	run->rt = rt;
	run->cpu = cpu;
	run->stack = rt->stacks + (size_t)cpu * SKEP_RUN_STACK;
	*(struct skep_run **)run->stack = run; /* run_of() */
	run->stack_top = run->stack + SKEP_STACK_START;
	seed_run(run, rt->seed);
}

static int init_runs(struct runtime *rt)
{
	rt->stacks = map_stacks(rt->fixed_seed ? REPEATED_STACKS : NULL,
				(size_t)rt->nr_cpus * SKEP_RUN_STACK);
	rt->runs = aligned_alloc(64, rt->nr_cpus * sizeof(*rt->runs));
	if (!rt->stacks || !rt->runs)
		return fail(-ENOMEM, "no memory for %u CPU slots", rt->nr_cpus);
	for (u32 cpu = 0; cpu < rt->nr_cpus; cpu++)
		init_run(rt, cpu);
	find_numa_nodes(rt);
	return 0;
}

int runtime_init(struct runtime *rt, const struct skep_options *opt)
{
	static const struct skep_options defaults;
	int err;

	opt = opt ?: &defaults;
	if (opt->nr_cpus > MAX_CPUS)
		return fail(-EINVAL, "%u CPU slots: at most %u", opt->nr_cpus, MAX_CPUS);
	memset(rt, 0, sizeof(*rt));
	TRY(kernel_resolve(opt->kernel, &rt->kernel));
	rt->nr_cpus = opt->nr_cpus ?: runtime_possible_cpus();
	rt->fixed_clock = opt->fixed_clock;
	rt->fixed_seed = opt->fixed_seed;
	rt->perf_map = opt->perf_map;
	rt->gdb = opt->gdb;
	rt->blind = opt->blind;
	rt->clock_ns = opt->clock_ns;
	rt->clock_step_ns = opt->clock_step_ns;
	rt->seed = opt->fixed_seed ? opt->seed : fresh_seed();
	rt->trace = opt->trace;
	rt->trace_arg = opt->trace_arg;
	slots_init(rt);
	err = va_new_at(rt->fixed_seed ? REPEATED_VA : NULL, &rt->va) ?:
	      images_new(rt->va, &rt->images) ?:
	      init_runs(rt);
	if (err)
		runtime_done(rt);
	return err;
}

void runtime_done(struct runtime *rt)
{
	free(rt->runs);
	if (rt->stacks)
		munmap(rt->stacks, (size_t)rt->nr_cpus * SKEP_RUN_STACK);
	images_free(rt->images);
	if (rt->va)
		va_free(rt->va);
	slots_done(rt);
	memset(rt, 0, sizeof(*rt));
}

u64 run_clock(struct skep_run *run, enum clock_kind which)
{
	static const clockid_t ids[] = {
		[CLOCK_KIND_MONO] = CLOCK_MONOTONIC,	      [CLOCK_KIND_BOOT] = CLOCK_BOOTTIME,
		[CLOCK_KIND_COARSE] = CLOCK_MONOTONIC_COARSE, [CLOCK_KIND_TAI] = CLOCK_TAI,
		[CLOCK_KIND_REAL] = CLOCK_REALTIME,
	};
	struct runtime *rt = run->rt;
	struct timespec t;

	if (rt->fixed_clock)
		return atomic_fetch_add_explicit(&rt->clock_ns, rt->clock_step_ns,
						 memory_order_relaxed);
	clock_gettime(ids[which], &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* xorshift128+ (Vigna 2017). Not for secrets, and neither is bpf_get_prandom_u32(). */
u64 run_random(struct skep_run *run)
{
	u64 a = run->rng[0], b = run->rng[1], sum = a + b;

	a ^= a << 23;
	run->rng[0] = b;
	run->rng[1] = a ^ b ^ a >> 18 ^ b >> 5;
	return sum;
}

skep_helper_fn runtime_call_target(const struct runtime *rt, const struct bpf_insn *i)
{
	const struct skep_helper *h;

	if (i->src_reg == BPF_PSEUDO_KFUNC_CALL)
		return rt->kfunc_fn ? rt->kfunc_fn((u16)i->off) : NULL;
	h = i->src_reg ? NULL : runtime_helper(rt, (u32)i->imm);
	return h ? h->fn : NULL;
}

static bool inside(u64 addr, u64 size, u64 base, u64 base_size)
{
	return addr >= base && size <= base_size && addr - base <= base_size - size;
}

bool run_owns(struct skep_run *run, u64 addr, u64 size)
{
	return inside(addr, size, (uintptr_t)run->stack, SKEP_RUN_STACK) ||
	       (run->ctx && inside(addr, size, (uintptr_t)run->ctx, run->ctx_size)) ||
	       va_owns(run->rt->va, addr, size);
}
