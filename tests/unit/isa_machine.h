/* What the tests of the instruction set (isa_*.c) share: a run with helpers, and instructions run with all registers
 * set before and seen after. RFC 9669 by conformance group, each with every pair of registers, since the interpreter
 * has code of its own for each pair and the JIT's depends on them. Runs once per engine (asm_engine() in asm.h).
 * Expected values are literals, worked out by a script from the RFC's text and not from our sources. */
#ifndef SKEP_ISA_MACHINE_H
#define SKEP_ISA_MACHINE_H

#include "unit/test.h"

#include "base/err.h"
#include "unit/asm.h"

static struct runtime rt;
static struct skep_run *run;
static u64 seen[10]; /* r0 … r9 as `observe` found them on the program's stack */

static u64 observe(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *r)
{
	memcpy(seen, (void *)(uintptr_t)r1, sizeof(seen));
	return 0;
}

static u64 sum5(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *r)
{
	return r1 + 2 * r2 + 3 * r3 + 4 * r4 + 5 * r5 + (r == run ? 1000 : 0);
}

static u64 call_back(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *r)
{
	u64 sum = 0;

	for (u64 i = 0; i < r2; i++)
		sum += r->callback(r, r1, i, r3, 0, 0, 0);
	return sum;
}

static const struct skep_helper test_helpers[] = {
	{ .id = 200, .name = "observe", .fn = observe },
	{ .id = 201, .name = "sum5", .fn = sum5 },
	{ .id = 202, .name = "call_back", .fn = call_back },
};
#define OBSERVE	  200
#define SUM5	  201
#define CALL_BACK 202

static bool packet_byte(const void *ctx, s32 off, u32 size, u64 *out)
{
	const u8 *bytes = ctx;

	*out = 0;
	if (off < 0 || off + size > 16)
		return false;
	for (u32 i = 0; i < size; i++)
		*out = *out << 8 | bytes[off + i];
	return true;
}

static struct skep_prog *tail_progs[2];
static struct skep_prog *tail_prog(struct skep_map *m, u32 index)
{
	return index < ARRAY_SIZE(tail_progs) ? tail_progs[index] : NULL;
}

static void begin(void)
{
	if (run)
		return;
	EXPECT_EQ(runtime_init(&rt, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(test_helpers); i++)
		rt.helpers[test_helpers[i].id] = &test_helpers[i];
	rt.ld_abs = packet_byte;
	rt.prog_array_get = tail_prog;
	run = run_enter(&rt);
}

static u64 run_insns(const struct bpf_insn *insns, u32 n, void *ctx, const u32 *subs)
{
	struct skep_prog *p = asm_prog(&rt, insns, n, subs);
	u64 ret;

	if (!p) {
		EXPECT(0, "%s", last_error());
		return 0;
	}
	ret = prog_run(p, ctx, run);
	asm_free(p);
	return ret;
}
#define RUN(ctx, ...)                                                                              \
	({                                                                                         \
		struct bpf_insn insns_[] = { __VA_ARGS__ };                                        \
		run_insns(insns_, ARRAY_SIZE(insns_), ctx, NULL);                                  \
	})

#define BEFORE(r) (0x1111111111111111ull * ((r) + 1)) /* what r0 … r9 hold before the instruction */

/* Run `insns` with the registers set to BEFORE and then d = a, s = b; leaves the registers in seen. A
 * jump may skip the end's first instruction, which adds 1 to r9. */
static inline void run_on(u32 d, u64 a, u32 s, u64 b, const struct bpf_insn *insns, u32 n)
{
	struct bpf_insn prog[64];
	u32 len = 0;

#define ADD(...)                                                                                   \
	do {                                                                                       \
		struct bpf_insn add_[] = { __VA_ARGS__ };                                          \
		memcpy(&prog[len], add_, sizeof(add_));                                            \
		len += ARRAY_SIZE(add_);                                                           \
	} while (0)
	for (u32 r = 0; r < 10; r++)
		ADD(LD64(r, BEFORE(r)));
	ADD(LD64(d, a));
	if (s != d && s < 10)
		ADD(LD64(s, b));
	memcpy(&prog[len], insns, n * sizeof(*insns));
	len += n;
	for (u32 r = 0; r < 10; r++)
		ADD(STX(BPF_DW, 10, r, -80 + 8 * (s16)r));
	ADD(MOV_X(1, 10), ALU64_K(BPF_ADD, 1, -80), CALL(OBSERVE), EXIT());
	memset(seen, 0, sizeof(seen));
	run_insns(prog, len, NULL, NULL);
}

/* All registers but r (and other) are as before, s holds b. */
static inline void expect_untouched(u32 r, u32 other, u32 s, u64 b, const char *what)
{
	for (u32 i = 0; i < 10; i++)
		if (i != r && i != other)
			EXPECT(seen[i] == (i == s ? b : BEFORE(i)), "%s: r%u changed to %llx", what,
			       i, (unsigned long long)seen[i]);
}

#define EACH_PAIR(d, s)                                                                            \
	for (u32 d = 0; d < 10; d++)                                                               \
		for (u32 s = 0; s < 10; s++)                                                       \
			if (d != s)

#endif
