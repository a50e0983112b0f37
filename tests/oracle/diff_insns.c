/* Random programs (random_insns.h) on our engines and on the machine's kernel, with the same
 * packets: registers and stack must end up the same. Without a kernel to ask, the interpreter is the judge.
 *
 * SKEP_PROGRAMS=100000 and SKEP_SEED=n in the environment make it more than the usual sample. */
#include "unit/test.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "insn/disasm.h"
#include "oracle/kernel.h"
#include "oracle/random_insns.h"
#include "unit/asm.h"

#define PROGRAMS    3000
#define SECONDS	    20 /* the usual sample stops here on slow machines */
#define PACKETS	    3  /* per program */
#define FRAME_BYTES 160

static const struct engine *const engines[] = {
	&engine_interp,
#ifdef SKEP_HAS_JIT
	&engine_jit,
	&engine_jit_plain,
	&engine_jit_blind,
#endif
};
#define ENGINES ARRAY_SIZE(engines)

static struct runtime rt;
static struct skep_run *run;
static bool has_kernel;

static u64 setting(const char *name, u64 otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

static void print_program(const struct random_program *p)
{
	for (u32 i = 0; i < p->len; i++) {
		struct buf text = { 0 };

		if (p->insns[i].code == (BPF_JMP | BPF_JA) && !p->insns[i].off)
			continue;
		disasm(&text, &p->insns[i], NULL);
		printf("# %3u: %s\n", i, buf_str(&text));
		buf_done(&text);
		if (insn_is_ld_imm64(&p->insns[i]))
			i++;
	}
}

/* Both sides change the packet in place. */
static int run_kernel(int fd, u8 packet[FRAME_BYTES])
{
	u8 in[FRAME_BYTES];
	union bpf_attr attr;
	int err;

	memcpy(in, packet, sizeof(in));
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)fd;
	attr.test.data_in = (u64)(uintptr_t)in;
	attr.test.data_size_in = sizeof(in);
	attr.test.data_out = (u64)(uintptr_t)packet;
	attr.test.data_size_out = FRAME_BYTES;
	attr.test.repeat = 1;
	do
		err = (int)kernel_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	while (err == -EINTR);
	return err ?: attr.test.retval == XDP_PASS ? 0 : -EPROTO;
}

static void run_ours(struct skep_prog *p, u8 packet[FRAME_BYTES])
{
	u64 ctx = (uintptr_t)packet;

	EXPECT_EQ(prog_run(p, &ctx, run), XDP_PASS);
}

static void show(u64 seed, const char *engine, const struct random_program *ours, const u8 *a,
		 const u8 *b)
{
	for (u32 i = 0; i < RANDOM_PACKET / 8; i++) {
		u64 x, y;

		memcpy(&x, a + 8 * i, 8);
		memcpy(&y, b + 8 * i, 8);
		if (x == y)
			continue;
		EXPECT(0, "seed %llu, %s: %s%u is %#llx, the %s says %#llx",
		       (unsigned long long)seed, engine, i < 10 ? "r" : "stack word ",
		       i < 10 ? i : i - 10, (unsigned long long)x,
		       has_kernel ? "kernel" : "interpreter", (unsigned long long)y);
	}
	print_program(ours);
}

/* Both forms of a program, loaded. */
struct pair {
	struct random_program theirs, ours;
	struct skep_prog *p[ENGINES];
	int fd;
};

static bool load_pair(struct pair *x)
{
	u32 subs[2] = { x->ours.sub };
	bool ok;

	memset(x->p, 0, sizeof(x->p));
	x->fd = -1;
	if (has_kernel)
		x->fd = kernel_load(BPF_PROG_TYPE_XDP, x->theirs.insns, x->theirs.len, 0, NULL, 0);
	ok = x->fd >= 0 || !has_kernel;
	for (u32 e = 0; ok && e < ENGINES; e++) {
		x->p[e] = asm_prog_on(engines[e], &rt, x->ours.insns, x->ours.len, subs);
		ok = x->p[e];
	}
	return ok;
}

static void unload_pair(struct pair *x)
{
	for (u32 e = 0; e < ENGINES; e++)
		asm_free(x->p[e]);
	if (x->fd >= 0)
		close(x->fd);
}

static void run_judge(u64 seed, struct pair *x, u8 packet[FRAME_BYTES])
{
	int err;

	if (!has_kernel) {
		run_ours(x->p[0], packet);
		return;
	}
	err = run_kernel(x->fd, packet);
	EXPECT(!err, "seed %llu: test run: %s", (unsigned long long)seed, strerror(-err));
}

/* The first engine that a packet shows to differ; the packet in `a` ours and in `b` the judge's. NULL if
 * none does. */
static const struct engine *differ(u64 seed, struct pair *x, u8 *a, u8 *b)
{
	for (u32 n = 0; n < PACKETS; n++) {
		memset(b, 0, FRAME_BYTES);
		random_packet(seed * PACKETS + n, b);
		run_judge(seed, x, b);
		for (u32 e = 0; e < ENGINES; e++) {
			memset(a, 0, FRAME_BYTES);
			random_packet(seed * PACKETS + n, a);
			run_ours(x->p[e], a);
			if (memcmp(a, b, FRAME_BYTES))
				return engines[e];
		}
	}
	return NULL;
}

/* Put a jump to the next instruction in the place of every one that the difference does not need. */
static void reduce(u64 seed, struct pair *x)
{
	static const struct bpf_insn nothing = { .code = BPF_JMP | BPF_JA };
	u32 shift = x->theirs.len - x->ours.len;
	u8 a[FRAME_BYTES], b[FRAME_BYTES];

	for (u32 i = x->ours.body; i < x->ours.end; i++) {
		struct bpf_insn saved = x->ours.insns[i];
		bool needed;

		if (insn_is_ld_imm64(&saved)) {
			i++;
			continue;
		}
		x->ours.insns[i] = x->theirs.insns[i + shift] = nothing;
		needed = !load_pair(x) || !differ(seed, x, a, b);
		unload_pair(x);
		if (needed)
			x->ours.insns[i] = x->theirs.insns[i + shift] = saved;
	}
}

static void explain(u64 seed, struct pair *x)
{
	const struct engine *e = NULL;
	u8 a[FRAME_BYTES], b[FRAME_BYTES];

	if (has_kernel) /* which refuses what loops forever now */
		reduce(seed, x);
	if (load_pair(x))
		e = differ(seed, x, a, b);
	if (e)
		show(seed, e->name, &x->ours, a, b);
	unload_pair(x);
}

static void say_refusal(u64 seed, const struct random_program *theirs)
{
	static char log[1 << 16];

	kernel_load(BPF_PROG_TYPE_XDP, theirs->insns, theirs->len, 1, log, sizeof(log));
	EXPECT(0, "seed %llu: refused: %s; %s", (unsigned long long)seed, last_error(),
	       strlen(log) > 400 ? log + strlen(log) - 400 : log);
}

static bool try_program(u64 seed)
{
	static struct pair x;
	u8 a[FRAME_BYTES], b[FRAME_BYTES];
	bool ok = false;

	random_program(seed, ENTRY_XDP_MD, &x.theirs);
	random_program(seed, ENTRY_POINTER, &x.ours);
	if (!load_pair(&x))
		say_refusal(seed, &x.theirs);
	else
		ok = !differ(seed, &x, a, b);
	unload_pair(&x);
	if (!ok)
		explain(seed, &x);
	return ok;
}

TEST("random programs compute the same on every engine and on the kernel")
{
	u64 programs = setting("SKEP_PROGRAMS", PROGRAMS), seed = setting("SKEP_SEED", 0), done = 0;
	time_t end = time(NULL) + SECONDS;

	has_kernel = !kernel_missing();
	if (!has_kernel && ENGINES == 1)
		SKIP("neither a kernel nor a JIT");
	REQUIRE(runtime_init(&rt, NULL) == 0);
	run = run_enter(&rt);
	while (done < programs && (getenv("SKEP_PROGRAMS") || time(NULL) < end)) {
		if (!try_program(seed + done))
			break;
		done++;
	}
	printf("# %llu programs from seed %llu on, %u packets each\n", (unsigned long long)done,
	       (unsigned long long)seed, PACKETS);
	run_leave(run);
	runtime_done(&rt);
}
