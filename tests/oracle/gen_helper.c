/* Calls of helpers that look at memory or move the packet. */
#include "oracle/gen.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

/* r = memory of at least *size bytes, or FALSE; writes to *size. */
bool put_memory(struct gen *g, u8 r, bool written, u32 *size)
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
		for (u32 k = 0; written && k <= n; k++)
			if (slot_is_object(g, k))
				return false;
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
void put_size(struct gen *g, u8 r, u32 max)
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

void gen_probe_read(struct gen *g)
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

void gen_load_bytes(struct gen *g)
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

void gen_csum_diff(struct gen *g)
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

void gen_map_change(struct gen *g)
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

void gen_strtol(struct gen *g)
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

void gen_snprintf(struct gen *g)
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

void gen_ringbuf_output(struct gen *g)
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

void gen_simple_call(struct gen *g)
{
	if (g->held)
		return;
	put_call(g, BPF_FUNC_get_smp_processor_id);
	g->p->wild = true;
}

void gen_move_packet(struct gen *g)
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

void gen_tail_call(struct gen *g)
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

void gen_ld_abs(struct gen *g)
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
