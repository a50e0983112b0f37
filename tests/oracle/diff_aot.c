/* Random programs (random_insns.h) made native ahead of time: what they compute is what the interpreter
 * computes. All of a sample are one C file, because starting a compiler takes longer than compiling one.
 *
 * SKEP_PROGRAMS=n and SKEP_SEED=n in the environment make it another sample; SKEP_CC names the compiler. */
#include "unit/test.h"

#include "base/err.h"
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
