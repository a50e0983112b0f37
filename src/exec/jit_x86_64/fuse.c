/* Several instructions that one machine instruction can do: rotations, which BPF lacks and compilers spell
 * out; sums into a third register; addresses that are sums; loads in network byte order. Sound because: no jump leads into the middle, and registers that are left out are not read
 * afterwards. */
#include "exec/jit_x86_64/jit.h"

/* Do n instructions from the current one on belong together: no jump leads between them? */
static bool straight(const struct jit *j, u32 n)
{
	if (j->p->len - j->i < n)
		return false;
	for (u32 k = 1; k < n; k++)
		if (j->marks[j->i + k] & (MARK_TARGET | MARK_BOUNDARY))
			return false;
	return true;
}

static bool dead_after(const struct jit *j, u32 n, u8 reg) /* the n-th from the current one on */
{
	return !(j->live[j->i + n - 1] >> reg & 1);
}

static bool is_op(const struct bpf_insn *i, u8 class, u8 op)
{
	return i->code == (class | op) && !i->off;
}

/* i shifts by a constant, how far to the left (negative: right)? 0 if it is no such shift. */
static s32 left_shift(const struct bpf_insn *i, u8 class)
{
	if (is_op(i, class, BPF_LSH | BPF_K))
		return i->imm;
	return is_op(i, class, BPF_RSH | BPF_K) ? -i->imm : 0;
}

/* Two shifts whose results together are a rotation: by how much to the left? 0 if they are none. */
static u32 rotation(const struct bpf_insn *a, const struct bpf_insn *b, u8 class)
{
	s32 bits = class == BPF_ALU64 ? 64 : 32, x = left_shift(a, class), y = left_shift(b, class);
	s32 left = MAX(x, y), right = MIN(x, y);

	return left > 0 && right < 0 && left - right == bits ? (u32)left : 0;
}

static bool is_move(const struct bpf_insn *i, u8 class)
{
	return is_op(i, class, BPF_MOV | BPF_X);
}

static bool joins(const struct bpf_insn *i, u8 class)
{
	return is_op(i, class, BPF_OR | BPF_X) || is_op(i, class, BPF_XOR | BPF_X) ||
	       is_op(i, class, BPF_ADD | BPF_X);
}

static void rotate(struct jit *j, u8 class, u8 to, u8 from, u32 left)
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

/* a = x; a shifted; x shifted the other way; x |= a (or a |= x). The register not joined into is dead. */
static u32 fuse_rotate_in_place(struct jit *j, const struct bpf_insn *i, u8 class)
{
	u8 a = i[0].dst_reg, x = i[0].src_reg, to, other;
	u32 left;

	if (!straight(j, 4) || !is_move(i, class) || a == x || !joins(&i[3], class))
		return 0;
	left = rotation(&i[1], &i[2], class);
	to = i[3].dst_reg;
	other = to == a ? x : a;
	if (!left || i[1].dst_reg + i[2].dst_reg != a + x ||
	    (i[1].dst_reg != a && i[1].dst_reg != x) || (to != a && to != x) ||
	    i[3].src_reg != other || !dead_after(j, 4, other))
		return 0;
	rotate(j, class, to, x, left);
	return 4;
}

/* a = x; a shifted; b = x; b shifted the other way; b |= a (or a |= b). The other one is dead. */
static u32 fuse_rotate_aside(struct jit *j, const struct bpf_insn *i, u8 class)
{
	u8 a = i[0].dst_reg, x = i[0].src_reg, b, to, other;
	u32 left;

	if (!straight(j, 5) || !is_move(i, class) || !is_move(&i[2], class) || !joins(&i[4], class))
		return 0;
	b = i[2].dst_reg;
	left = rotation(&i[1], &i[3], class);
	to = i[4].dst_reg;
	other = to == a ? b : a;
	if (!left || a == x || b == x || a == b || i[2].src_reg != x || i[1].dst_reg != a ||
	    i[3].dst_reg != b || (to != a && to != b) || i[4].src_reg != other ||
	    !dead_after(j, 5, other))
		return 0;
	rotate(j, class, to, x, left);
	return 5;
}

/* a = x; a += y or a constant: the address [x + y + off] or [x + constant + off]. */
static bool is_sum(const struct jit *j, const struct bpf_insn *i, u8 class, s32 off,
		   struct x64_mem *m)
{
	bool by_reg = is_op(&i[1], class, BPF_ADD | BPF_X);
	s64 disp = by_reg ? off : (s64)i[1].imm + off;

	if (!straight(j, 2) || !is_move(i, class) || i[1].dst_reg != i[0].dst_reg ||
	    (by_reg && i[1].src_reg == i[0].dst_reg) ||
	    (!by_reg && !is_op(&i[1], class, BPF_ADD | BPF_K)) || disp != (s32)disp)
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

	if (!straight(j, 3) || BPF_CLASS(i[2].code) != BPF_LDX || BPF_MODE(i[2].code) != BPF_MEM ||
	    i[2].src_reg != i->dst_reg ||
	    (i[2].dst_reg != i->dst_reg && !dead_after(j, 3, i->dst_reg)) ||
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

	if (!straight(j, 2) || !swaps || i[1].off || i[1].dst_reg != i->dst_reg ||
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
	if ((class != BPF_ALU && class != BPF_ALU64) || !is_move(i, class))
		return 0;
	return fuse_rotate_in_place(j, i, class) ?: fuse_rotate_aside(j, i, class)
		?: fuse_address(j, i) ?: fuse_sum(j, i, class);
}
