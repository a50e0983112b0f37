/* Statements about control flow: branches, loops, what may be skipped. */
#include "oracle/gen.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

/* What a register holds behind a block that may be skipped: what differs is not relied on, as a rule.
 * Where it is, the program is right on one of its ways only. */
static void join(struct gen *g, struct guess *now, const struct guess *before)
{
	if (!memcmp(now, before, sizeof(*now)))
		return;
	if (one_in(g, 6)) {
		g->p->wild |= before->kind != now->kind;
		return;
	}
	if (now->kind == NUMBER && before->kind == NUMBER)
		now->max = MAX(now->max, before->max);
	else
		*now = (struct guess){ 0 };
}

/* What may be skipped or repeated. */
void block(struct gen *g, u32 n)
{
	struct guess reg[11], slot[SLOTS];

	memcpy(reg, g->reg, sizeof(reg));
	memcpy(slot, g->slot, sizeof(slot));
	g->depth++;
	statements(g, n);
	g->depth--;
	for (u32 r = 0; r < 11; r++)
		join(g, &g->reg[r], &reg[r]);
	for (u32 s = 0; s < SLOTS; s++)
		join(g, &g->slot[s], &slot[s]);
}

void gen_branch(struct gen *g)
{
	static const u8 ops[] = { BPF_JEQ,  BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
				  BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };
	u8 class = one_in(g, 3) ? BPF_JMP32 : BPF_JMP, op = ops[below(g, ARRAY_SIZE(ops))];
	u8 d = any_number(g), s = any_number(g);
	u32 jump, join;

	if (g->depth > 2)
		return;
	if (one_in(g, 2) || d == s) /* Linux's idea of `r1 < r1` is its own */
		jump = put(g, INSN(class | op | BPF_K, d, 0, 0, constant(g)));
	else
		jump = put(g, INSN(class | op | BPF_X, d, s, 0, 0));
	block(g, 1 + below(g, 3));
	if (one_in(g, 2)) {
		land(g, jump);
		return;
	}
	join = put(g, INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0));
	land(g, jump);
	block(g, 1 + below(g, 2));
	land(g, join);
}

void gen_loop(struct gen *g)
{
	u32 start;

	if (g->depth || g->in_loop)
		return;
	put(g, MOV_IMM(9, 0));
	g->reg[9] = number(8);
	g->in_loop = true;
	start = g->p->len;
	block(g, 1 + below(g, 3));
	put(g, ALU_IMM(BPF_ADD, 9, 1));
	put(g, JUMP_IMM(BPF_JLT, 9, 1 + (s32)below(g, 6), 0));
	g->p->insns[g->p->len - 1].off = (s16)((s32)start - (s32)g->p->len);
	g->in_loop = false;
	g->reg[9] = number(UNBOUNDED);
}

/* A counted loop that may_goto could end, too. */
void gen_may_goto(struct gen *g)
{
	u32 start, leave;

	if (g->depth || g->in_loop)
		return;
	put(g, MOV_IMM(9, 0));
	g->reg[9] = number(8);
	g->in_loop = true;
	start = g->p->len;
	leave = put(g, INSN(BPF_JMP | BPF_JCOND, 0, 0, 0, 0));
	block(g, 1 + below(g, 3));
	put(g, ALU_IMM(BPF_ADD, 9, 1));
	if (one_in(g, 2)) {
		put(g, JUMP_IMM(BPF_JLT, 9, 1 + (s32)below(g, 6), 0));
		g->p->insns[g->p->len - 1].off = (s16)((s32)start - (s32)g->p->len);
	} else { /* its end is not seen from its bound */
		put(g, JUMP_IMM(BPF_JGE, 9, 1 + (s32)below(g, 6), 1));
		put(g, INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0));
		g->p->insns[g->p->len - 1].off = (s16)((s32)start - (s32)g->p->len);
	}
	land(g, leave);
	g->in_loop = false;
	g->reg[9] = number(UNBOUNDED);
}

static void put_slot_address(struct gen *g, u8 r, u32 slot)
{
	put(g, MOV_REG(r, 10));
	put(g, ALU_IMM(BPF_ADD, r, -8 * (s32)slot - 8));
}

/* for (i = first; i < last; i++) by bpf_iter_num; nothing jumps out of it. */
void gen_iterator(struct gen *g)
{
	u32 n = below(g, SLOTS), start, leave;
	u8 d;

	if (g->depth || g->held || g->in_loop)
		return;
	d = (u8)(7 + below(g, 2));
	put(g, MOV_IMM(d, 0)); /* there may be no round at all */
	g->reg[d] = number(UNBOUNDED);
	put_slot_address(g, 1, n);
	put(g, MOV_IMM(2, (s32)below(g, 3) - 1));
	put(g, MOV_IMM(3, (s32)below(g, 6)));
	put_kfunc(g, GKFUNC_ITER_NEW);
	g->slot[n] = (struct guess){ .kind = ITERATOR };
	g->held++;
	start = g->p->len;
	put_slot_address(g, 1, n);
	put_kfunc(g, GKFUNC_ITER_NEXT);
	leave = put(g, JUMP_IMM(BPF_JEQ, 0, 0, 0));
	put(g, LOAD(BPF_W, d, 0, 0));
	block(g, 1 + below(g, 3));
	put(g, INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0));
	g->p->insns[g->p->len - 1].off = (s16)((s32)start - (s32)g->p->len);
	land(g, leave);
	for (u32 r = 0; r <= 5; r++)
		g->reg[r].kind = NOTHING;
	if (!one_in(g, 40)) {
		put_slot_address(g, 1, n);
		put_kfunc(g, GKFUNC_ITER_DESTROY);
	}
	g->slot[n].kind = NOTHING;
	g->held--;
}
