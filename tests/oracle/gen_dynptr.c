/* Dynptrs: over map values and records of the ring buffer. Helpers by number: Debian 12's headers do not name
 * them. */
#include "oracle/gen.h"

#include "insn/insn.h"
#include "unit/insns.h"

enum {
	FUNC_dynptr_from_mem = 197,
	FUNC_ringbuf_reserve_dynptr,
	FUNC_ringbuf_submit_dynptr,
	FUNC_ringbuf_discard_dynptr,
	FUNC_dynptr_read,
	FUNC_dynptr_write,
	FUNC_dynptr_data,
};

/* Two slots that hold nothing of the kind yet (as a rule): the lower address's number, or -1. */
static int room(struct gen *g)
{
	u32 n = 1 + below(g, SLOTS - 1);

	if ((slot_is_object(g, n) || slot_is_object(g, n - 1)) && !one_in(g, 20))
		return -1;
	return (int)n;
}

static void put_address(struct gen *g, u8 r, u32 n)
{
	put(g, MOV_REG(r, 10));
	put(g, ALU_IMM(BPF_ADD, r, -8 * (s32)n - 8));
}

static void note(struct gen *g, u32 n, u32 size)
{
	g->slot[n] = (struct guess){ .kind = DYNPTR_LOW, .size = size };
	g->slot[n - 1] = (struct guess){ .kind = DYNPTR, .size = size };
}

static int any_dynptr(struct gen *g)
{
	u32 start = below(g, SLOTS);

	for (u32 i = 0; i < SLOTS; i++)
		if (g->slot[(start + i) % SLOTS].kind == DYNPTR_LOW)
			return (int)((start + i) % SLOTS);
	return -1;
}

void gen_dynptr(struct gen *g)
{
	int p = find(g, VALUE), n = room(g);
	s32 lo, hi;

	if (p < 6 || n < 0 || g->held || g->reg[p].map == GMAP_FROZEN ||
	    g->reg[p].map == GMAP_LOCKED)
		return;
	region(&g->reg[p], &lo, &hi);
	hi -= g->reg[p].off + (s32)g->reg[p].var;
	if (hi <= 0 || g->reg[p].off < 0)
		return;
	put(g, MOV_REG(1, (u8)p));
	put(g, MOV_IMM(2, hi));
	put(g, MOV_IMM(3, 0));
	put_address(g, 4, (u32)n);
	put_call(g, FUNC_dynptr_from_mem);
	note(g, (u32)n, (u32)hi);
}

void gen_dynptr_read(struct gen *g)
{
	int n = any_dynptr(g);
	u32 size;

	if (n < 0 || !put_memory(g, 1, true, &size))
		return;
	put_size(g, 2, MIN(size, 1 + g->slot[n].size));
	put_address(g, 3, (u32)n);
	put(g, MOV_IMM(4, (s32)below(g, 12)));
	put(g, MOV_IMM(5, 0));
	put_call(g, FUNC_dynptr_read);
}

void gen_dynptr_write(struct gen *g)
{
	int n = any_dynptr(g);
	u32 size;

	if (n < 0 || !put_memory(g, 3, false, &size))
		return;
	put_size(g, 4, MIN(size, 1 + g->slot[n].size));
	put_address(g, 1, (u32)n);
	put(g, MOV_IMM(2, (s32)below(g, 12)));
	put(g, MOV_IMM(5, 0));
	put_call(g, FUNC_dynptr_write);
}

/* Part of the dynptr's memory, as memory. */
void gen_dynptr_slice(struct gen *g)
{
	int n = any_dynptr(g);
	u32 off = below(g, 9), len = 1 + below(g, 12);

	if (n < 0)
		return;
	put_address(g, 1, (u32)n);
	put(g, MOV_IMM(2, (s32)off));
	put(g, MOV_IMM(3, (s32)len));
	put_call(g, FUNC_dynptr_data);
	if (g->held) {
		g->reg[0].kind = NOTHING;
		return;
	}
	null_check(g, 0);
	put(g, MOV_REG(7, 0));
	g->reg[0] = g->reg[7] = (struct guess){ .kind = RECORD, .size = len };
}

/* A record, reserved as a dynptr and given back in any case. */
void gen_dynptr_record(struct gen *g)
{
	int n = room(g);
	u32 size = 8 + 8 * below(g, 3);

	if (g->held || g->depth || n < 0)
		return;
	put_map(g, 1, GMAP_RING, false, 0);
	put(g, MOV_IMM(2, (s32)size));
	put(g, MOV_IMM(3, 0));
	put_address(g, 4, (u32)n);
	put_call(g, FUNC_ringbuf_reserve_dynptr);
	note(g, (u32)n, size);
	g->p->wild = true; /* what was in the ring before */
	g->held++;
	statements(g, 1 + below(g, 3));
	g->held--;
	if (!one_in(g, 40)) {
		put_address(g, 1, (u32)n);
		put(g, MOV_IMM(2, BPF_RB_NO_WAKEUP));
		put_call(g,
			 one_in(g, 2) ? FUNC_ringbuf_submit_dynptr : FUNC_ringbuf_discard_dynptr);
		g->reg[0].kind = NOTHING;
	}
	g->slot[n].kind = g->slot[n - 1].kind = NOTHING;
	for (u32 r = 0; r < 11; r++)
		if (g->reg[r].kind == RECORD && !one_in(g, 30))
			g->reg[r].kind = NOTHING;
	for (u32 k = 0; k < SLOTS; k++)
		if (g->slot[k].kind == RECORD)
			g->slot[k].kind = NOTHING;
}
