/* Several instructions that one machine instruction can do (jit/fuse.c has rotations): sums into a third register,
 * addresses that are sums, loads in network byte order. */
#include "exec/jit_x86_64/jit.h"

void emit_rotate(struct jit *j, u8 class, u8 to, u8 from, u32 left)
{
	u32 wide = class == BPF_ALU64 ? X64_W : 0;

	if (to != from && j->newer) {
		x64_rorx(&j->a, wide, jit_reg(j, to), jit_reg(j, from),
			 (u8)((wide ? 64 : 32) - left));
		return;
	}
	if (to != from)
		x64_rr(&j->a, X64_MOV | wide, jit_reg(j, to), jit_reg(j, from));
	x64_shift_imm(&j->a, SHIFT_ROL, wide, jit_reg(j, to), (u8)left);
}

/* a = x; a += y or a constant: the address [x + y + off] or [x + constant + off]. */
static bool is_sum(const struct jit *j, const struct bpf_insn *i, u8 class, s32 off,
		   struct x64_mem *m)
{
	bool by_reg = jit_is_op(&i[1], class, BPF_ADD | BPF_X);
	s64 disp = by_reg ? off : (s64)i[1].imm + off;

	if (!jit_in_a_row(j, 2) || !jit_is_move(i, class) || i[1].dst_reg != i[0].dst_reg ||
	    (by_reg && i[1].src_reg == i[0].dst_reg) ||
	    (!by_reg && !jit_is_op(&i[1], class, BPF_ADD | BPF_K)) || disp != (s32)disp)
		return false;
	*m = x64_at(jit_reg(j, i->src_reg), (s32)disp);
	if (by_reg)
		m->index = jit_reg(j, i[1].src_reg);
	return true;
}

static u32 fuse_sum(struct jit *j, const struct bpf_insn *i, u8 class)
{
	struct x64_mem m;

	if (i->dst_reg == i->src_reg || !is_sum(j, i, class, 0, &m))
		return 0;
	x64_rm(&j->a, X64_LEA | (class == BPF_ALU64 ? X64_W : 0), jit_reg(j, i->dst_reg), m);
	return 2;
}

/* a sum, then a load from there; the sum itself is not read again. */
static u32 fuse_address(struct jit *j, const struct bpf_insn *i)
{
	struct x64_mem m;

	if (!jit_in_a_row(j, 3) || BPF_CLASS(i[2].code) != BPF_LDX ||
	    BPF_MODE(i[2].code) != BPF_MEM || i[2].src_reg != i->dst_reg ||
	    (i[2].dst_reg != i->dst_reg && !jit_dead_after(j, 3, i->dst_reg)) ||
	    !is_sum(j, i, BPF_ALU64, i[2].off, &m))
		return 0;
	x64_rm(&j->a, x64_load_op(i[2].code), jit_reg(j, i[2].dst_reg), m);
	return 3;
}

/* A load and a swap of what it gave: after a load of 16 bits, the rest is 0 already. */
static u32 fuse_swapped_load(struct jit *j, const struct bpf_insn *i)
{
	u8 code = i[0].code, d = jit_reg(j, i->dst_reg);
	bool swaps =
		i[1].code == (BPF_ALU | BPF_END | BPF_TO_BE) || i[1].code == (BPF_ALU64 | BPF_END);

	if (!jit_in_a_row(j, 2) || !swaps || i[1].off || i[1].dst_reg != i->dst_reg ||
	    BPF_MODE(code) != BPF_MEM || i[1].imm != (s32)(8 * access_size(code)))
		return 0;
	x64_rm(&j->a, x64_load_op(code), d, x64_at(jit_reg(j, i->src_reg), i->off));
	if (BPF_SIZE(code) == BPF_H)
		x64_swap16(&j->a, d);
	else
		x64_bswap(&j->a, BPF_SIZE(code) == BPF_DW ? X64_W : 0, d);
	return 2;
}

u32 jit_fuse(struct jit *j, const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	if (class == BPF_LDX)
		return fuse_swapped_load(j, i);
	if ((class != BPF_ALU && class != BPF_ALU64) || !jit_is_move(i, class))
		return 0;
	return jit_fuse_rotation(j, i, class) ?: fuse_address(j, i) ?: fuse_sum(j, i, class);
}
