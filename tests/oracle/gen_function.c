/* Functions, callbacks, records of the ring buffer, locks. */
#include "oracle/gen.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

static bool room_for_function(struct gen *g)
{
	return g->p->nr_funcs < GENERATE_MAX_FUNCS && !g->held && g->depth < 2;
}

/* Pointers into this frame are pointers into a caller's for the callee. */
static struct guess as_argument(struct guess v)
{
	v.map |= v.kind == FRAME;
	return v;
}

static void forget_numbers_in_stack(struct gen *g) /* a callee may have written there */
{
	for (u32 n = 0; n < SLOTS; n++)
		if (g->slot[n].kind == NUMBER)
			g->slot[n].max = UNBOUNDED;
		else if (one_in(g, 2))
			g->slot[n].kind = NOTHING;
}

void gen_call(struct gen *g)
{
	struct func f = { .role = ROLE_SUB };

	if (!room_for_function(g))
		return;
	for (u32 r = 1; r <= 3; r++) {
		u8 s = (u8)(6 + below(g, 5));

		if (g->reg[s].kind == NOTHING || s == 10)
			s = any_number(g);
		if (g->reg[s].kind == NOTHING)
			return;
		if (one_in(g, 3)) {
			put(g, MOV_REG((u8)r, 10));
			put(g, ALU_IMM(BPF_ADD, (u8)r, -32));
			g->reg[r] = (struct guess){ .kind = FRAME, .off = -32 };
		} else {
			put(g, MOV_REG((u8)r, s));
			g->reg[r] = g->reg[s];
		}
		f.arg[r] = as_argument(g->reg[r]);
	}
	f.from = put(g, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
	g->funcs[g->p->nr_funcs++] = f;
	for (u32 r = 0; r <= 5; r++)
		g->reg[r].kind = NOTHING;
	g->reg[0] = number(one_in(g, 8) ? 16 : UNBOUNDED);
	forget_numbers_in_stack(g);
}

/* int f(int), verified once for any argument. */
void gen_global_call(struct gen *g)
{
	struct func f = { .role = ROLE_GLOBAL, .arg[1] = number(UNBOUNDED) };
	u8 r = any_number(g);

	if (!room_for_function(g) || g->reg[r].kind != NUMBER)
		return;
	put(g, MOV_REG(1, r));
	f.from = put(g, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
	g->p->global[g->p->nr_funcs] = true;
	g->funcs[g->p->nr_funcs++] = f;
	for (u32 k = 0; k <= 5; k++)
		g->reg[k].kind = NOTHING;
	g->reg[0] = number(UNBOUNDED);
}

/* r = the callbacks' context; what they will see */
static struct guess put_callback_context(struct gen *g, u8 r)
{
	s32 off = -8 * (s32)(1 + below(g, SLOTS));

	if (one_in(g, 6)) {
		put(g, MOV_IMM(r, 0));
		return number(0);
	}
	put(g, MOV_REG(r, 10));
	put(g, ALU_IMM(BPF_ADD, r, off));
	return (struct guess){ .kind = FRAME, .map = 1, .off = off };
}

void gen_bpf_loop(struct gen *g)
{
	struct func f = { .role = ROLE_LOOP };
	int n = small_number(g);

	if (!room_for_function(g))
		return;
	f.arg[1] = number(UNBOUNDED);
	f.arg[2] = put_callback_context(g, 3);
	if (n > 3 && g->reg[n].max < 64)
		put(g, MOV_REG(1, (u8)n));
	else
		put(g, MOV_IMM(1, (s32)below(g, 6)));
	put_func(g, 2, f);
	put(g, MOV_IMM(4, 0));
	put_call(g, BPF_FUNC_loop);
	forget_numbers_in_stack(g);
}

void gen_for_each(struct gen *g)
{
	struct func f = { .role = ROLE_EACH };
	u32 map = usual_map(g);

	if (!room_for_function(g))
		return;
	f.arg[2] = (struct guess){ .kind = KEY };
	f.arg[3] = (struct guess){ .kind = VALUE, .map = map };
	f.arg[4] = put_callback_context(g, 3);
	put_map(g, 1, map, false, 0);
	put_func(g, 2, f);
	put(g, MOV_IMM(4, 0));
	put_call(g, BPF_FUNC_for_each_map_elem);
	forget_numbers_in_stack(g);
	g->p->wild |= map == GMAP_HASH; /* order, and how a callback sees what it deletes */
}

void gen_record(struct gen *g)
{
	u32 size = 8 + 8 * below(g, 4);

	if (g->held || g->depth)
		return;
	put_map(g, 1, GMAP_RING, false, 0);
	put(g, MOV_IMM(2, (s32)size));
	put(g, MOV_IMM(3, 0));
	put_call(g, BPF_FUNC_ringbuf_reserve);
	null_check(g, 0);
	put(g, MOV_REG(8, 0));
	put(g, STORE(BPF_DW, 10, 8, -STACK));
	g->p->wild = true; /* what was in the ring before */
	g->reg[0] = g->reg[8] = (struct guess){ .kind = RECORD, .size = size };
	g->slot[SLOTS - 1].kind = NOTHING;
	g->held++;
	statements(g, 1 + below(g, 3));
	g->held--;
	put(g, one_in(g, 40) ? MOV_REG(1, 8) : LOAD(BPF_DW, 1, 10, -STACK));
	put(g, MOV_IMM(2, BPF_RB_NO_WAKEUP));
	put_call(g, one_in(g, 2) ? BPF_FUNC_ringbuf_submit : BPF_FUNC_ringbuf_discard);
	for (u32 r = 0; r < 11; r++)
		if (g->reg[r].kind == RECORD && !one_in(g, 30))
			g->reg[r].kind = NOTHING;
	for (u32 n = 0; n < SLOTS; n++)
		if (g->slot[n].kind == RECORD)
			g->slot[n].kind = NOTHING;
}

void gen_lock(struct gen *g)
{
	int p = -1;

	for (int r = 6; r < 10; r++)
		if (g->reg[r].kind == VALUE && g->reg[r].map == GMAP_LOCKED && !g->reg[r].off &&
		    !g->reg[r].var)
			p = r;
	if (p < 0 || g->held)
		return;
	put(g, MOV_REG(1, (u8)p));
	put_call(g, BPF_FUNC_spin_lock);
	g->reg[0].kind = NOTHING;
	g->held++;
	statements(g, 1 + below(g, 3));
	g->held--;
	put(g, MOV_REG(1, (u8)p));
	put_call(g, BPF_FUNC_spin_unlock);
	g->reg[0].kind = NOTHING;
}
