/* See random_insns.h. Stack: -8 the packet's address, -16 … -72 eight words that the program works on,
 * -80 … -152 where registers wait for being written out, -160 for gen_forget(). */
#include "oracle/random_insns.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

#define BODY_SLOTS 8
#define SLOT(n)	   ((s16)(-16 - 8 * (s16)(n))) /* n < BODY_SLOTS */
#define HALVES	   (-160)
#define SAVED(r)   ((s16)(-80 - 8 * (s16)(r)))

struct gen {
	struct random_program *p;
	u64 state;
	u32 regs; /* number of registers that may be used: 10, or 6 in the subprogram */
	bool in_sub;
};

static u32 pick(struct gen *g, u32 n) /* 0 … n - 1 */
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (u32)(g->state >> 32) % n;
}

static void add(struct gen *g, struct bpf_insn i)
{
	if (g->p->len < RANDOM_MAX_INSNS)
		g->p->insns[g->p->len++] = i;
}

/* Values at which operations change their behaviour. */
static u64 value(struct gen *g)
{
	static const u64 edges[] = { 0,
				     1,
				     2,
				     7,
				     31,
				     32,
				     33,
				     63,
				     64,
				     0x7f,
				     0x80,
				     0xff,
				     0x7fff,
				     0x8000,
				     0xffff,
				     0x7fffffff,
				     0x80000000,
				     0xffffffff,
				     0x100000000,
				     0x7fffffffffffffff,
				     0x8000000000000000,
				     ~0ull };
	u64 v = edges[pick(g, ARRAY_SIZE(edges))];

	switch (pick(g, 4)) {
	case 0: return v;
	case 1: return -v;
	case 2: return v ^ (u64)pick(g, 256) << pick(g, 56);
	default: return (u64)pick(g, ~0u) << 32 | pick(g, ~0u);
	}
}

static u8 reg(struct gen *g)
{
	return (u8)pick(g, g->regs);
}

static struct bpf_insn random_shift(struct gen *g, u8 class, u8 op)
{
	return INSN(class | BPF_K | op, reg(g), 0, 0, (s32)pick(g, class == BPF_ALU64 ? 64 : 32));
}

static void gen_alu(struct gen *g)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,	BPF_AND,
				  BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_ARSH, BPF_MOV };
	u8 class = pick(g, 2) ? BPF_ALU64 : BPF_ALU, op = ops[pick(g, ARRAY_SIZE(ops))];
	bool divides = op == BPF_DIV || op == BPF_MOD, by_reg = pick(g, 2);
	s16 off = divides && pick(g, 2);
	s32 imm = (s32)value(g);

	if (by_reg)
		add(g, INSN(class | BPF_X | op, reg(g), reg(g), off, 0));
	else if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		add(g, random_shift(g, class, op));
	else
		add(g, INSN(class | BPF_K | op, reg(g), 0, off, divides && !imm ? 3 : imm));
}

/* As compilers write a rotation: a = x; a <<= n; b = x; b >>= bits - n; b |= a, or with x for b. */
static void gen_rotation(struct gen *g)
{
	u8 class = pick(g, 2) ? BPF_ALU64 : BPF_ALU, x = reg(g), a = reg(g), b = reg(g);
	s32 bits = class == BPF_ALU64 ? 64 : 32, n = 1 + (s32)pick(g, (u32)bits - 1);
	bool left = pick(g, 2), in_place = pick(g, 2);

	add(g, INSN(class | BPF_X | BPF_MOV, a, x, 0, 0));
	add(g, INSN(class | BPF_K | (left ? BPF_LSH : BPF_RSH), a, 0, 0, n));
	if (!in_place)
		add(g, INSN(class | BPF_X | BPF_MOV, b, x, 0, 0));
	else
		b = x;
	add(g, INSN(class | BPF_K | (left ? BPF_RSH : BPF_LSH), b, 0, 0, bits - n));
	if (pick(g, 2))
		add(g, INSN(class | BPF_X | BPF_OR, a, b, 0, 0));
	else
		add(g, INSN(class | BPF_X | BPF_OR, b, a, 0, 0));
	/* Mostly the other register is not read again. */
	add(g, INSN(BPF_ALU64 | BPF_K | BPF_MOV, pick(g, 2) ? a : b, 0, 0, (s32)value(g)));
}

/* An aligned place of that size in the body's stack slots. */
static s16 place(struct gen *g, u8 size)
{
	u32 bytes = access_size(size);

	return (s16)(SLOT(BODY_SLOTS - 1) + (s16)(pick(g, BODY_SLOTS * 8 / bytes) * bytes));
}

static u8 any_size(struct gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

	return sizes[pick(g, 4)];
}

/* d = a load from t = r10 + n + …, where n is a constant or in a register; often in network order. */
static void gen_address(struct gen *g)
{
	u8 size = any_size(g), t = reg(g), d = reg(g), y = reg(g);
	bool by_reg = pick(g, 2) && y != t;
	s32 n = (s32)pick(g, 4096) - 2048;

	if (by_reg)
		add(g, INSN(BPF_ALU64 | BPF_K | BPF_MOV, y, 0, 0, n));
	add(g, INSN(BPF_ALU64 | BPF_X | BPF_MOV, t, 10, 0, 0));
	if (by_reg)
		add(g, INSN(BPF_ALU64 | BPF_X | BPF_ADD, t, y, 0, 0));
	else
		add(g, INSN(BPF_ALU64 | BPF_K | BPF_ADD, t, 0, 0, n));
	add(g, INSN(BPF_LDX | BPF_MEM | size, d, t, (s16)(place(g, size) - n), 0));
	add(g, INSN(BPF_ALU | BPF_END | BPF_TO_BE, d, 0, 0, 16 << pick(g, 3)));
	if (t != d)
		add(g, INSN(BPF_ALU64 | BPF_K | BPF_MOV, t, 0, 0, n));
}

/* a = x; a += y or a constant. */
static void gen_sum(struct gen *g)
{
	u8 class = pick(g, 2) ? BPF_ALU64 : BPF_ALU, a = reg(g);

	add(g, INSN(class | BPF_X | BPF_MOV, a, reg(g), 0, 0));
	if (pick(g, 2))
		add(g, INSN(class | BPF_X | BPF_ADD, a, reg(g), 0, 0));
	else
		add(g, INSN(class | BPF_K | BPF_ADD, a, 0, 0, (s32)value(g)));
}

/* t *= y; a += t or a -= t, and mostly t is not read again. */
static void gen_product(struct gen *g)
{
	u8 class = pick(g, 2) ? BPF_ALU64 : BPF_ALU, t = reg(g), a = reg(g);

	add(g, INSN(class | BPF_X | BPF_MUL, t, reg(g), 0, 0));
	add(g, INSN(class | BPF_X | (pick(g, 2) ? BPF_ADD : BPF_SUB), a, t, 0, 0));
	if (t != a && pick(g, 4))
		add(g, INSN(BPF_ALU64 | BPF_K | BPF_MOV, t, 0, 0, (s32)value(g)));
}

/* Some bits of x: two shifts, or a shift and a mask. */
static void gen_field(struct gen *g)
{
	u8 class = pick(g, 2) ? BPF_ALU64 : BPF_ALU, x = reg(g);
	u32 bits = class == BPF_ALU64 ? 64 : 32;

	if (pick(g, 2)) {
		add(g, INSN(class | BPF_K | BPF_LSH, x, 0, 0, (s32)pick(g, bits)));
		add(g, INSN(class | BPF_K | (pick(g, 2) ? BPF_RSH : BPF_ARSH), x, 0, 0,
			    (s32)pick(g, bits)));
	} else {
		add(g, INSN(class | BPF_K | BPF_RSH, x, 0, 0, (s32)pick(g, bits)));
		add(g, INSN(class | BPF_K | BPF_AND, x, 0, 0, (s32)((2u << pick(g, 31)) - 1)));
	}
}

/* q = n / d, and the remainder by q * d, as compilers do who know of no remainder. */
static void gen_quotient_and_remainder(struct gen *g)
{
	u8 class = pick(g, 2) ? BPF_ALU64 : BPF_ALU, n = reg(g), d = reg(g), q = reg(g);
	u8 t = reg(g);
	bool by_reg = pick(g, 2);
	s32 imm = (s32)value(g) ?: 10;

	add(g, INSN(class | BPF_X | BPF_MOV, q, n, 0, 0));
	if (by_reg)
		add(g, INSN(class | BPF_X | BPF_DIV, q, d, 0, 0));
	else
		add(g, INSN(class | BPF_K | BPF_DIV, q, 0, 0, imm));
	add(g, INSN(class | BPF_X | BPF_MOV, t, q, 0, 0));
	if (by_reg)
		add(g, INSN(class | BPF_X | BPF_MUL, t, d, 0, 0));
	else
		add(g, INSN(class | BPF_K | BPF_MUL, t, 0, 0, imm));
	add(g, INSN(class | BPF_X | BPF_SUB, n, t, 0, 0));
	if (pick(g, 2))
		add(g, INSN(BPF_ALU64 | BPF_K | BPF_MOV, t, 0, 0, (s32)value(g)));
}

static void gen_unary(struct gen *g)
{
	static const s32 widths[] = { 16, 32, 64 };
	s32 width = widths[pick(g, 3)];

	switch (pick(g, 5)) {
	case 0: add(g, INSN(BPF_ALU | BPF_END | BPF_TO_BE, reg(g), 0, 0, width)); break;
	case 1: add(g, INSN(BPF_ALU | BPF_END | BPF_TO_LE, reg(g), 0, 0, width)); break;
	case 2: add(g, INSN(BPF_ALU64 | BPF_END, reg(g), 0, 0, width)); break;
	case 3: add(g, INSN(BPF_ALU64 | BPF_NEG, reg(g), 0, 0, 0)); break;
	default: add(g, INSN(BPF_ALU | BPF_NEG, reg(g), 0, 0, 0)); break;
	}
}

static void gen_movsx(struct gen *g)
{
	static const s16 widths[] = { 8, 16, 32 };
	bool wide = pick(g, 2);

	add(g, INSN((wide ? BPF_ALU64 : BPF_ALU) | BPF_X | BPF_MOV, reg(g), reg(g),
		    widths[pick(g, wide ? 3 : 2)], 0));
}

static void gen_imm64(struct gen *g)
{
	u64 v = value(g);

	add(g, INSN(BPF_LD | BPF_IMM | BPF_DW, reg(g), 0, 0, (s32)v));
	add(g, INSN(0, 0, 0, 0, (s32)(v >> 32)));
}

static void gen_memory(struct gen *g)
{
	u8 size = any_size(g);

	switch (pick(g, 4)) {
	case 0: add(g, INSN(BPF_ST | BPF_MEM | size, 10, 0, place(g, size), (s32)value(g))); break;
	case 1: add(g, INSN(BPF_STX | BPF_MEM | size, 10, reg(g), place(g, size), 0)); break;
	case 2: add(g, INSN(BPF_LDX | BPF_MEM | size, reg(g), 10, place(g, size), 0)); break;
	default:
		size = size == BPF_DW ? BPF_W : size;
		add(g, INSN(BPF_LDX | BPF_MEMSX | size, reg(g), 10, place(g, size), 0));
	}
}

/* Through the stack in two halves: the value stays, but a verifier forgets what it knew of it. Linux
 * 6.18 needs that after an atomic operation that fetches: when it traces back why a register's value
 * mattered, it takes no notice that such an instruction wrote the register from memory, so it may prune
 * a path on which memory held something else, and removes code that can run. */
static void gen_forget(struct gen *g, u8 r)
{
	add(g, INSN(BPF_STX | BPF_MEM | BPF_W, 10, r, HALVES, 0));
	add(g, INSN(BPF_ALU64 | BPF_K | BPF_RSH, r, 0, 0, 32));
	add(g, INSN(BPF_STX | BPF_MEM | BPF_W, 10, r, HALVES + 4, 0));
	add(g, INSN(BPF_LDX | BPF_MEM | BPF_DW, r, 10, HALVES, 0));
}

static void gen_atomic(struct gen *g)
{
	static const s32 ops[] = { BPF_ADD,
				   BPF_OR,
				   BPF_AND,
				   BPF_XOR,
				   BPF_ADD | BPF_FETCH,
				   BPF_OR | BPF_FETCH,
				   BPF_AND | BPF_FETCH,
				   BPF_XOR | BPF_FETCH,
				   BPF_XCHG,
				   BPF_CMPXCHG };
	u8 size = pick(g, 2) ? BPF_W : BPF_DW, src = reg(g);
	s32 op = ops[pick(g, ARRAY_SIZE(ops))];

	add(g, INSN(BPF_STX | BPF_ATOMIC | size, 10, src, place(g, size), op));
	if (op & BPF_FETCH)
		gen_forget(g, op == BPF_CMPXCHG ? 0 : src);
}

static void gen_ordered(struct gen *g)
{
	u8 size = any_size(g);

	if (pick(g, 2))
		add(g, INSN(BPF_STX | BPF_ATOMIC | size, reg(g), 10, place(g, size), BPF_LOAD_ACQ));
	else
		add(g,
		    INSN(BPF_STX | BPF_ATOMIC | size, 10, reg(g), place(g, size), BPF_STORE_REL));
}

static void gen_one(struct gen *g);

/* A conditional jump over a few instructions. */
static void gen_jump(struct gen *g)
{
	static const u8 ops[] = { BPF_JEQ,  BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
				  BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };
	u8 class = pick(g, 2) ? BPF_JMP : BPF_JMP32, op = ops[pick(g, ARRAY_SIZE(ops))];
	u32 at = g->p->len, skip = 1 + pick(g, 4);
	bool by_reg = pick(g, 2);

	if (by_reg)
		add(g, INSN(class | BPF_X | op, reg(g), reg(g), 0, 0));
	else
		add(g, INSN(class | BPF_K | op, reg(g), 0, 0, (s32)value(g)));
	while (skip--)
		gen_one(g);
	g->p->insns[at].off = (s16)(g->p->len - at - 1);
}

/* d op= …; perhaps something in between; if d == 0 or d != 0: what machines' flags may know already. */
static void gen_zero_test(struct gen *g)
{
	static const u8 ops[] = { BPF_AND, BPF_ADD, BPF_SUB, BPF_OR, BPF_XOR, BPF_RSH, BPF_LSH };
	u8 d = reg(g), op = ops[pick(g, ARRAY_SIZE(ops))], class = pick(g, 2) ? BPF_ALU64 : BPF_ALU;
	u32 at;

	if (op == BPF_RSH || op == BPF_LSH)
		add(g, INSN(class | BPF_K | op, d, 0, 0, (s32)pick(g, 32)));
	else if (pick(g, 4) == 0)
		add(g, INSN(class | BPF_X | op, d, pick(g, 2) ? d : reg(g), 0, 0));
	else
		add(g, INSN(class | BPF_K | op, d, 0, 0,
			    pick(g, 2) ? 1 << pick(g, 31) : (s32)value(g)));
	switch (pick(g, 4)) {
	case 0: add(g, INSN(BPF_ALU64 | BPF_X | BPF_MOV, reg(g), reg(g), 0, 0)); break;
	case 1: add(g, INSN(BPF_ALU | BPF_K | BPF_MOV, reg(g), 0, 0, (s32)pick(g, 3))); break;
	case 2: add(g, INSN(BPF_STX | BPF_MEM | BPF_DW, 10, reg(g), SLOT(0), 0)); break;
	}
	at = g->p->len;
	add(g, INSN((pick(g, 2) ? BPF_JMP : BPF_JMP32) | (pick(g, 2) ? BPF_JEQ : BPF_JNE) | BPF_K,
		    d, 0, 0, 0));
	gen_one(g);
	g->p->insns[at].off = (s16)(g->p->len - at - 1);
}

/* if … goto A; x; ja B; A: y; B: */
static void gen_diamond(struct gen *g)
{
	u32 fork = g->p->len, join;
	bool is_long = pick(g, 2);

	add(g, INSN(BPF_JMP | BPF_K | BPF_JGT, reg(g), 0, 0, (s32)value(g)));
	gen_one(g);
	join = g->p->len;
	add(g, INSN((is_long ? BPF_JMP32 : BPF_JMP) | BPF_JA, 0, 0, 0, 0));
	g->p->insns[fork].off = (s16)(g->p->len - fork - 1);
	gen_one(g);
	if (is_long)
		g->p->insns[join].imm = (s32)(g->p->len - join - 1);
	else
		g->p->insns[join].off = (s16)(g->p->len - join - 1);
}

/* To be filled in when the subprogram's place is known; it leaves r1 … r5 without values. */
static void gen_call(struct gen *g)
{
	add(g, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
	for (u8 r = 1; r <= 5; r++)
		add(g, INSN(BPF_ALU64 | BPF_MOV | BPF_X, r, (u8)(r % 2 ? 0 : 5 + r / 2), 0, 0));
	g->p->sub = 1;
}

static void gen_one(struct gen *g)
{
	u32 n = pick(g, 100);

	if (n < 4)
		gen_rotation(g);
	else if (n < 8)
		gen_quotient_and_remainder(g);
	else if (n < 12)
		gen_sum(g);
	else if (n < 15)
		gen_field(g);
	else if (n < 18)
		gen_product(g);
	else if (n < 40)
		gen_alu(g);
	else if (n < 50)
		gen_unary(g);
	else if (n < 60)
		gen_movsx(g);
	else if (n < 65)
		gen_imm64(g);
	else if (g->in_sub)
		gen_alu(g);
	else if (n < 70)
		gen_address(g);
	else if (n < 85)
		gen_memory(g);
	else if (n < 95)
		gen_atomic(g);
	else
		gen_ordered(g);
}

static void gen_body(struct gen *g, u32 n)
{
	u32 jumps = 0;

	while (n--) {
		u32 kind = pick(g, 12);

		if (kind == 0 && !g->in_sub && pick(g, 4) == 0)
			gen_call(g);
		else if (kind == 1 && !g->in_sub && jumps++ < 6)
			gen_zero_test(g);
		else if (kind <= 2 && jumps++ < 6)
			gen_jump(g);
		else if (kind == 3 && jumps++ < 6)
			gen_diamond(g);
		else
			gen_one(g);
	}
}

/* r1 = the packet; out of it r0 … r9, its address and the registers on the stack. */
static void gen_entry(struct gen *g, enum random_entry entry)
{
	if (entry == ENTRY_XDP_MD) {
		add(g, INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 4, 0));
		add(g, INSN(BPF_LDX | BPF_MEM | BPF_W, 1, 1, 0, 0));
		add(g, INSN(BPF_ALU64 | BPF_MOV | BPF_X, 3, 1, 0, 0));
		add(g, INSN(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, RANDOM_PACKET));
		add(g, INSN(BPF_JMP | BPF_JLE | BPF_X, 3, 2, 2, 0));
		add(g, INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0));
		add(g, INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
	} else {
		add(g, INSN(BPF_LDX | BPF_MEM | BPF_DW, 1, 1, 0, 0));
	}
	add(g, INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0));
	for (u8 r = 0; r < 10; r++) {
		u8 last = r < 9 ? (u8)(r + (r >= 1)) : 1; /* r1, the address, is loaded last */

		add(g, INSN(BPF_LDX | BPF_MEM | BPF_DW, last, 1, (s16)(8 * last), 0));
	}
	for (u8 n = 0; n < BODY_SLOTS; n++)
		add(g, INSN(BPF_STX | BPF_MEM | BPF_DW, 10, n, SLOT(n), 0));
}

static void gen_exit(struct gen *g)
{
	for (u8 r = 0; r < 10; r++)
		add(g, INSN(BPF_STX | BPF_MEM | BPF_DW, 10, r, SAVED(r), 0));
	add(g, INSN(BPF_LDX | BPF_MEM | BPF_DW, 1, 10, -8, 0));
	for (u8 r = 0; r < 10 + BODY_SLOTS; r++) {
		s16 from = r < 10 ? SAVED(r) : SLOT(r - 10);

		add(g, INSN(BPF_LDX | BPF_MEM | BPF_DW, 2, 10, from, 0));
		add(g, INSN(BPF_STX | BPF_MEM | BPF_DW, 1, 2, (s16)(8 * r), 0));
	}
	add(g, INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS));
	add(g, INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

/* u64 f(r1 … r5), and where it is. */
static void gen_sub(struct gen *g)
{
	struct random_program *p = g->p;

	p->sub = p->len;
	g->in_sub = true;
	g->regs = 6;
	add(g, INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 1, 0, 0));
	gen_body(g, 1 + pick(g, 6));
	add(g, INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
	for (u32 i = 0; i < p->sub; i++)
		if (insn_is_subprog_call(&p->insns[i]))
			p->insns[i].imm = (s32)(p->sub - i - 1);
}

void random_program(u64 seed, enum random_entry entry, struct random_program *out)
{
	struct gen g = { .p = out, .state = (seed + 1) * 0x9e3779b97f4a7c15, .regs = 10 };

	out->len = 0;
	out->sub = 0;
	gen_entry(&g, entry);
	out->body = out->len;
	gen_body(&g, 10 + pick(&g, 40));
	out->end = out->len;
	gen_exit(&g);
	if (out->sub)
		gen_sub(&g);
}

void random_packet(u64 seed, u8 packet[RANDOM_PACKET])
{
	struct gen g = { .state = (seed + 1) * 0xbf58476d1ce4e5b9 };

	for (u32 i = 0; i < RANDOM_PACKET / 8; i++) {
		u64 v = value(&g);

		memcpy(packet + 8 * i, &v, 8);
	}
}
