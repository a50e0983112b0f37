/* Pointers into arenas: casts, arithmetic, which program may have an arena.
 *
 * Sound because: nothing is known of such a pointer, and nothing needs to be: each access through it is a guarded one
 * (exec/guarded.h), which finds out itself whether the memory is there, from the pointer's low 32 bits alone. */
#include "verifier/env.h"

#include "map/arena.h"

int use_arena(struct verifier *v, struct skep_map *m)
{
	struct arena *a = arena_of_map(m);

	if (!a)
		return 0;
	if (v->unpriv)
		return reject(v, -EPERM, "CAP_BPF and CAP_PERFMON are required to use arena");
	if (v->p->arena && v->p->arena != a)
		return reject(v, -EBUSY, "Only one arena per program");
	if (!arena_len(m))
		return reject(v, -EINVAL,
			      "arena's user address must be set via map_extra or mmap()");
	v->p->arena = a;
	v->arena_flags = m->flags;
	return 0;
}

int do_cast(struct verifier *v, const struct bpf_insn *i)
{
	if (!v->p->arena)
		return reject(v, -EINVAL,
			      "addr_space_cast insn can only be used in a program that has an "
			      "associated arena");
	TRY(check_readable(v, i->src_reg));
	TRY(check_writable(v, i->dst_reg));
	if (i->imm == 1)
		set_pointer(reg(v, i->dst_reg), V_ARENA);
	else
		set_unknown(reg(v, i->dst_reg));
	return 0;
}

/* Any operation that has such a pointer on either side yields one. Linux makes it an operation of 32 bits. If the same instruction
 * computes plain numbers on other paths, that would be another number than the walk has seen there: then it stays as it
 * is (arena_rewrite_alu), and the pointer may have upper bits, which no access looks at. */
bool arena_alu(struct verifier *v, const struct bpf_insn *i, const struct value *src)
{
	struct value *dst = reg(v, i->dst_reg);

	if (dst->kind != V_ARENA && src->kind != V_ARENA) {
		v->aux[v->insn].plain_alu = true;
		return false;
	}
	v->aux[v->insn].arena_alu = true;
	set_pointer(dst, V_ARENA);
	return true;
}

/* --- rewriting --- */

static u8 guarded_mode(const struct bpf_insn *i)
{
	if (insn_is_atomic(i))
		return INSN_PROBE_ATOMIC;
	return BPF_MODE(i->code) == BPF_MEMSX ? INSN_PROBE_MEM32SX : INSN_PROBE_MEM32;
}

void arena_rewrite(const struct verifier *v, u32 n, struct bpf_insn *out)
{
	const struct insn_aux *a = &v->aux[n];
	u8 class = BPF_CLASS(out->code);
	bool accesses = class == BPF_LDX || class == BPF_ST || class == BPF_STX;

	if (accesses && a->ptr_kind == V_ARENA) {
		out->code = (u8)(class | BPF_SIZE(out->code) | guarded_mode(out));
	} else if (insn_is_cast(out)) {
		if (out->imm == 1 || (v->arena_flags & BPF_F_NO_USER_CONV))
			*out = (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_X,
						  .dst_reg = out->dst_reg,
						  .src_reg = out->src_reg };
	} else if (class == BPF_ALU64 && a->arena_alu && !a->plain_alu) {
		out->code = (u8)((out->code & ~7) | BPF_ALU);
	} else if (insn_is_ld_imm64(out) && out->src_reg == BPF_PSEUDO_MAP_VALUE && a->map &&
		   arena_of_map(a->map)) {
		out->src_reg = 0; /* a user's address: a number */
	}
}
