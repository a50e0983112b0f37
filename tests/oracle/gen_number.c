/* Statements about numbers: arithmetic, copies, bounds. */
#include "oracle/gen.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

void gen_load_context(struct gen *g)
{
	static const s16 skb_fields[] = { 0, 8, 48, 52, 56, 60, 64 };
	int c = find(g, CONTEXT);
	u8 r = target(g);

	if (c < 0)
		return;
	if (g->p->type == BPF_PROG_TYPE_RAW_TRACEPOINT) {
		put(g, LOAD(BPF_DW, r, (u8)c, (s16)(8 * below(g, 4))));
		g->reg[r] = number(UNBOUNDED);
	} else if (g->p->type == BPF_PROG_TYPE_SOCKET_FILTER ||
		   (g->p->type == BPF_PROG_TYPE_SCHED_CLS && one_in(g, 2))) {
		put(g, LOAD(BPF_W, r, (u8)c, skb_fields[below(g, 7)]));
		g->reg[r] = number(UNBOUNDED);
	} else {
		bool xdp = g->p->type == BPF_PROG_TYPE_XDP, end = one_in(g, 2);

		put(g, LOAD(BPF_W, r, (u8)c, (s16)(xdp ? end * 4 : 76 + end * 4)));
		g->reg[r] = (struct guess){ .kind = end ? PACKET_END : PACKET };
	}
}

void gen_constant(struct gen *g)
{
	u8 r = target(g);

	if (one_in(g, 4)) {
		put(g, INSN(BPF_LD | BPF_IMM | BPF_DW, r, 0, 0, constant(g)));
		put(g, INSN(0, 0, 0, 0, constant(g)));
		g->reg[r] = number(UNBOUNDED);
		return;
	}
	put(g, INSN((one_in(g, 2) ? BPF_ALU : BPF_ALU64) | BPF_MOV | BPF_K, r, 0, 0,
		    (s32)below(g, 24)));
	g->reg[r] = number(24);
}

void gen_alu(struct gen *g)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,  BPF_AND,
				  BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_ARSH };
	u8 class = one_in(g, 2) ? BPF_ALU64 : BPF_ALU, op = ops[below(g, ARRAY_SIZE(ops))];
	bool shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	bool divides = op == BPF_DIV || op == BPF_MOD;
	u8 d = own_number(g), s = any_number(g);
	s16 off = divides && one_in(g, 3);
	s32 imm = shift ? (s32)below(g, class == BPF_ALU ? 32 : 64) : constant(g);

	if (one_in(g, 2))
		put(g, INSN(class | op | BPF_X, d, s, off, 0));
	else
		put(g, INSN(class | op | BPF_K, d, 0, off, divides && !imm ? 3 : imm));
	if (g->reg[d].kind == NUMBER)
		g->reg[d].max = UNBOUNDED;
}

void gen_unary(struct gen *g)
{
	static const u8 codes[] = { BPF_ALU64 | BPF_NEG, BPF_ALU | BPF_NEG,
				    BPF_ALU | BPF_END | BPF_TO_BE, BPF_ALU | BPF_END | BPF_TO_LE,
				    BPF_ALU64 | BPF_END };
	u8 code = codes[below(g, ARRAY_SIZE(codes))], r = own_number(g);

	put(g, INSN(code, r, 0, 0, BPF_OP(code) == BPF_END ? 16 << below(g, 3) : 0));
	if (g->reg[r].kind == NUMBER)
		g->reg[r].max = UNBOUNDED;
}

/* Copies of all kinds, small additions behind them: equal values are linked. */
void gen_copy(struct gen *g)
{
	static const s16 widths[] = { 8, 16, 32 };
	u8 s = one_in(g, 3) ? (u8)below(g, 11) : any_number(g), d = target(g);

	if (g->reg[s].kind == NOTHING)
		return;
	if (g->reg[s].kind != NUMBER || one_in(g, 2))
		put(g, MOV_REG(d, s));
	else if (one_in(g, 2))
		put(g, INSN(BPF_ALU | BPF_MOV | BPF_X, d, s, 0, 0));
	else if (one_in(g, 2))
		put(g, INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, widths[below(g, 3)], 0));
	else
		put(g, INSN(BPF_ALU | BPF_MOV | BPF_X, d, s, widths[below(g, 2)], 0));
	g->reg[d] = g->reg[s];
	if (g->reg[d].kind == NUMBER && one_in(g, 3)) {
		put(g, INSN((one_in(g, 2) ? BPF_ALU : BPF_ALU64) | BPF_ADD | BPF_K, d, 0, 0,
			    (s32)below(g, 9) - 2));
		g->reg[d].max = UNBOUNDED;
	}
}

static void bound_by_mask(struct gen *g, u8 r)
{
	static const s32 masks[] = { 1, 3, 7, 15, 8, 24, 16, 12, 31 };
	s32 mask = masks[below(g, ARRAY_SIZE(masks))];

	switch (below(g, 3)) {
	case 0: put(g, INSN(BPF_ALU64 | BPF_AND | BPF_K, r, 0, 0, mask)); break;
	case 1: put(g, INSN(BPF_ALU | BPF_AND | BPF_K, r, 0, 0, mask)); break;
	default: put(g, INSN(BPF_ALU64 | BPF_MOD | BPF_K, r, 0, 0, mask + 1)); break;
	}
	g->reg[r].max = (u32)mask;
}

static void bound_signed(struct gen *g, u8 r, u8 class, s32 max)
{
	jump_out(g, INSN(class | BPF_JSLT | BPF_K, r, 0, 0, 0));
	jump_out(g, INSN(class | BPF_JSGT | BPF_K, r, 0, 0, max));
}

static void bound_by_register(struct gen *g, u8 r, u8 class, s32 max)
{
	u8 k = r == 5 ? 4 : 5;

	put(g, MOV_IMM(k, max));
	g->reg[k] = number((u32)max);
	if (one_in(g, 2))
		jump_out(g, INSN(class | BPF_JGT | BPF_X, r, k, 0, 0));
	else
		jump_out(g, INSN(class | BPF_JLT | BPF_X, k, r, 0, 0));
}

static void bound_by_branch(struct gen *g, u8 r)
{
	u8 class = one_in(g, 3) ? BPF_JMP32 : BPF_JMP;
	s32 max = (s32)below(g, 28);

	switch (below(g, 6)) {
	case 0: jump_out(g, INSN(class | BPF_JGT | BPF_K, r, 0, 0, max)); break;
	case 1: jump_out(g, INSN(class | BPF_JGE | BPF_K, r, 0, 0, max + 1)); break;
	case 2: bound_signed(g, r, class, max); break;
	case 3: bound_by_register(g, r, class, max); break;
	case 4:
		jump_out(g, INSN(class | BPF_JSET | BPF_K, r, 0, 0, ~7));
		max = 7;
		break;
	default: jump_out(g, INSN(class | BPF_JNE | BPF_K, r, 0, 0, max)); break;
	}
	if (class == BPF_JMP32 && !one_in(g, 4))
		put(g, INSN(BPF_ALU | BPF_MOV | BPF_X, r, r, 0, 0));
	g->reg[r].max = (u32)max;
}

void gen_bound(struct gen *g)
{
	u8 r = own_number(g);

	if (g->reg[r].kind != NUMBER)
		return;
	if (one_in(g, 2) || g->held)
		bound_by_mask(g, r);
	else
		bound_by_branch(g, r);
}

/* A copy is bounded, its origin used: through the link of the two. */
void gen_bound_copy(struct gen *g)
{
	u8 r = own_number(g), c = target(g);

	if (g->reg[r].kind != NUMBER || c == r || g->held)
		return;
	put(g, MOV_REG(c, r));
	if (one_in(g, 2))
		put(g, INSN((one_in(g, 2) ? BPF_ALU : BPF_ALU64) | BPF_ADD | BPF_K, c, 0, 0,
			    (s32)below(g, 5)));
	g->reg[c] = number(UNBOUNDED);
	bound_by_branch(g, c);
	g->reg[r].max = g->reg[c].max;
}
