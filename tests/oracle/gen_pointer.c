/* Statements about pointers: into the stack, map values, packets. */
#include "oracle/gen.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

void gen_frame_pointer(struct gen *g)
{
	u8 r = target(g);
	s32 off = -(s32)(8 * (1 + below(g, SLOTS)));

	put(g, MOV_REG(r, 10));
	put(g, ALU_IMM(BPF_ADD, r, off));
	g->reg[r] = (struct guess){ .kind = FRAME, .off = off };
}

void gen_value_address(struct gen *g)
{
	static const u32 maps[] = { GMAP_ARRAY, GMAP_ARRAY, GMAP_FROZEN };
	u32 map = maps[below(g, 3)];
	u8 r = target(g);
	s32 off = (s32)below(g, VALUE_SIZE / 4) * 4;

	put_map(g, r, map, true, off);
	g->reg[r] = (struct guess){ .kind = VALUE, .map = map, .off = off };
}

static void move_by_constant(struct gen *g, u8 p)
{
	s32 by = (s32)below(g, 5) * 8 - 16;

	if (one_in(g, 40))
		by = constant(g) % (1 << 30);
	if (one_in(g, 3) && g->reg[p].kind != FRAME) {
		put(g, ALU_IMM(BPF_SUB, p, by));
		by = -by;
	} else {
		put(g, ALU_IMM(BPF_ADD, p, by));
	}
	g->reg[p].off += by;
}

static void move_by_number(struct gen *g, u8 p, u8 n)
{
	u32 max = g->reg[n].max;

	if (g->reg[p].kind == FRAME && !one_in(g, 10)) {
		put(g, ALU_IMM(BPF_AND, n, (s32)(max & 24)));
		g->reg[n].max = max &= 24;
	}
	if (one_in(g, 10) && n != 9) {
		put(g, ALU_REG(BPF_ADD, n, p));
		g->reg[n] = g->reg[p];
		g->reg[n].var += max;
		p = n;
	} else {
		put(g, ALU_REG(one_in(g, 20) ? BPF_SUB : BPF_ADD, p, n));
		g->reg[p].var += max;
	}
	if (g->reg[p].kind == PACKET)
		g->reg[p].size = 0;
}

void gen_move_pointer(struct gen *g)
{
	int from = any_pointer(g), n = small_number(g);
	u8 p = target(g);

	if (from < 0 || p == n)
		return;
	put(g, MOV_REG(p, (u8)from));
	g->reg[p] = g->reg[from];
	if (n < 0 || one_in(g, 3) || (n == 9 && g->in_loop && g->reg[p].kind == FRAME))
		move_by_constant(g, p);
	else
		move_by_number(g, p, (u8)n);
}

/* All forms of "is [p, p + n) inside the packet", some of them off by one or the wrong way round. */
void gen_check_packet(struct gen *g)
{
	static const struct {
		u8 op;
		bool swap, jumps; /* end OP p; the good edge is the jump */
		u8 open;
	} forms[] = { { BPF_JGT, 0, 0, 0 }, { BPF_JGT, 0, 0, 0 }, { BPF_JGE, 0, 0, 1 },
		      { BPF_JLT, 1, 0, 0 }, { BPF_JLE, 1, 0, 1 }, { BPF_JLE, 0, 1, 0 },
		      { BPF_JLT, 0, 1, 1 }, { BPF_JGE, 1, 1, 0 }, { BPF_JGT, 1, 1, 1 } };
	int p = find(g, PACKET), end = find(g, PACKET_END);
	u32 k = below(g, ARRAY_SIZE(forms)), n = 1 + below(g, 24), skip;
	struct bpf_insn i;
	u8 d = target(g);

	if (p < 0 || end < 0 || d == p || d == end || g->held)
		return;
	put(g, MOV_REG(d, (u8)p));
	put(g, ALU_IMM(BPF_ADD, d, (s32)n));
	g->reg[d] = g->reg[p];
	g->reg[d].off += (s32)n;
	i = INSN(BPF_JMP | BPF_X | forms[one_in(g, 20) ? below(g, ARRAY_SIZE(forms)) : k].op,
		 forms[k].swap ? (u8)end : d, forms[k].swap ? d : (u8)end, 0, 0);
	if (forms[k].jumps) {
		skip = put(g, i);
		jump_out(g, INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0));
		land(g, skip);
	} else {
		jump_out(g, i);
	}
	if (g->reg[d].off > 0)
		g->reg[p].size = g->reg[d].size = (u32)g->reg[d].off + forms[k].open;
}

u32 usual_map(struct gen *g)
{
	static const u32 maps[] = { GMAP_ARRAY, GMAP_HASH, GMAP_HASH, GMAP_PERCPU, GMAP_LOCKED };
	bool may_lock = g->p->type == BPF_PROG_TYPE_XDP || g->p->type == BPF_PROG_TYPE_SCHED_CLS;

	return maps[below(g, may_lock ? 5 : 4)];
}

static s16 put_key(struct gen *g)
{
	u32 n = below(g, SLOTS);
	s16 at;

	int k = small_number(g);

	for (u32 tries = 0; tries < SLOTS && slot_is_object(g, n); tries++)
		n = (n + 1) % SLOTS;
	at = (s16)(-8 * (s32)n - 8);
	if (k >= 0 && one_in(g, 2))
		put(g, STORE(BPF_W, 10, (u8)k, at));
	else
		put(g, STORE_IMM(BPF_W, 10, at, (s32)below(g, 4)));
	if (g->slot[n].kind != NUMBER)
		g->slot[n].kind = NOTHING;
	else
		g->slot[n].max = UNBOUNDED;
	return at;
}

/* r2 = a key in the stack, r1 = the map */
void put_map_and_key(struct gen *g, u32 map)
{
	s16 at = put_key(g);

	put(g, MOV_REG(2, 10));
	put(g, ALU_IMM(BPF_ADD, 2, at));
	put_map(g, 1, map, false, 0);
}

void null_check(struct gen *g, u8 r)
{
	u32 skip;

	if (one_in(g, 30))
		return;
	if (one_in(g, 4)) {
		skip = put(g, JUMP_IMM(BPF_JNE, r, 0, 0));
		jump_out(g, INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0));
		land(g, skip);
	} else {
		jump_out(g, JUMP_IMM(BPF_JEQ, r, 0, 0));
	}
}

void gen_look_up(struct gen *g)
{
	u32 map = usual_map(g);
	u8 r;

	if (g->held && !one_in(g, 20))
		return;
	put_map_and_key(g, map);
	put_call(g, BPF_FUNC_map_lookup_elem);
	g->reg[0] = (struct guess){ .kind = VALUE_OR_NULL, .map = map };
	r = target(g);
	if (one_in(g, 2)) {
		put(g, MOV_REG(r, 0));
		g->reg[r] = g->reg[0];
	} else {
		r = 0;
	}
	null_check(g, r);
	g->reg[0].kind = g->reg[r].kind = VALUE;
}
