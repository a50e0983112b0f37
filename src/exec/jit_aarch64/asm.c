/* See asm.h. */
#include "exec/jit_aarch64/asm.h"

static void put(struct code_buf *a, u32 word)
{
	code_put32(a, word);
}

/* While measuring, targets are not known yet. */
static void check(struct code_buf *a, bool possible)
{
	if (a->buf && !possible)
		a->err = true;
}

static void rrr(struct code_buf *a, u32 word, u8 d, u8 n, u8 m)
{
	put(a, word | (u32)m << 16 | (u32)n << 5 | d);
}

void a64_rrr(struct code_buf *a, u32 op, u32 wide, u8 d, u8 n, u8 m)
{
	rrr(a, op | wide, d, n, m);
}

void a64_mov(struct code_buf *a, u32 wide, u8 d, u8 m)
{
	a64_rrr(a, A64_ORR, wide, d, XZR, m);
}

void a64_madd(struct code_buf *a, u32 wide, u8 d, u8 n, u8 m, u8 to)
{
	rrr(a, 0x1b000000 | wide | (u32)to << 10, d, n, m);
}

void a64_msub(struct code_buf *a, u32 wide, u8 d, u8 n, u8 m, u8 from)
{
	rrr(a, 0x1b008000 | wide | (u32)from << 10, d, n, m);
}

/* --- constants --- */

static bool fits_shifted(u64 x)
{
	return x < 4096 || (x < 4096 << 12 && !(x & 4095));
}

bool a64_arith_fits(s64 imm)
{
	return fits_shifted(imm < 0 ? 0 - (u64)imm : (u64)imm);
}

/* Adding a negative constant is subtracting: bit 30 tells the two apart. (They set the same flags but
 * carry for zero, which is not negative.) */
void a64_arith(struct code_buf *a, u32 op, u32 wide, u8 d, u8 n, s64 imm)
{
	u64 x = imm < 0 ? 0 - (u64)imm : (u64)imm;
	bool shifted = x >= 4096;

	check(a, fits_shifted(x));
	if (imm < 0)
		op ^= 1u << 30;
	put(a,
	    op | wide | (u32)shifted << 22 | (u32)(shifted ? x >> 12 : x) << 10 | (u32)n << 5 | d);
}

static u64 low_bits(u32 n)
{
	return n == 64 ? ~0ull : (1ull << n) - 1;
}

/* A logical constant is a run of ones, rotated, in an element of 2, 4, … 64 bits that is repeated. */
static bool encode_logic(u32 wide, u64 imm, u32 *bits)
{
	u32 size = 64, ones;

	if (!wide)
		imm = (u32)imm | imm << 32;
	if (!imm || !~imm)
		return false;
	while (size > 2 && (imm & low_bits(size / 2)) == (imm >> size / 2 & low_bits(size / 2)))
		size /= 2;
	imm &= low_bits(size);
	ones = (u32)__builtin_popcountll(imm);
	for (u32 r = 0; r < size; r++) {
		u64 rotated = r ? (imm << r | imm >> (size - r)) & low_bits(size) : imm;

		if (rotated != low_bits(ones))
			continue;
		*bits = (u32)(size == 64) << 22 | r << 16 |
			((~(size - 1) << 1 & 0x3f) | (ones - 1)) << 10;
		return true;
	}
	return false;
}

bool a64_logic_fits(u32 wide, u64 imm)
{
	u32 bits;

	return encode_logic(wide, imm, &bits);
}

void a64_logic(struct code_buf *a, u32 op, u32 wide, u8 d, u8 n, u64 imm)
{
	u32 bits = 0;

	check(a, encode_logic(wide, imm, &bits));
	put(a, op | wide | bits | (u32)n << 5 | d);
}

/* How many of the four 16-bit pieces are not `piece`? */
static u32 pieces_unlike(u64 value, u16 piece)
{
	u32 n = 0;

	for (u32 k = 0; k < 4; k++)
		n += (u16)(value >> 16 * k) != piece;
	return n;
}

void a64_set(struct code_buf *a, u8 d, u64 value)
{
	bool inverted = pieces_unlike(value, 0xffff) < pieces_unlike(value, 0);
	u16 idle = inverted ? 0xffff : 0;
	u32 op = inverted ? 0x92800000 : 0xd2800000; /* movn, movz; then movk */

	if (pieces_unlike(value, idle) > 1 && a64_logic_fits(A64_X, value)) {
		a64_logic(a, A64_ORR_IMM, A64_X, d, XZR, value);
		return;
	}
	if (!pieces_unlike(value, idle)) {
		put(a, op | d);
		return;
	}
	for (u32 k = 0; k < 4; k++) {
		u16 piece = (u16)(value >> 16 * k);

		if (piece == idle)
			continue;
		if (op == 0x92800000)
			piece = (u16)~piece;
		put(a, op | k << 21 | (u32)piece << 5 | d);
		op = 0xf2800000;
	}
}

/* --- bits --- */

void a64_unary(struct code_buf *a, u32 op, u8 d, u8 n)
{
	put(a, op | (u32)n << 5 | d);
}

void a64_field(struct code_buf *a, u32 op, u32 wide, u8 d, u8 n, u8 first, u8 last)
{
	put(a, op | wide | (wide ? 1u << 22 : 0) | (u32)first << 16 | (u32)last << 10 |
		       (u32)n << 5 | d);
}

void a64_shift(struct code_buf *a, u8 op, u32 wide, u8 d, u8 n, u8 by)
{
	u8 last = wide ? 63 : 31;

	by &= last;
	if (op == BPF_LSH)
		a64_field(a, A64_UBFM, wide, d, n, (u8)((last + 1 - by) & last), (u8)(last - by));
	else
		a64_field(a, op == BPF_RSH ? A64_UBFM : A64_SBFM, wide, d, n, by, last);
}

void a64_rotate(struct code_buf *a, u32 wide, u8 d, u8 n, u8 right)
{
	rrr(a, 0x13800000 | wide | (wide ? 1u << 22 : 0) | (u32)right << 10, d, n, n);
}

/* --- memory --- */

static bool fits_scaled(u8 log, s32 off)
{
	return off >= 0 && !(off & ((1 << log) - 1)) && off >> log < 4096;
}

bool a64_offset_fits(u8 log, s32 off)
{
	return fits_scaled(log, off) || (off >= -256 && off < 256);
}

void a64_mem(struct code_buf *a, enum a64_mem op, u8 log, u8 reg, u8 base, s32 off)
{
	u32 word = (u32)log << 30 | (u32)op << 22 | (u32)base << 5 | reg;

	check(a, a64_offset_fits(log, off));
	if (fits_scaled(log, off))
		put(a, word | 0x39000000 | (u32)(off >> log) << 10);
	else
		put(a, word | 0x38000000 | ((u32)off & 0x1ff) << 12);
}

void a64_mem_reg(struct code_buf *a, enum a64_mem op, u8 log, u8 reg, u8 base, u8 index)
{
	rrr(a, (u32)log << 30 | (u32)op << 22 | 0x38206800, reg, base, index);
}

void a64_push_pair(struct code_buf *a, u8 x, u8 y) /* stp x, y, [sp, -16]! */
{
	put(a, 0xa9800000 | (-2u & 0x7f) << 15 | (u32)y << 10 | SP << 5 | x);
}

void a64_pop_pair(struct code_buf *a, u8 x, u8 y) /* ldp x, y, [sp], 16 */
{
	put(a, 0xa8c00000 | 2u << 15 | (u32)y << 10 | SP << 5 | x);
}

void a64_atomic(struct code_buf *a, u32 op, u8 log, u8 value, u8 old, u8 n, enum a64_order order)
{
	rrr(a, 0x38200000 | (u32)log << 30 | op | order, old, n, value);
}

void a64_cas(struct code_buf *a, u8 log, u8 expected, u8 value, u8 n)
{
	rrr(a, 0x08e0fc00 | (u32)log << 30, value, n, expected);
}

void a64_load_exclusive(struct code_buf *a, u8 log, u8 reg, u8 n)
{
	put(a, 0x085f7c00 | (u32)log << 30 | (u32)n << 5 | reg);
}

void a64_store_exclusive(struct code_buf *a, u8 log, u8 status, u8 reg, u8 n)
{
	rrr(a, 0x0800fc00 | (u32)log << 30, reg, n, status);
}

void a64_load_acquire(struct code_buf *a, u8 log, u8 reg, u8 n)
{
	put(a, 0x08dffc00 | (u32)log << 30 | (u32)n << 5 | reg);
}

void a64_store_release(struct code_buf *a, u8 log, u8 reg, u8 n)
{
	put(a, 0x089ffc00 | (u32)log << 30 | (u32)n << 5 | reg);
}

void a64_barrier(struct code_buf *a)
{
	put(a, 0xd5033bbf); /* dmb ish */
}

/* --- jumps --- */

void a64_ret(struct code_buf *a)
{
	put(a, 0xd65f03c0);
}

void a64_br(struct code_buf *a, u8 n)
{
	put(a, 0xd61f0000 | (u32)n << 5);
}

void a64_blr(struct code_buf *a, u8 n)
{
	put(a, 0xd63f0000 | (u32)n << 5);
}

void a64_brk(struct code_buf *a)
{
	put(a, 0xd4200000);
}

/* Words from here to there, in that many bits. */
static u32 distance(struct code_buf *a, u32 to, u32 bits)
{
	s64 by = ((s64)to - a->len) / 4;

	check(a, by >= -(1ll << (bits - 1)) && by < 1ll << (bits - 1));
	return (u32)by & (u32)low_bits(bits);
}

void a64_b(struct code_buf *a, u32 to)
{
	put(a, 0x14000000 | distance(a, to, 26));
}

void a64_bl(struct code_buf *a, u32 to)
{
	put(a, 0x94000000 | distance(a, to, 26));
}

void a64_adr(struct code_buf *a, u8 d, u32 to)
{
	u32 at = a->origin + a->len, pages;

	to += a->origin;
	pages = (to >> 12) - (at >> 12);
	put(a, 0x90000000 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5 | d); /* adrp */
	a64_arith(a, A64_ADD_IMM, A64_X, d, d, to & 4095);
}

static u32 bcc(enum a64_cc cc, u32 wide, u8 reg)
{
	if (cc == A64_ZERO || cc == A64_NOT_ZERO)
		return 0x34000000 | wide | (u32)(cc == A64_NOT_ZERO) << 24 | reg;
	return 0x54000000 | cc;
}

void a64_bcc(struct code_buf *a, enum a64_cc cc, u32 wide, u8 reg, u32 to)
{
	put(a, bcc(cc, wide, reg) | distance(a, to, 19) << 5);
}

u32 a64_bcc_forward(struct code_buf *a, enum a64_cc cc, u32 wide, u8 reg)
{
	put(a, bcc(cc, wide, reg));
	return a->len - 4;
}

void a64_land(struct code_buf *a, u32 jump)
{
	u32 word;

	if (!a->buf || jump + 4 > a->cap)
		return;
	__builtin_memcpy(&word, a->buf + jump, 4);
	word |= (a->len - jump) / 4 << 5;
	__builtin_memcpy(a->buf + jump, &word, 4);
}
