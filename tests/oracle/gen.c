/* Chance, writing code, choosing registers. See gen.h. */
#include "oracle/gen.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

u32 below(struct gen *g, u32 n) /* 0 … n - 1 */
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (u32)(g->state >> 32) % n;
}

bool one_in(struct gen *g, u32 n)
{
	return below(g, n) == 0;
}

s32 constant(struct gen *g)
{
	static const s32 edges[] = { 0,	  1,	  -1,	  2,	      3,
				     4,	  7,	  8,	  15,	      16,
				     31,  32,	  63,	  64,	      127,
				     128, 0x7fff, 0xffff, 0x7fffffff, (s32)1u << 31,
				     -8 };

	return one_in(g, 4) ? (s32)(u32)(g->state >> 16) : edges[below(g, ARRAY_SIZE(edges))];
}

u8 any_size(struct gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

	return sizes[below(g, 4)];
}

/* --- writing code --- */

u32 put(struct gen *g, struct bpf_insn i)
{
	if (g->p->len < GENERATE_MAX_INSNS)
		g->p->insns[g->p->len++] = i;
	return g->p->len - 1;
}

void land(struct gen *g, u32 jump) /* jump comes here */
{
	g->p->insns[jump].off = (s16)(g->p->len - jump - 1);
}

void jump_out(struct gen *g, struct bpf_insn i)
{
	if (g->nr_outs < MAX_OUTS && (!g->held || one_in(g, 20)))
		g->outs[g->nr_outs++] = put(g, i);
}

void put_map(struct gen *g, u8 r, u32 map, bool value, s32 off)
{
	put(g, INSN(BPF_LD | BPF_IMM | BPF_DW, r, value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD,
		    0, (s32)map));
	put(g, INSN(0, 0, 0, 0, off));
}

void put_func(struct gen *g, u8 r, struct func f)
{
	f.from = put(g, INSN(BPF_LD | BPF_IMM | BPF_DW, r, BPF_PSEUDO_FUNC, 0, 0));
	put(g, INSN(0, 0, 0, 0, 0));
	g->p->takes_address = true;
	g->funcs[g->p->nr_funcs++] = f;
}

void put_call(struct gen *g, u32 helper)
{
	put(g, CALL_HELPER((s32)helper));
	for (u32 r = 0; r <= 5; r++)
		g->reg[r].kind = NOTHING;
	g->reg[0] = (struct guess){ .kind = NUMBER, .max = UNBOUNDED };
}

/* imm: its place in generate_kfuncs[]; whoever loads the program puts the BTF's id there. */
void put_kfunc(struct gen *g, enum generate_kfunc k)
{
	put(g, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, (s32)k));
	for (u32 r = 0; r <= 5; r++)
		g->reg[r].kind = NOTHING;
}

bool slot_is_object(const struct gen *g, u32 n)
{
	enum kind k = g->slot[n].kind;

	return k == DYNPTR || k == DYNPTR_LOW || k == ITERATOR;
}

struct guess number(u32 max)
{
	return (struct guess){ .kind = NUMBER, .max = max };
}

/* --- choosing registers --- */

int find(struct gen *g, enum kind kind)
{
	u32 start = below(g, 11);

	for (u32 i = 0; i < 11; i++)
		if (g->reg[(start + i) % 11].kind == kind)
			return (int)((start + i) % 11);
	return -1;
}

/* To write to: not the context's usual home. */
u8 target(struct gen *g)
{
	u8 r = (u8)below(g, 10);

	if ((r == 6 && !one_in(g, 40)) || (r == 9 && g->in_loop))
		r = 7;
	return r;
}

u8 any_number(struct gen *g)
{
	int r = find(g, NUMBER);

	if (r < 0 || (r == 9 && g->in_loop)) {
		r = 8;
		put(g, MOV_IMM((u8)r, constant(g)));
		g->reg[r] = number(UNBOUNDED);
	}
	if (one_in(g, 150)) {
		r = (int)below(g, 10);
		g->p->wild = true;
	}
	return (u8)r;
}

/* Number to be changed: not the loop's counter. */
u8 own_number(struct gen *g)
{
	u8 r = any_number(g);

	if (r != 9 || !g->in_loop)
		return r;
	put(g, MOV_REG(7, 9));
	g->reg[7] = g->reg[9];
	return 7;
}

int small_number(struct gen *g)
{
	u32 start = below(g, 10);

	for (u32 i = 0; i < 10; i++) {
		u32 r = (start + i) % 10;

		if (g->reg[r].kind == NUMBER && g->reg[r].max <= 256)
			return (int)r;
	}
	return -1;
}
