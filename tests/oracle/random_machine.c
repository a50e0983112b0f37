/* See random_machine.h. r6 the packet, r7 the index, r8 the state, r9 what is computed, r2 the byte. */
#include "oracle/random_machine.h"

#include "unit/asm.h"

#define STATES 6
#define BYTES  96

struct gen {
	struct random_machine *m;
	u64 state;
	u32 head, tail, at[STATES]; /* where the loop, a shared end of states, and they begin */
	u32 fixes[128], nr_fixes;   /* jumps to places not known yet: which place is in imm */
};
enum place { PLACE_TAIL = STATES, PLACE_END };

static u32 pick(struct gen *g, u32 n)
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (u32)(g->state >> 32) % n;
}

static void add(struct gen *g, struct bpf_insn i)
{
	if (g->m->len < RANDOM_MACHINE_INSNS)
		g->m->insns[g->m->len++] = i;
}

static void jump_to(struct gen *g, struct bpf_insn i, u32 place)
{
	g->m->place[g->m->len] = (u8)place;
	g->fixes[g->nr_fixes++] = g->m->len;
	add(g, i);
}

static void jump_back(struct gen *g, struct bpf_insn i)
{
	i.off = (s16)(g->head - g->m->len - 1);
	add(g, i);
}

static struct bpf_insn compare(struct gen *g, u8 reg, s32 imm)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JSLT, BPF_JSET, BPF_JLE };

	return INSN((pick(g, 2) ? BPF_JMP : BPF_JMP32) | ops[pick(g, ARRAY_SIZE(ops))] | BPF_K, reg,
		    0, 0, imm);
}

static void set_state(struct gen *g)
{
	add(g, INSN((pick(g, 2) ? BPF_ALU : BPF_ALU64) | BPF_MOV | BPF_K, 8, 0, 0,
		    (s32)pick(g, STATES + 1) - (pick(g, 8) == 0)));
}

static void compute(struct gen *g)
{
	static const u8 ops[] = { BPF_ADD, BPF_XOR, BPF_MUL, BPF_SUB };

	if (pick(g, 2))
		add(g, INSN(BPF_ALU64 | ops[pick(g, 4)] | BPF_X, 9, 2, 0, 0));
	else
		add(g, INSN(BPF_ALU64 | ops[pick(g, 4)] | BPF_K, 9, 0, 0, 1 + (s32)pick(g, 99)));
}

static void gen_state(struct gen *g)
{
	for (u32 n = pick(g, 4); n--;) {
		if (pick(g, 3))
			set_state(g);
		if (pick(g, 2))
			compute(g);
		if (pick(g, 2))
			jump_back(g, compare(g, 2, (s32)pick(g, 256)));
		else
			jump_to(g, compare(g, 2, (s32)pick(g, 256)), PLACE_TAIL);
	}
	if (pick(g, 8) == 0)
		add(g, INSN(BPF_ALU64 | BPF_MOV | BPF_X, 8, 2, 0, 0));
	else if (pick(g, 6))
		set_state(g);
	if (pick(g, 2))
		jump_back(g, JA(0));
	else if (pick(g, 2))
		jump_to(g, JA(0), PLACE_TAIL);
	/* else into the next state */
}

/* A chain of comparisons, or a tree of two. */
static void gen_dispatch(struct gen *g)
{
	bool tree = pick(g, 2);

	for (u32 s = tree ? STATES / 2 : 0; s < STATES; s++)
		jump_to(g,
			INSN((pick(g, 2) ? BPF_JMP : BPF_JMP32) | BPF_JEQ | BPF_K, 8, 0, 0, (s32)s),
			s);
	if (tree)
		jump_to(g, INSN(BPF_JMP | BPF_JSGT | BPF_K, 8, 0, 0, STATES), PLACE_TAIL);
	for (u32 s = 0; tree && s < STATES / 2; s++)
		jump_to(g, INSN(BPF_JMP | BPF_JEQ | BPF_K, 8, 0, 0, (s32)s), s);
}

static void land(struct gen *g, const u32 end)
{
	for (u32 n = 0; n < g->nr_fixes; n++) {
		u32 from = g->fixes[n], place = g->m->place[from];
		u32 to = place == PLACE_TAIL ? g->tail : place == PLACE_END ? end : g->at[place];

		g->m->insns[from].off = (s16)(to - from - 1);
	}
}

void random_machine(u64 seed, struct random_machine *out)
{
	struct gen g = { .m = out, .state = (seed + 1) * 0x9e3779b97f4a7c15 };
	u32 end;

	out->len = 0;
	add(&g, INSN(BPF_LDX | BPF_MEM | BPF_DW, 6, 1, 0, 0));
	add(&g, MOV_K(7, 0));
	add(&g, MOV_K(8, (s32)pick(&g, STATES)));
	add(&g, MOV_K(9, 1));
	g.head = out->len;
	jump_to(&g, INSN(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 0, BYTES), PLACE_END);
	add(&g, MOV_X(2, 6));
	add(&g, INSN(BPF_ALU64 | BPF_ADD | BPF_X, 2, 7, 0, 0));
	add(&g, INSN(BPF_LDX | BPF_MEM | BPF_B, 2, 2, 0, 0));
	add(&g, INSN(BPF_ALU64 | BPF_ADD | BPF_K, 7, 0, 0, 1));
	gen_dispatch(&g);
	for (u32 s = 0; s < STATES; s++) {
		g.at[s] = out->len;
		gen_state(&g);
	}
	g.tail = out->len;
	compute(&g);
	jump_back(&g, JA(0));
	end = out->len;
	add(&g, INSN(BPF_STX | BPF_MEM | BPF_DW, 6, 9, BYTES, 0));
	add(&g, INSN(BPF_STX | BPF_MEM | BPF_DW, 6, 8, BYTES + 8, 0));
	add(&g, MOV_K(0, 2));
	add(&g, EXIT());
	land(&g, end);
}
