/* Statements about memory: loads, stores, atomics, spills of all widths. */
#include "oracle/gen.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

int any_pointer(struct gen *g)
{
	static const enum kind kinds[] = { FRAME, FRAME, VALUE, VALUE, PACKET, VALUE, RECORD, KEY };

	return find(g, kinds[below(g, ARRAY_SIZE(kinds))]);
}

void region(const struct guess *p, s32 *lo, s32 *hi)
{
	*lo = p->kind == FRAME ? -STACK : p->kind == VALUE && p->map == GMAP_LOCKED ? 4 : 0;
	*hi = p->kind == FRAME	 ? 0
	      : p->kind == VALUE ? VALUE_SIZE
	      : p->kind == KEY	 ? 4
				 : (s32)p->size;
}

/* An offset for an access of size bytes: mostly inside. False if there is none. */
static bool place(struct gen *g, u32 r, u32 size, s16 *off)
{
	const struct guess *p = &g->reg[r];
	s32 lo, hi, first, count;

	region(p, &lo, &hi);
	first = (lo + (s32)size - 1) / (s32)size * (s32)size;
	if (p->kind == FRAME)
		first = lo;
	count = (hi - (s32)p->var - first) / (s32)size;
	if (count <= 0 && !one_in(g, 20))
		return false;
	*off = (s16)(first - p->off);
	if (count > 0)
		*off = (s16)(*off + (s32)below(g, (u32)count) * (s32)size);
	if (one_in(g, 60))
		*off = (s16)(*off + (one_in(g, 2) ? 1 : -1) * (s32)size * (s32)(1 + below(g, 4)));
	return true;
}

static u32 slot_at(s32 off) /* for off in [-STACK, 0) */
{
	return (u32)(-off - 1) / 8;
}

/* Is every byte that may be read of the frame's stack written? Otherwise results are chance. */
static void note_stack_read(struct gen *g, u32 r, s16 off, u32 size)
{
	const struct guess *p = &g->reg[r];
	s32 from = p->off + off, to = from + (s32)p->var + (s32)size - 1;

	if (p->kind == FRAME && p->map)
		g->p->wild |= g->unclear;
	if (p->kind != FRAME || p->map)
		return;
	for (s32 at = from; at <= to; at++)
		if (at < -STACK || at >= 0 || g->slot[slot_at(at)].kind != NUMBER)
			g->p->wild = true;
}

static void note_stack_write(struct gen *g, u32 r, s16 off, u32 size, struct guess what)
{
	const struct guess *p = &g->reg[r];
	s32 from = p->off + off, to = from + (s32)p->var + (s32)size - 1;

	if (p->kind != FRAME || p->map || from < -STACK || to >= 0)
		return;
	if (!p->var && size == 8) {
		g->slot[slot_at(from)] = what;
		return;
	}
	for (s32 at = from; at <= to; at++) {
		struct guess *s = &g->slot[slot_at(at)];

		if (s->kind == NUMBER)
			s->max = UNBOUNDED;
		else
			s->kind = NOTHING;
	}
}

void gen_load(struct gen *g)
{
	u8 size = any_size(g), d = target(g);
	int p = any_pointer(g);
	s16 off;

	if (p < 0 || !place(g, (u32)p, access_size(size), &off))
		return;
	note_stack_read(g, (u32)p, off, access_size(size));
	if (size != BPF_DW && one_in(g, 4))
		put(g, INSN(BPF_LDX | BPF_MEMSX | size, d, (u8)p, off, 0));
	else
		put(g, LOAD(size, d, (u8)p, off));
	g->reg[d] = number(UNBOUNDED);
}

void gen_store(struct gen *g)
{
	u8 size = any_size(g), s = any_number(g);
	int p = any_pointer(g);
	s16 off;

	if (p < 0 || g->reg[p].kind == KEY ||
	    (g->reg[p].kind == VALUE && g->reg[p].map == GMAP_FROZEN && !one_in(g, 30)))
		return;
	if (!place(g, (u32)p, access_size(size), &off))
		return;
	if (one_in(g, 2))
		put(g, STORE_IMM(size, (u8)p, off, one_in(g, 2) ? 0 : constant(g)));
	else
		put(g, STORE(size, (u8)p, s, off));
	note_stack_write(g, (u32)p, off, access_size(size), number(UNBOUNDED));
}

void gen_atomic(struct gen *g)
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
	u8 size = one_in(g, 2) ? BPF_W : BPF_DW, s = own_number(g);
	s32 op = ops[below(g, ARRAY_SIZE(ops))];
	int p = any_pointer(g);
	s16 off;

	if (p < 0 || g->reg[p].kind == KEY || g->reg[p].kind == PACKET ||
	    (op == BPF_CMPXCHG && g->reg[0].kind != NUMBER) ||
	    !place(g, (u32)p, access_size(size), &off))
		return;
	note_stack_read(g, (u32)p, off, access_size(size));
	put(g, INSN(BPF_STX | BPF_ATOMIC | size, (u8)p, s, off, op));
	note_stack_write(g, (u32)p, off, access_size(size), number(UNBOUNDED));
	if (op == BPF_CMPXCHG)
		g->reg[0] = number(UNBOUNDED);
	else if (op & BPF_FETCH)
		g->reg[s] = number(UNBOUNDED);
}

void gen_ordered(struct gen *g)
{
	u8 size = any_size(g), r = any_number(g), d = target(g);
	int p = any_pointer(g);
	s16 off;

	if (p < 0 || g->reg[p].kind == KEY || g->reg[p].kind == PACKET ||
	    !place(g, (u32)p, access_size(size), &off))
		return;
	if (one_in(g, 2)) {
		note_stack_read(g, (u32)p, off, access_size(size));
		put(g, INSN(BPF_STX | BPF_ATOMIC | size, d, (u8)p, off, BPF_LOAD_ACQ));
		g->reg[d] = number(UNBOUNDED);
	} else {
		put(g, INSN(BPF_STX | BPF_ATOMIC | size, (u8)p, r, off, BPF_STORE_REL));
		note_stack_write(g, (u32)p, off, access_size(size), number(UNBOUNDED));
	}
}

/* Spills of any width, of pointers too, and what comes back. */
void gen_spill(struct gen *g)
{
	u32 n = below(g, SLOTS);
	u8 r = (u8)below(g, 11), size = any_size(g);

	if (g->reg[r].kind == NOTHING || (slot_is_object(g, n) && !one_in(g, 20)))
		return;
	if (g->reg[r].kind != NUMBER && !one_in(g, 100))
		size = BPF_DW;
	put(g, STORE(size, 10, r,
		     (s16)(-8 * (s32)n - 8 +
			   (one_in(g, 8) && size != BPF_DW ? (s32)access_size(size) : 0))));
	g->unclear |= g->reg[r].kind != NUMBER;
	if (size == BPF_DW)
		g->slot[n] = g->reg[r];
	else if (g->slot[n].kind == NUMBER)
		g->slot[n].max = g->reg[r].max;
	else
		g->slot[n].kind = NOTHING;
}

void gen_fill(struct gen *g)
{
	u32 n = below(g, SLOTS);
	u8 d = target(g), size = any_size(g);
	bool high = one_in(g, 6);

	if ((g->slot[n].kind == NOTHING || slot_is_object(g, n)) && !one_in(g, 50))
		return;
	g->p->wild |= g->slot[n].kind == NOTHING;
	if (g->slot[n].kind != NUMBER && !one_in(g, 100))
		size = BPF_DW;
	if (size != BPF_DW && one_in(g, 4))
		put(g, INSN(BPF_LDX | BPF_MEMSX | size, d, 10, (s16)(-8 * (s32)n - 8), 0));
	else
		put(g, LOAD(size, d, 10,
			    (s16)(-8 * (s32)n - 8 +
				  (high && size != BPF_DW ? (s32)access_size(size) : 0))));
	g->reg[d] = size == BPF_DW ? g->slot[n] : number(high ? UNBOUNDED : g->slot[n].max);
}
