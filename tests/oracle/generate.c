/* See generate.h. Each function has r6 (the context in main), a stack of STACK bytes, and one place that
 * it leaves from early ("out"), which is not jumped to while something is held. */
#include "oracle/gen.h"

#include <string.h>

#include "insn/insn.h"
#include "unit/insns.h"

const struct generate_map_attr generate_maps[GMAP_COUNT] = {
	[GMAP_ARRAY] = { BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 1, 0, false },
	[GMAP_HASH] = { BPF_MAP_TYPE_HASH, 4, VALUE_SIZE, 4, 0, false },
	[GMAP_FROZEN] = { BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 1, BPF_F_RDONLY_PROG, false },
	[GMAP_RING] = { BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0, false },
	[GMAP_PROGS] = { BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2, 0, false },
	[GMAP_LOCKED] = { BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 2, 0, true },
	[GMAP_PERCPU] = { BPF_MAP_TYPE_PERCPU_ARRAY, 4, VALUE_SIZE, 2, 0, false },
};

const char *const generate_kfuncs[GKFUNC_COUNT] = {
	[GKFUNC_ITER_NEW] = "bpf_iter_num_new",
	[GKFUNC_ITER_NEXT] = "bpf_iter_num_next",
	[GKFUNC_ITER_DESTROY] = "bpf_iter_num_destroy",
};

void statements(struct gen *g, u32 n)
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
		gen_may_goto,	   gen_iterator,     gen_global_call,
		gen_dynptr,	   gen_dynptr,	     gen_dynptr_slice,
		gen_dynptr_read,   gen_dynptr_write, gen_dynptr_record,
	};

	_Static_assert(ARRAY_SIZE(makers) <= 128, "g->without has a bit for each");

	while (n--) {
		u32 k = below(g, ARRAY_SIZE(makers));

		if (!(g->without[k / 64] >> k % 64 & 1))
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

static u64 any_bits(struct gen *g)
{
	return (u64)below(g, ~0u) << 32 | below(g, ~0u);
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
	memset(out->global, 0, sizeof(out->global));
	out->type = types[below(&g, ARRAY_SIZE(types))];
	g.size = one_in(&g, 3) ? 80 : 24;
	if (one_in(&g, 2))
		for (u32 k = 0; k < 2; k++)
			g.without[k] = any_bits(&g) & any_bits(&g);
	g.funcs[0] = (struct func){ .role = ROLE_MAIN, .arg[1].kind = CONTEXT };
	for (u32 k = 0; k < out->nr_funcs; k++)
		function(&g, k);
}
