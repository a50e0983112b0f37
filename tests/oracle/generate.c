/* See generate.h. Each function has r6 (the context in main), a stack of STACK bytes, and one place that
 * it leaves from early ("out"), which is not jumped to while something is held. */
#include "oracle/generate.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

#define STACK	   128
#define SLOTS	   (STACK / 8)
#define MAX_OUTS   256
#define UNBOUNDED  (~0u)
#define VALUE_SIZE 32

/* Helpers that Debian 12's headers lack a name for are not called. */
const struct generate_map_attr generate_maps[GMAP_COUNT] = {
	[GMAP_ARRAY] = { BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 1, 0, false },
	[GMAP_HASH] = { BPF_MAP_TYPE_HASH, 4, VALUE_SIZE, 4, 0, false },
	[GMAP_FROZEN] = { BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 1, BPF_F_RDONLY_PROG, false },
	[GMAP_RING] = { BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0, false },
	[GMAP_PROGS] = { BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2, 0, false },
	[GMAP_LOCKED] = { BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 2, 0, true },
	[GMAP_PERCPU] = { BPF_MAP_TYPE_PERCPU_ARRAY, 4, VALUE_SIZE, 2, 0, false },
};

enum kind {
	NOTHING,
	NUMBER,
	CONTEXT,
	FRAME,
	VALUE,
	VALUE_OR_NULL,
	PACKET,
	PACKET_END,
	RECORD,
	KEY
};

struct guess { /* what a register or slot probably holds */
	enum kind kind;
	u32 map;
	s32 off;  /* of pointers, constant part */
	u32 var;  /* … at most this more */
	u32 max;  /* of numbers */
	u32 size; /* PACKET: bytes checked; RECORD: its size */
};

enum role { ROLE_MAIN, ROLE_SUB, ROLE_LOOP, ROLE_EACH };

struct func { /* to be generated */
	enum role role;
	struct guess arg[6];
	u32 from; /* the instruction that names it */
};

struct gen {
	struct generated *p;
	u64 state;
	struct guess reg[11], slot[SLOTS];
	struct func funcs[GENERATE_MAX_FUNCS];
	enum role role;
	u32 outs[MAX_OUTS], nr_outs;
	u32 depth, held; /* of blocks; records and locks held */
	u32 size;	 /* of main: statements */
	u64 without;	 /* kinds of statements that this program has not: programs differ more */
	bool in_loop;
	bool unclear; /* some frame's stack may hold what is chance: nothing written, pointers */
};

/* --- chance --- */

static u32 below(struct gen *g, u32 n) /* 0 … n - 1 */
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (u32)(g->state >> 32) % n;
}

static bool one_in(struct gen *g, u32 n)
{
	return below(g, n) == 0;
}

static s32 constant(struct gen *g)
{
	static const s32 edges[] = { 0,	  1,	  -1,	  2,	      3,
				     4,	  7,	  8,	  15,	      16,
				     31,  32,	  63,	  64,	      127,
				     128, 0x7fff, 0xffff, 0x7fffffff, (s32)1u << 31,
				     -8 };

	return one_in(g, 4) ? (s32)(u32)(g->state >> 16) : edges[below(g, ARRAY_SIZE(edges))];
}

static u8 any_size(struct gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

	return sizes[below(g, 4)];
}

/* --- writing code --- */

static u32 put(struct gen *g, struct bpf_insn i)
{
	if (g->p->len < GENERATE_MAX_INSNS)
		g->p->insns[g->p->len++] = i;
	return g->p->len - 1;
}

static void land(struct gen *g, u32 jump) /* jump comes here */
{
	g->p->insns[jump].off = (s16)(g->p->len - jump - 1);
}

static void jump_out(struct gen *g, struct bpf_insn i)
{
	if (g->nr_outs < MAX_OUTS && (!g->held || one_in(g, 20)))
		g->outs[g->nr_outs++] = put(g, i);
}

static void put_map(struct gen *g, u8 r, u32 map, bool value, s32 off)
{
	put(g, INSN(BPF_LD | BPF_IMM | BPF_DW, r, value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD,
		    0, (s32)map));
	put(g, INSN(0, 0, 0, 0, off));
}

static void put_func(struct gen *g, u8 r, struct func f)
{
	f.from = put(g, INSN(BPF_LD | BPF_IMM | BPF_DW, r, BPF_PSEUDO_FUNC, 0, 0));
	put(g, INSN(0, 0, 0, 0, 0));
	g->p->takes_address = true;
	g->funcs[g->p->nr_funcs++] = f;
}

static void put_call(struct gen *g, u32 helper)
{
	put(g, CALL_HELPER((s32)helper));
	for (u32 r = 0; r <= 5; r++)
		g->reg[r].kind = NOTHING;
	g->reg[0] = (struct guess){ .kind = NUMBER, .max = UNBOUNDED };
}

static struct guess number(u32 max)
{
	return (struct guess){ .kind = NUMBER, .max = max };
}

/* --- choosing registers --- */

static int find(struct gen *g, enum kind kind)
{
	u32 start = below(g, 11);

	for (u32 i = 0; i < 11; i++)
		if (g->reg[(start + i) % 11].kind == kind)
			return (int)((start + i) % 11);
	return -1;
}

/* To write to: not the context's usual home. */
static u8 target(struct gen *g)
{
	u8 r = (u8)below(g, 10);

	if ((r == 6 && !one_in(g, 40)) || (r == 9 && g->in_loop))
		r = 7;
	return r;
}

static u8 any_number(struct gen *g)
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
static u8 own_number(struct gen *g)
{
	u8 r = any_number(g);

	if (r != 9 || !g->in_loop)
		return r;
	put(g, MOV_REG(7, 9));
	g->reg[7] = g->reg[9];
	return 7;
}

static int small_number(struct gen *g)
{
	u32 start = below(g, 10);

	for (u32 i = 0; i < 10; i++) {
		u32 r = (start + i) % 10;

		if (g->reg[r].kind == NUMBER && g->reg[r].max <= 256)
			return (int)r;
	}
	return -1;
}

/* --- numbers --- */

static void gen_load_context(struct gen *g)
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

static void gen_constant(struct gen *g)
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

static void gen_alu(struct gen *g)
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

static void gen_unary(struct gen *g)
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
static void gen_copy(struct gen *g)
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

static void gen_bound(struct gen *g)
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
static void gen_bound_copy(struct gen *g)
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

/* --- memory --- */

static int any_pointer(struct gen *g)
{
	static const enum kind kinds[] = { FRAME, FRAME, VALUE, VALUE, PACKET, VALUE, RECORD, KEY };

	return find(g, kinds[below(g, ARRAY_SIZE(kinds))]);
}

static void region(const struct guess *p, s32 *lo, s32 *hi)
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

static void gen_load(struct gen *g)
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

static void gen_store(struct gen *g)
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

static void gen_ordered(struct gen *g)
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
static void gen_spill(struct gen *g)
{
	u32 n = below(g, SLOTS);
	u8 r = (u8)below(g, 11), size = any_size(g);

	if (g->reg[r].kind == NOTHING)
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

static void gen_fill(struct gen *g)
{
	u32 n = below(g, SLOTS);
	u8 d = target(g), size = any_size(g);
	bool high = one_in(g, 6);

	if (g->slot[n].kind == NOTHING && !one_in(g, 50))
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

/* --- pointers --- */

static void gen_frame_pointer(struct gen *g)
{
	u8 r = target(g);
	s32 off = -(s32)(8 * (1 + below(g, SLOTS)));

	put(g, MOV_REG(r, 10));
	put(g, ALU_IMM(BPF_ADD, r, off));
	g->reg[r] = (struct guess){ .kind = FRAME, .off = off };
}

static void gen_value_address(struct gen *g)
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

static void gen_move_pointer(struct gen *g)
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
static void gen_check_packet(struct gen *g)
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

static u32 usual_map(struct gen *g)
{
	static const u32 maps[] = { GMAP_ARRAY, GMAP_HASH, GMAP_HASH, GMAP_PERCPU, GMAP_LOCKED };
	bool may_lock = g->p->type == BPF_PROG_TYPE_XDP || g->p->type == BPF_PROG_TYPE_SCHED_CLS;

	return maps[below(g, may_lock ? 5 : 4)];
}

static s16 put_key(struct gen *g)
{
	u32 n = below(g, SLOTS);
	s16 at = (s16)(-8 * (s32)n - 8);
	int k = small_number(g);

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
static void put_map_and_key(struct gen *g, u32 map)
{
	s16 at = put_key(g);

	put(g, MOV_REG(2, 10));
	put(g, ALU_IMM(BPF_ADD, 2, at));
	put_map(g, 1, map, false, 0);
}

static void null_check(struct gen *g, u8 r)
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

static void gen_look_up(struct gen *g)
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

/* --- helpers --- */

/* r = memory of at least *size bytes, or FALSE; writes to *size. */
static bool put_memory(struct gen *g, u8 r, bool written, u32 *size)
{
	u32 kind = below(g, 4), n = below(g, SLOTS);
	int p = kind == 0 ? find(g, VALUE) : kind == 1 ? find(g, PACKET) : -1;
	s32 lo, hi;

	if (p >= 0 && p > r) {
		region(&g->reg[p], &lo, &hi);
		hi -= g->reg[p].off + (s32)g->reg[p].var;
		if (hi <= 0 || g->reg[p].off < lo)
			return false;
		put(g, MOV_REG(r, (u8)p));
		*size = (u32)hi;
	} else {
		put(g, MOV_REG(r, 10));
		put(g, ALU_IMM(BPF_ADD, r, -8 * (s32)n - 8));
		*size = 8 * n + 8;
		g->p->wild |= !written;
		for (u32 k = 0; written && k <= n; k++)
			if (g->slot[k].kind != NUMBER)
				g->slot[k].kind = NOTHING;
			else
				g->slot[k].max = UNBOUNDED;
	}
	if (*size > 1 && one_in(g, 2))
		*size = 1 + below(g, *size);
	if (one_in(g, 40))
		*size += 1 + below(g, 16);
	return true;
}

/* r = a size up to max: a constant, or bounded */
static void put_size(struct gen *g, u8 r, u32 max)
{
	int n = small_number(g);

	if (n > r && g->reg[n].max < max && one_in(g, 2)) {
		put(g, MOV_REG(r, (u8)n));
		if (one_in(g, 2))
			put(g, ALU_IMM(BPF_ADD, r, 1));
		return;
	}
	put(g, MOV_IMM(r, (s32)max));
}

static void gen_probe_read(struct gen *g)
{
	static const u32 ids[] = { BPF_FUNC_probe_read_kernel, BPF_FUNC_probe_read_kernel_str };
	int p = find(g, VALUE);
	u32 size;

	if (g->held || p < 0 || p <= 2 || !put_memory(g, 1, true, &size))
		return;
	put(g, MOV_REG(3, (u8)p));
	put_size(g, 2, MIN(size, 8));
	put_call(g, ids[below(g, 2)]);
	g->p->wild |= g->reg[p].off || g->reg[p].var;
	g->reg[0].max = one_in(g, 4) ? size : UNBOUNDED;
}

static void gen_load_bytes(struct gen *g)
{
	bool xdp = g->p->type == BPF_PROG_TYPE_XDP;
	int c = find(g, CONTEXT);
	u32 size;

	if (g->held || c < 2 || g->p->type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
	    !put_memory(g, 3, true, &size))
		return;
	put(g, MOV_IMM(2, (s32)below(g, 80)));
	put_size(g, 4, size);
	put(g, MOV_REG(1, (u8)c));
	put_call(g, xdp ? BPF_FUNC_xdp_load_bytes : BPF_FUNC_skb_load_bytes);
}

static void gen_csum_diff(struct gen *g)
{
	u32 size;

	if (g->held || (g->p->type != BPF_PROG_TYPE_XDP && g->p->type != BPF_PROG_TYPE_SCHED_CLS))
		return;
	if (!put_memory(g, 3, false, &size))
		return;
	put_size(g, 4, size & ~3u ? size & ~3u : 4);
	put(g, MOV_IMM(1, 0));
	put(g, MOV_IMM(2, 0));
	put(g, MOV_IMM(5, constant(g)));
	put_call(g, BPF_FUNC_csum_diff);
	g->p->wild = true;
}

static void gen_map_change(struct gen *g)
{
	u32 map = usual_map(g), size;

	if (g->held || !put_memory(g, 3, false, &size))
		return;
	if (size < VALUE_SIZE && !one_in(g, 40)) {
		put(g, MOV_REG(3, 10));
		put(g, ALU_IMM(BPF_ADD, 3, -VALUE_SIZE));
		g->p->wild = true;
	}
	put_map_and_key(g, map);
	if (one_in(g, 2)) {
		put_call(g, BPF_FUNC_map_delete_elem);
		return;
	}
	put(g, MOV_IMM(4, (s32)below(g, 3)));
	put_call(g, BPF_FUNC_map_update_elem);
}

static void gen_strtol(struct gen *g)
{
	u32 size;

	if (g->held || !put_memory(g, 1, false, &size))
		return;
	put_size(g, 2, size);
	put(g, MOV_IMM(3, one_in(g, 2) ? 0 : 10));
	put(g, MOV_REG(4, 10));
	put(g, ALU_IMM(BPF_ADD, 4, -8));
	g->slot[0] = number(UNBOUNDED);
	put_call(g, BPF_FUNC_strtol);
}

static void gen_snprintf(struct gen *g)
{
	u32 size;

	if (g->held || !put_memory(g, 1, true, &size))
		return;
	put_size(g, 2, size);
	put_map(g, 3, GMAP_FROZEN, true, one_in(g, 20) ? 8 : 0);
	put(g, MOV_REG(4, 10));
	put(g, ALU_IMM(BPF_ADD, 4, -8));
	put(g, MOV_IMM(5, one_in(g, 20) ? 16 : 8));
	g->p->wild |= g->slot[0].kind != NUMBER;
	put_call(g, BPF_FUNC_snprintf);
}

static void gen_ringbuf_output(struct gen *g)
{
	u32 size;

	if (g->held || !put_memory(g, 2, false, &size))
		return;
	put_size(g, 3, size);
	put_map(g, 1, GMAP_RING, false, 0);
	put(g, MOV_IMM(4, BPF_RB_NO_WAKEUP));
	put_call(g, BPF_FUNC_ringbuf_output);
	g->p->wild = true;
}

static void gen_simple_call(struct gen *g)
{
	if (g->held)
		return;
	put_call(g, BPF_FUNC_get_smp_processor_id);
	g->p->wild = true;
}

static void gen_move_packet(struct gen *g)
{
	int c = find(g, CONTEXT);

	if (g->held || c < 0 || g->p->type == BPF_PROG_TYPE_SOCKET_FILTER ||
	    g->p->type == BPF_PROG_TYPE_RAW_TRACEPOINT)
		return;
	put(g, MOV_REG(1, (u8)c));
	put(g, MOV_IMM(2, g->p->type == BPF_PROG_TYPE_XDP ? (s32)below(g, 3) * 8 - 8 : 16));
	put_call(g, g->p->type == BPF_PROG_TYPE_XDP ? BPF_FUNC_xdp_adjust_head
						    : BPF_FUNC_skb_pull_data);
	for (u32 r = 0; r < 11; r++)
		if ((g->reg[r].kind == PACKET || g->reg[r].kind == PACKET_END) && !one_in(g, 30))
			g->reg[r].kind = NOTHING;
	for (u32 n = 0; n < SLOTS; n++)
		if (g->slot[n].kind == PACKET || g->slot[n].kind == PACKET_END)
			g->slot[n].kind = NOTHING;
}

static void gen_tail_call(struct gen *g)
{
	int c = find(g, CONTEXT), n = small_number(g);

	if (g->held || c < 1 || (g->role != ROLE_MAIN && !one_in(g, 4)))
		return;
	if (n > 0)
		put(g, MOV_REG(3, (u8)n));
	else
		put(g, MOV_IMM(3, (s32)below(g, 3)));
	if (c == 3)
		return;
	put(g, MOV_REG(1, (u8)c));
	put_map(g, 2, GMAP_PROGS, false, 0);
	put_call(g, BPF_FUNC_tail_call);
}

static void gen_ld_abs(struct gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W };

	if (g->held || g->reg[6].kind != CONTEXT || g->role > ROLE_SUB ||
	    (g->p->type != BPF_PROG_TYPE_SOCKET_FILTER && g->p->type != BPF_PROG_TYPE_SCHED_CLS))
		return;
	if (one_in(g, 2))
		put(g, INSN(BPF_LD | BPF_ABS | sizes[below(g, 3)], 0, 0, 0, (s32)below(g, 70)));
	else
		put(g, INSN(BPF_LD | BPF_IND | sizes[below(g, 3)], 0, any_number(g), 0,
			    (s32)below(g, 20)));
	for (u32 r = 0; r <= 5; r++)
		g->reg[r].kind = NOTHING;
	g->reg[0] = number(UNBOUNDED);
}

/* --- blocks --- */

static void statements(struct gen *g, u32 n);

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
static void block(struct gen *g, u32 n)
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

static void gen_branch(struct gen *g)
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

static void gen_loop(struct gen *g)
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

/* --- functions, callbacks, records, locks --- */

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

static void gen_call(struct gen *g)
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

static void gen_bpf_loop(struct gen *g)
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

static void gen_for_each(struct gen *g)
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

static void gen_record(struct gen *g)
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

static void gen_lock(struct gen *g)
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

static void statements(struct gen *g, u32 n)
{
	static void (*const makers[])(struct gen *) = {
		gen_load_context,  gen_load_context, gen_constant,
		gen_alu,	   gen_alu,	     gen_alu,
		gen_unary,	   gen_copy,	     gen_copy,
		gen_bound,	   gen_bound,	     gen_bound,
		gen_bound_copy,	   gen_bound_copy,   gen_load,
		gen_load,	   gen_load,	     gen_store,
		gen_store,	   gen_store,	     gen_atomic,
		gen_atomic,	   gen_ordered,	     gen_spill,
		gen_spill,	   gen_spill,	     gen_fill,
		gen_fill,	   gen_fill,	     gen_frame_pointer,
		gen_value_address, gen_move_pointer, gen_move_pointer,
		gen_move_pointer,  gen_check_packet, gen_check_packet,
		gen_look_up,	   gen_look_up,	     gen_probe_read,
		gen_load_bytes,	   gen_csum_diff,    gen_map_change,
		gen_strtol,	   gen_snprintf,     gen_ringbuf_output,
		gen_simple_call,   gen_move_packet,  gen_tail_call,
		gen_ld_abs,	   gen_branch,	     gen_branch,
		gen_branch,	   gen_branch,	     gen_loop,
		gen_call,	   gen_call,	     gen_bpf_loop,
		gen_for_each,	   gen_record,	     gen_lock,
	};

	_Static_assert(ARRAY_SIZE(makers) <= 64, "g->without has a bit for each");

	while (n--) {
		u32 k = below(g, ARRAY_SIZE(makers));

		if (!(g->without >> k & 1))
			makers[k](g);
	}
}

static void clear_stack(struct gen *g)
{
	u32 n = one_in(g, 4) ? below(g, SLOTS) : SLOTS;

	g->unclear |= n < SLOTS;

	for (u32 k = 0; k < n; k++) {
		put(g, STORE_IMM(BPF_DW, 10, (s16)(-8 * (s32)k - 8), 0));
		g->slot[k] = number(0);
	}
}

static void finish(struct gen *g)
{
	bool callback = g->role == ROLE_LOOP || g->role == ROLE_EACH;
	u8 r = any_number(g);

	put(g, MOV_REG(0, r));
	if (callback && !one_in(g, 60))
		put(g, ALU_IMM(BPF_AND, 0, 1));
	put(g, EXIT_INSN());
	for (u32 k = 0; k < g->nr_outs; k++)
		land(g, g->outs[k]);
	if (g->nr_outs) {
		put(g, MOV_IMM(0, callback ? (s32)below(g, 2) : 1));
		put(g, EXIT_INSN());
	}
}

static void point_to(struct gen *g, u32 from, u32 to)
{
	g->p->insns[from].imm = (s32)(to - from - 1);
}

static void function(struct gen *g, u32 k)
{
	const struct func f = g->funcs[k];

	g->p->func[k] = g->p->len;
	g->role = f.role;
	g->nr_outs = g->depth = g->held = 0;
	g->in_loop = false;
	memset(g->reg, 0, sizeof(g->reg));
	memset(g->slot, 0, sizeof(g->slot));
	memcpy(g->reg, f.arg, sizeof(f.arg));
	g->reg[10] = (struct guess){ .kind = FRAME };
	if (k)
		point_to(g, f.from, g->p->len);
	if (f.role == ROLE_MAIN || g->reg[1].kind == CONTEXT || one_in(g, 2)) {
		u8 from = f.role == ROLE_EACH ? 3 : f.role == ROLE_LOOP ? 2 : 1;

		put(g, MOV_REG(6, from));
		g->reg[6] = g->reg[from];
	}
	clear_stack(g);
	statements(g, f.role == ROLE_MAIN ? 6 + below(g, g->size) : 2 + below(g, 6));
	finish(g);
}

void generate(u64 seed, struct generated *out)
{
	static const u32 types[] = { BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP,
				     BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS,
				     BPF_PROG_TYPE_RAW_TRACEPOINT };
	struct gen g = { .p = out, .state = (seed + 1) * 0x9e3779b97f4a7c15 };

	out->len = 0;
	out->nr_funcs = 1;
	out->takes_address = out->wild = false;
	out->type = types[below(&g, ARRAY_SIZE(types))];
	g.size = one_in(&g, 3) ? 80 : 24;
	if (one_in(&g, 2))
		g.without = ((u64)below(&g, ~0u) << 32 | below(&g, ~0u)) &
			    ((u64)below(&g, ~0u) << 32 | below(&g, ~0u));
	g.funcs[0] = (struct func){ .role = ROLE_MAIN, .arg[1].kind = CONTEXT };
	for (u32 k = 0; k < out->nr_funcs; k++)
		function(&g, k);
}
