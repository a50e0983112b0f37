/* Several instructions that one machine instruction can do, as far as machines agree: what may be taken together, and
 * rotations, which BPF lacks and compilers spell out. Sound because: no jump leads into the middle, and registers
 * that are left out are not read afterwards. */
#include "exec/jit/emit.h"

bool jit_in_a_row(const struct jit *j, u32 n)
{
	if (j->p->len - j->i < n)
		return false;
	for (u32 k = 1; k < n; k++)
		if (j->marks[j->i + k] & (MARK_TARGET | MARK_BOUNDARY))
			return false;
	return true;
}

bool jit_dead_after(const struct jit *j, u32 n, u8 reg)
{
	return !(j->live[j->i + n - 1] >> reg & 1);
}

bool jit_is_op(const struct bpf_insn *i, u8 class, u8 op)
{
	return i->code == (class | op) && !i->off;
}

/* i shifts by a constant, how far to the left (negative: right)? 0 if it is no such shift. */
static s32 left_shift(const struct bpf_insn *i, u8 class)
{
	if (jit_is_op(i, class, BPF_LSH | BPF_K))
		return i->imm;
	return jit_is_op(i, class, BPF_RSH | BPF_K) ? -i->imm : 0;
}

/* Two shifts whose results together are a rotation: by how much to the left? 0 if they are none. */
static u32 rotation(const struct bpf_insn *a, const struct bpf_insn *b, u8 class)
{
	s32 bits = class == BPF_ALU64 ? 64 : 32, x = left_shift(a, class), y = left_shift(b, class);
	s32 left = MAX(x, y), right = MIN(x, y);

	return left > 0 && right < 0 && left - right == bits ? (u32)left : 0;
}

bool jit_is_move(const struct bpf_insn *i, u8 class)
{
	return jit_is_op(i, class, BPF_MOV | BPF_X);
}

static bool joins(const struct bpf_insn *i, u8 class)
{
	return jit_is_op(i, class, BPF_OR | BPF_X) || jit_is_op(i, class, BPF_XOR | BPF_X) ||
	       jit_is_op(i, class, BPF_ADD | BPF_X);
}

/* a = x; a shifted; x shifted the other way; x |= a (or a |= x). The register not joined into is dead. */
static u32 fuse_rotate_in_place(struct jit *j, const struct bpf_insn *i, u8 class)
{
	u8 a = i[0].dst_reg, x = i[0].src_reg, to, other;
	u32 left;

	if (!jit_in_a_row(j, 4) || !jit_is_move(i, class) || a == x || !joins(&i[3], class))
		return 0;
	left = rotation(&i[1], &i[2], class);
	to = i[3].dst_reg;
	other = to == a ? x : a;
	if (!left || i[1].dst_reg + i[2].dst_reg != a + x ||
	    (i[1].dst_reg != a && i[1].dst_reg != x) || (to != a && to != x) ||
	    i[3].src_reg != other || !jit_dead_after(j, 4, other))
		return 0;
	emit_rotate(j, class, to, x, left);
	return 4;
}

/* a = x; a shifted; b = x; b shifted the other way; b |= a (or a |= b). The other one is dead. */
static u32 fuse_rotate_aside(struct jit *j, const struct bpf_insn *i, u8 class)
{
	u8 a = i[0].dst_reg, x = i[0].src_reg, b, to, other;
	u32 left;

	if (!jit_in_a_row(j, 5) || !jit_is_move(i, class) || !jit_is_move(&i[2], class) ||
	    !joins(&i[4], class))
		return 0;
	b = i[2].dst_reg;
	left = rotation(&i[1], &i[3], class);
	to = i[4].dst_reg;
	other = to == a ? b : a;
	if (!left || a == x || b == x || a == b || i[2].src_reg != x || i[1].dst_reg != a ||
	    i[3].dst_reg != b || (to != a && to != b) || i[4].src_reg != other ||
	    !jit_dead_after(j, 5, other))
		return 0;
	emit_rotate(j, class, to, x, left);
	return 5;
}

u32 jit_fuse_rotation(struct jit *j, const struct bpf_insn *i, u8 class)
{
	return fuse_rotate_in_place(j, i, class) ?: fuse_rotate_aside(j, i, class);
}
