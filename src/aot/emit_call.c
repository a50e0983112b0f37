/* Calls, and constants that are addresses: what a program needs from outside stands in its table (AOT_ENV_…). */
#include "aot/emit.h"
#include "base/err.h"
#include "map/map.h"

u32 emit_frame_size(const struct emit *e)
{
	return SKEP_FRAME_SIZE(e->p->subs[e->sub].stack_depth);
}

u32 emit_sub_at(const struct emit *e, s64 start)
{
	u32 s = 0;

	while (s < e->p->nr_subs && e->p->subs[s].start != start)
		s++;
	return s;
}

u32 emit_helper_slot(const struct emit *e, u32 id)
{
	u32 n = 0;

	while (n < e->nr_helpers && e->helpers[n] != id)
		n++;
	return AOT_ENV_FIXED + 2 * e->p->nr_maps + n;
}

u32 emit_callee(const struct bpf_insn *i)
{
	return insn_is_kfunc_call(i) ? AOT_KFUNC | (u16)i->off : (u32)i->imm;
}

int emit_call(struct emit *e, const struct bpf_insn *i, u32 n)
{
	if (i->src_reg == BPF_PSEUDO_CALL) {
		PUT(e, "r0 = p%u_f%u(r1, r2, r3, r4, r5, run, (u8 *)r10);\n", e->no,
		    emit_sub_at(e, (s64)n + 1 + i->imm));
	} else if (i->src_reg == 0 && i->imm == BPF_FUNC_timer_set_callback) {
		return emit_refuse(e, n); /* it is passed the program's address */
	} else if (i->src_reg == 0 && i->imm == BPF_FUNC_tail_call && e->p->rt->prog_array_get) {
		PUT(e, "TAIL_CALL(p%u_env, r2, r3, r10 - %u);\n", e->no, emit_frame_size(e));
	} else {
		PUT(e,
		    "STACK_TOP = (u8 *)r10;\n\tr0 = ((helper_fn *)p%u_env[%u])(r1, r2, r3, r4, r5, "
		    "run);\n",
		    e->no, emit_helper_slot(e, emit_callee(i)));
	}
	return 0;
}

int emit_ld(struct emit *e, const struct bpf_insn *i, u32 n)
{
	u32 index, off;

	if (!insn_is_ld_imm64(i)) {
		if (BPF_MODE(i->code) == BPF_IND)
			PUT(e, "LEGACY_LOAD(p%u_env, %u, (u32)r%u + %#xu);\n", e->no,
			    access_size(i->code), i->src_reg, (u32)i->imm);
		else
			PUT(e, "LEGACY_LOAD(p%u_env, %u, %#xu);\n", e->no, access_size(i->code),
			    (u32)i->imm);
		return 0;
	}
	PUT(e, "r%u = ", i->dst_reg);
	if (insn_is_func_addr(i))
		PUT(e, "(u64)p%u_f%u;\n", e->no, emit_sub_at(e, (s64)n + 1 + i->imm));
	else if (!map_of_insn(e->p, i, &index, &off))
		PUT(e, "%#llxull;\n", (unsigned long long)insn_imm64(i));
	else if (i->src_reg == BPF_PSEUDO_MAP_VALUE)
		PUT(e, "p%u_env[%u] + %u;\n", e->no, AOT_ENV_FIXED + e->p->nr_maps + index, off);
	else
		PUT(e, "p%u_env[%u];\n", e->no, AOT_ENV_FIXED + index);
	return 0;
}
