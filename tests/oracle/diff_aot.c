/* Random programs (random_insns.h) made native ahead of time: what they compute is what the interpreter
 * computes. All of a sample are one C file, because starting a compiler takes longer than compiling one.
 *
 * SKEP_PROGRAMS=n and SKEP_SEED=n in the environment make it another sample; SKEP_CC names the compiler. */
#include "unit/test.h"

#include "base/err.h"
#include "map/arena.h"
#include "oracle/aot_compile.h"
#include "oracle/random_insns.h"
#include "oracle/random_machine.h"
#include "unit/asm.h"

#define PROGRAMS    60
#define PACKETS	    3
#define FRAME_BYTES 160

static struct runtime rt;
static struct skep_run *run;

static u64 setting(const char *name, u64 otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

static const char *compiler(void)
{
	const char *cc = getenv("SKEP_CC") ?: "clang";

	return aot_have_compiler(cc) ? cc : NULL;
}

static void run_on(struct skep_prog *p, u64 seed, u8 packet[FRAME_BYTES])
{
	u64 ctx = (uintptr_t)packet;

	memset(packet, 0, FRAME_BYTES);
	random_packet(seed, packet);
	prog_run(p, &ctx, run);
}

/* The interpreter lets go of the program, native code takes it. */
static void compare(struct skep_prog *p, const struct aot_library *lib, u64 seed)
{
	u8 a[PACKETS][FRAME_BYTES], b[FRAME_BYTES];
	int err;

	for (u32 n = 0; n < PACKETS; n++)
		run_on(p, seed * PACKETS + n, a[n]);
	exec_release(p);
	err = aot_prepare(lib, p);
	EXPECT(!err, "seed %llu: %d %s", (unsigned long long)seed, err, last_error());
	for (u32 n = 0; !err && n < PACKETS; n++) {
		run_on(p, seed * PACKETS + n, b);
		for (u32 i = 0; i < FRAME_BYTES / 8; i++)
			EXPECT(!memcmp(a[n] + 8 * i, b + 8 * i, 8),
			       "seed %llu packet %u: word %u differs", (unsigned long long)seed, n,
			       i);
	}
}

static struct skep_prog *straight(u64 seed)
{
	static struct random_program r;

	random_program(seed, ENTRY_POINTER, &r);
	return asm_prog_on(&engine_interp, &rt, r.insns, r.len, (u32[]){ r.sub, 0 });
}

static struct skep_prog *machine(u64 seed)
{
	static struct random_machine m;

	random_machine(seed, &m);
	return asm_prog_on(&engine_interp, &rt, m.insns, m.len, NULL);
}

static void compare_sample(const char *cc, struct skep_prog *(*make)(u64 seed))
{
	u64 nr = setting("SKEP_PROGRAMS", PROGRAMS), seed = setting("SKEP_SEED", 0);
	struct skep_prog **progs = calloc(nr, sizeof(*progs));
	struct aot_library *lib = NULL;
	size_t size;
	void *elf;

	REQUIRE(progs && runtime_init(&rt, NULL) == 0);
	run = run_enter(&rt);
	for (u64 n = 0; n < nr; n++) {
		progs[n] = make(seed + n);
		REQUIRE(progs[n]);
		snprintf(progs[n]->name, sizeof(progs[n]->name), "random");
	}
	elf = aot_compile(cc, progs, (u32)nr, &size);
	REQUIRE(elf, "%s", last_error());
	EXPECT(!aot_library_add(&lib, elf, size), "%s", last_error());
	free(elf);
	for (u64 n = 0; lib && n < nr; n++)
		compare(progs[n], lib, seed + n);
	printf("# %llu programs from seed %llu on, %u packets each, by %s\n",
	       (unsigned long long)nr, (unsigned long long)seed, PACKETS, cc);
	for (u64 n = 0; n < nr; n++)
		asm_free(progs[n]);
	aot_library_free(lib);
	free(progs);
	run_leave(run);
	runtime_done(&rt);
}

TEST("random programs compute ahead of time what they compute in the interpreter")
{
	if (!compiler())
		SKIP("needs a C compiler");
	compare_sample(compiler(), straight);
}

TEST("and so do random state machines")
{
	if (!compiler())
		SKIP("needs a C compiler");
	compare_sample(compiler(), machine);
}

#define GUARDED	 40
#define USER	 0x100000005000ull
#define ACCESSES 30

/* Accesses to an arena of which every second page is there, and probe loads, on random registers at random places;
 * the result is made of all registers. */
static u32 guarded_program(u64 seed, struct bpf_insn *to)
{
	static const u8 modes[] = { INSN_PROBE_MEM32, INSN_PROBE_MEM32SX, INSN_PROBE_ATOMIC };
	static const s32 ops[] = { BPF_ADD,  BPF_OR,	  BPF_AND,     BPF_XOR, BPF_ADD | BPF_FETCH,
				   BPF_XCHG, BPF_CMPXCHG, BPF_LOAD_ACQ };
	static const u8 sizes[] = { BPF_W, BPF_DW, BPF_B, BPF_H };
	u64 x = seed * 0x9e3779b97f4a7c15ull + 1;
	u32 n = 0;

	for (u32 r = 0; r < 10; r++) {
		struct bpf_insn set[] = { LD64(r, x * (r + 1)) };

		memcpy(&to[n], set, sizeof(set));
		n += 2;
	}
	for (u32 k = 0; k < ACCESSES; k++) {
		u8 base, other, class, mode;
		u64 at;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		base = x % 10;
		other = (base + 1 + (x >> 8) % 9) % 10;
		at = (u32)USER + (x >> 16) % (8 * ARENA_PAGE);
		if (x >> 40 & 3)
			at &= ~7ull;
		{
			struct bpf_insn set[] = { LD64(base, at | x << 40) };

			memcpy(&to[n], set, sizeof(set));
			n += 2;
		}
		mode = modes[(x >> 48) % 3];
		class = mode == INSN_PROBE_ATOMIC ? BPF_STX
			: mode == INSN_PROBE_MEM32SX
				? BPF_LDX
				: (u8[]){ BPF_LDX, BPF_STX, BPF_ST }[(x >> 52) % 3];
		to[n] = INSN(
			class | mode |
				sizes[mode == INSN_PROBE_MEM32 ? (x >> 56) % 4 : (x >> 56) % 2],
			base, class == BPF_ST ? 0 : other, (s16)(x >> 44 & 0xf8), 0);
		if (mode == INSN_PROBE_MEM32SX)
			to[n].code = BPF_LDX | mode | (u8[]){ BPF_W, BPF_H, BPF_B }[(x >> 56) % 3];
		if (class == BPF_LDX) {
			to[n].dst_reg = other;
			to[n].src_reg = base;
		}
		if (class == BPF_ST)
			to[n].imm = (s32)x;
		if (mode == INSN_PROBE_ATOMIC)
			to[n].imm = ops[(x >> 60) % 8];
		if (to[n].imm == BPF_LOAD_ACQ && mode == INSN_PROBE_ATOMIC) {
			to[n].dst_reg = other;
			to[n].src_reg = base;
		}
		n++;
		if (k % 8 == 7) {
			to[n++] = INSN(BPF_LDX | INSN_PROBE_MEM | sizes[k / 8], other, base, 0, 0);
			to[n++] = INSN(BPF_ALU64 | BPF_MOV | BPF_X, base, base, BPF_ADDR_SPACE_CAST,
				       1 << 16);
		}
	}
	for (u32 r = 1; r < 10; r++) {
		to[n++] = ALU64_K(BPF_MUL, 0, 31);
		to[n++] = ALU64_X(BPF_ADD, 0, r);
	}
	to[n++] = EXIT();
	return n;
}

static u64 run_guarded(struct skep_prog *p, const struct arena *a)
{
	u64 sum = 0;

	for (u32 page = 0; page < 8; page += 2)
		for (u32 i = 0; i < ARENA_PAGE; i++)
			a->window[(u32)USER + page * ARENA_PAGE + i] = (u8)(i * 7 + page);
	sum = prog_run(p, NULL, run);
	for (u32 page = 0; page < 8; page += 2)
		for (u32 i = 0; i < ARENA_PAGE; i++)
			sum = sum * 31 + a->window[(u32)USER + page * ARENA_PAGE + i];
	return sum;
}

TEST("accesses that may find nothing do ahead of time what they do in the interpreter")
{
	struct map_attr attr = {
		.type = 33, .max_entries = 8, .flags = BPF_F_MMAPABLE, .extra = USER
	};
	struct skep_prog *progs[GUARDED];
	struct bpf_insn insns[300];
	struct aot_library *lib = NULL;
	const char *cc = compiler();
	u64 want[GUARDED];
	struct skep_map *m;
	size_t size;
	void *elf;

	if (!cc)
		SKIP("needs a C compiler");
	REQUIRE(runtime_init(&rt, NULL) == 0);
	run = run_enter(&rt);
	REQUIRE(!map_new(&rt, &attr, &m));
	for (u32 page = 0; page < 8; page += 2)
		EXPECT_EQ(arena_alloc(m, USER + page * ARENA_PAGE, 1, -1, 0),
			  USER + page * ARENA_PAGE);
	asm_arena = arena_of_map(m);
	for (u32 n = 0; n < GUARDED; n++) {
		progs[n] = asm_prog_on(&engine_interp, &rt, insns, guarded_program(n + 1, insns),
				       NULL);
		REQUIRE(progs[n], "%s", last_error());
		snprintf(progs[n]->name, sizeof(progs[n]->name), "guarded");
		want[n] = run_guarded(progs[n], asm_arena);
	}
	elf = aot_compile(cc, progs, GUARDED, &size);
	REQUIRE(elf, "%s", last_error());
	EXPECT(!aot_library_add(&lib, elf, size), "%s", last_error());
	free(elf);
	for (u32 n = 0; lib && n < GUARDED; n++) {
		exec_release(progs[n]);
		REQUIRE(!aot_prepare(lib, progs[n]), "%s", last_error());
		EXPECT_EQ(run_guarded(progs[n], asm_arena), want[n]);
#ifdef SKEP_HAS_JIT
		exec_release(progs[n]);
		REQUIRE(!exec_prepare_on(progs[n], &engine_jit), "%s", last_error());
		EXPECT_EQ(run_guarded(progs[n], asm_arena), want[n]);
#endif
		asm_free(progs[n]);
	}
	asm_arena = NULL;
	aot_library_free(lib);
	map_unref(m);
	run_leave(run);
	runtime_done(&rt);
}

/* Whatever is damaged, nothing outside the file is read and nothing outside the mapping written (ASan). */
TEST("an object with a byte changed is refused, or loads")
{
	struct bpf_insn insns[] = { MOV_K(0, 7), CALL_SUB(1), EXIT(), ALU64_K(BPF_ADD, 0, 1),
				    EXIT() };
	const char *cc = compiler();
	struct aot_library *lib = NULL;
	struct skep_prog *p;
	u32 loaded = 0;
	size_t size;
	u8 *elf;

	if (!cc)
		SKIP("needs a C compiler");
	REQUIRE(runtime_init(&rt, NULL) == 0);
	p = asm_prog_on(&engine_interp, &rt, insns, ARRAY_SIZE(insns), (u32[]){ 3, 0 });
	REQUIRE(p);
	elf = aot_compile(cc, &p, 1, &size);
	REQUIRE(elf, "%s", last_error());
	for (size_t n = 0; n < size; n++) {
		for (u32 bit = 0; bit < 8; bit += 7) {
			elf[n] ^= (u8)(1 << bit);
			loaded += !aot_library_add(&lib, elf, size);
			elf[n] ^= (u8)(1 << bit);
		}
		aot_library_free(lib);
		lib = NULL;
	}
	for (size_t n = 0; n < size; n += 8)
		EXPECT(aot_library_add(&lib, elf, n), "%zu bytes of %zu suffice", n, size);
	EXPECT(loaded > 0 && loaded < 2 * size, "%u of %zu", loaded, 2 * size);
	EXPECT(!aot_library_add(&lib, elf, size), "%s", last_error());
	aot_library_free(lib);
	asm_free(p);
	free(elf);
	runtime_done(&rt);
}
