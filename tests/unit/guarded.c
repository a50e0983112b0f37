/* Guarded accesses in each engine, with each pair of registers, against guarded_access(): tests/run/arena compares that with the
 * kernel. And arenas' pages. */
#include "exec/guarded.h"

#include <sys/mman.h>

#include "base/err.h"
#include "map/arena.h"
#include "unit/asm.h"
#include "unit/test.h"

#define USER	0x100000005000ull
#define PAGES	4u
#define OBSERVE 200
#define FIRST	((u32)USER) /* the offset in the window of the arena's page 0 */

static struct runtime rt;
static struct skep_run *run;
static struct skep_map *map;
static struct segment seg;
static u64 seen[10];

static u64 observe(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *r)
{
	memcpy(seen, (void *)(uintptr_t)r1, sizeof(seen));
	return 0;
}

static const struct skep_helper observer = { .id = OBSERVE, .name = "observe", .fn = observe };

static void begin(void)
{
	struct map_attr a = {
		.type = 33, .max_entries = PAGES, .flags = BPF_F_MMAPABLE, .extra = USER
	};

	if (run)
		return;
	EXPECT_EQ(runtime_init(&rt, NULL), 0);
	rt.helpers[OBSERVE] = &observer;
	EXPECT_EQ(map_new(&rt, &a, &map), 0);
	EXPECT_EQ(segment_new(rt.va, 4096, "test", &seg), 0);
	EXPECT_EQ(arena_alloc(map, USER, 1, -1, 0), USER);
	EXPECT_EQ(arena_alloc(map, USER + 2 * ARENA_PAGE, 1, -1, 0), USER + 2 * ARENA_PAGE);
	asm_arena = arena_of_map(map);
	run = run_enter(&rt);
}

static const struct engine *const engines[] = {
	&engine_interp,
#ifdef SKEP_HAS_JIT
	&engine_jit,
	&engine_jit_plain,
	&engine_jit_blind,
#endif
};

static u8 *page(u32 n)
{
	return asm_arena->window + FIRST + n * ARENA_PAGE;
}

static void fill(void)
{
	for (u32 i = 0; i < ARENA_PAGE; i++)
		page(0)[i] = page(2)[i] = ((u8 *)seg.base)[i] = (u8)(0x80 + i * 7);
}

#define BEFORE(r) (0x1111111111111111ull * ((r) + 1))

/* The instruction with its registers set; in a program that calls, or in one that does not and returns the sum of
 * all registers. */
static bool run_insn(const struct engine *e, u8 base, u64 addr, u8 other, u64 value,
		     const struct bpf_insn *i, bool leaf, u64 *ret)
{
	struct bpf_insn prog[80];
	struct skep_prog *p;
	u32 n = 0;

#define ADD(...)                                                                                   \
	do {                                                                                       \
		struct bpf_insn add_[] = { __VA_ARGS__ };                                          \
		memcpy(&prog[n], add_, sizeof(add_));                                              \
		n += ARRAY_SIZE(add_);                                                             \
	} while (0)
	for (u32 r = 0; r < 10; r++)
		ADD(LD64(r, BEFORE(r)));
	ADD(LD64(other, value));
	ADD(LD64(base, addr), *i);
	for (u32 r = 1; leaf && r < 10; r++)
		ADD(ALU64_K(BPF_MUL, 0, 31), ALU64_X(BPF_ADD, 0, r));
	for (u32 r = 0; !leaf && r < 10; r++)
		ADD(STX(BPF_DW, 10, r, -80 + 8 * (s16)r));
	if (!leaf)
		ADD(MOV_X(1, 10), ALU64_K(BPF_ADD, 1, -80), CALL(OBSERVE));
	ADD(EXIT());
	p = asm_prog_on(e, &rt, prog, n, NULL);
	EXPECT(p != NULL, "%s: %s", e->name, last_error());
	if (!p)
		return false;
	*ret = prog_run(p, NULL, run);
	asm_free(p);
	return true;
}

/* What the registers must hold afterwards. */
static void expect_registers(const struct bpf_insn *i, u8 base, u64 addr, u8 other, u64 value,
			     u64 out[10])
{
	struct guarded g = guarded_insn(i);
	u64 at, result;

	for (u32 r = 0; r < 10; r++)
		out[r] = BEFORE(r);
	out[other] = value;
	out[base] = addr;
	at = (g.how & GUARDED_ARENA ? (u32)addr : addr) + (u64)(s64)g.off;
	result = guarded_access(at, g.value == NO_REG ? g.imm : out[g.value], g.how, run, out[0],
				g.how & GUARDED_ARENA ? asm_arena : NULL);
	if (g.result != NO_REG)
		out[g.result] = result;
}

static void check(const struct bpf_insn *i, u8 base, u64 addr, u8 other, u64 value)
{
	u64 want[10], sum, ret;
	u8 memory[ARENA_PAGE];

	fill();
	expect_registers(i, base, addr, other, value, want);
	memcpy(memory, page(0), ARENA_PAGE);
	sum = want[0];
	for (u32 r = 1; r < 10; r++)
		sum = sum * 31 + want[r];
	for (u32 e = 0; e < ARRAY_SIZE(engines); e++)
		for (u32 leaf = 0; leaf < 2; leaf++) {
			fill();
			if (!run_insn(engines[e], base, addr, other, value, i, leaf, &ret))
				return;
			EXPECT(leaf ? ret == sum : !memcmp(seen, want, sizeof(seen)),
			       "%s: code %02x imm %x r%u r%u at %llx%+d: registers",
			       engines[e]->name, i->code, (u32)i->imm, base, other,
			       (unsigned long long)addr, i->off);
			EXPECT(!memcmp(memory, page(0), ARENA_PAGE),
			       "%s: code %02x imm %x r%u r%u at %llx%+d: memory", engines[e]->name,
			       i->code, (u32)i->imm, base, other, (unsigned long long)addr, i->off);
		}
}

/* Offsets in the arena, and what of the pointer does not count. */
static const u64 places[] = {
	FIRST + 8,
	FIRST,
	FIRST + 3 + (7ull << 32),
	FIRST + ARENA_PAGE - 8,
	FIRST + ARENA_PAGE - 3,
	FIRST + ARENA_PAGE + 16,
	FIRST - 2,
	0,
	UINT32_MAX,
	FIRST + 4 * ARENA_PAGE - 1,
	FIRST + 5 * ARENA_PAGE,
	FIRST + 9 * ARENA_PAGE,
};
static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

TEST("loads and stores through pointers into an arena")
{
	begin();
	for (u32 k = 0; k < ARRAY_SIZE(places); k++)
		for (u32 s = 0; s < 4; s++)
			for (u8 base = 0; base < 10; base++) {
				u8 other = (u8)((base + 1 + k) % 10);
				u8 o = other == base ? (u8)((base + 3) % 10) : other;
				struct bpf_insn i[] = {
					INSN(BPF_LDX | INSN_PROBE_MEM32 | sizes[s], o, base, 0, 0),
					INSN(BPF_STX | INSN_PROBE_MEM32 | sizes[s], base, o, -4, 0),
					INSN(BPF_ST | INSN_PROBE_MEM32 | sizes[s], base, 0, 8, -77),
					INSN(BPF_LDX | INSN_PROBE_MEM32SX | sizes[s], o, base, 4,
					     0),
					INSN(BPF_LDX | INSN_PROBE_MEM32 | sizes[s], base, base, 0,
					     0),
				};

				for (u32 n = 0; n < ARRAY_SIZE(i); n++)
					if (n != 3 || s != 3)
						check(&i[n], base, places[k], o,
						      0x8877665544332211);
			}
}

TEST("atomic operations on an arena")
{
	static const s32 ops[] = {
		BPF_ADD,  BPF_OR,      BPF_AND,	     BPF_XOR,	   BPF_ADD | BPF_FETCH,
		BPF_XCHG, BPF_CMPXCHG, BPF_LOAD_ACQ, BPF_STORE_REL
	};

	begin();
	for (u32 k = 0; k < ARRAY_SIZE(places); k++)
		for (u32 n = 0; n < ARRAY_SIZE(ops); n++)
			for (u32 s = n < 7 ? 2 : 0; s < 4; s++)
				for (u8 base = 0; base < 10; base++) {
					u8 o = (u8)((base + 1 + n) % 10);
					u8 other = o == base ? (u8)((base + 5) % 10) : o;
					bool acq = ops[n] == BPF_LOAD_ACQ;
					struct bpf_insn i = INSN(
						BPF_STX | INSN_PROBE_ATOMIC | sizes[s],
						acq ? other : base, acq ? base : other, 8, ops[n]);

					check(&i, base, places[k], other, 0x8877665544332211);
				}
}

TEST("probe loads give zero where the memory is not the instance's")
{
	u64 base_addr, addrs[6];

	begin();
	base_addr = (uintptr_t)seg.base;
	addrs[0] = base_addr + 3;
	addrs[1] = base_addr + 4096 - 8;
	addrs[2] = base_addr + 4096 - 2;
	addrs[3] = 0;
	addrs[4] = (uintptr_t)&rt;
	addrs[5] = ~0ull - 2;
	for (u32 k = 0; k < ARRAY_SIZE(addrs); k++)
		for (u32 s = 0; s < 4; s++)
			for (u8 base = 0; base < 10; base++) {
				u8 o = (u8)((base + 1 + k) % 10);
				struct bpf_insn load =
					INSN(BPF_LDX | INSN_PROBE_MEM | sizes[s], o, base, -1, 0);
				struct bpf_insn sign =
					INSN(BPF_LDX | INSN_PROBE_MEMSX | sizes[s], o, base, 0, 0);

				check(&load, base, addrs[k], o == base ? (u8)((o + 1) % 10) : o, 5);
				if (s < 3)
					check(&sign, base, addrs[k],
					      o == base ? (u8)((o + 1) % 10) : o, 5);
			}
}

TEST("casts to a user's address")
{
	u64 ret;

	begin();
	for (u32 e = 0; e < ARRAY_SIZE(engines); e++)
		for (u8 d = 0; d < 10; d++)
			for (u32 k = 0; k < 3; k++) {
				static const u64 from[] = { 0x12345678, 0xffff000000000000,
							    0xabcd00000001 };
				static const u64 to[] = { 0x100012345678, 0, 0x100000000001 };
				struct bpf_insn i =
					INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, (d + 1) % 10,
					     BPF_ADDR_SPACE_CAST, 1 << 16);

				if (run_insn(engines[e], (u8)((d + 1) % 10), from[k], d, 5, &i,
					     false, &ret))
					EXPECT_EQ(seen[d], to[k]);
			}
}

TEST("what a client touches is there, what is freed is not, for anybody")
{
	struct arena *a;
	volatile u8 *client;

	begin();
	a = arena_of_map(map);
	client = mmap(NULL, PAGES * ARENA_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, map->seg.fd, 0);
	EXPECT(client != MAP_FAILED, "mmap");
	EXPECT_EQ(guarded_access(FIRST + ARENA_PAGE, 0, GUARDED_ARENA | 1, run, 0, a), 0);
	client[ARENA_PAGE] = 9;
	EXPECT_EQ(guarded_access(FIRST + ARENA_PAGE, 0, GUARDED_ARENA | 1, run, 0, a), 9);
	EXPECT_EQ(arena_alloc(map, USER + ARENA_PAGE, 1, -1, 0), 0);
	client[3 * ARENA_PAGE] = 8; /* nobody has asked for it yet */
	EXPECT_EQ(arena_alloc(map, 0, 1, -1, 0), 0);
	arena_free(map, USER + ARENA_PAGE, 3);
	EXPECT_EQ(guarded_access(FIRST + ARENA_PAGE, 0, GUARDED_ARENA | 1, run, 0, a), 0);
	EXPECT_EQ(*arena_present(a, (FIRST >> 12) + 3), 0);
	EXPECT_EQ(client[3 * ARENA_PAGE], 0);
	EXPECT_EQ(arena_alloc(map, 0, 1, -1, 0), USER + ARENA_PAGE);
	munmap((void *)client, PAGES * ARENA_PAGE);
}

TEST("all is given back")
{
	begin();
	run_leave(run);
	map_unref(map);
	segment_free(&seg);
	runtime_done(&rt);
	run = NULL;
}
