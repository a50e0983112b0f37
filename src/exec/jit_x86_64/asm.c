/* See asm.h. Encodings: Intel's and AMD's manuals, volume 2 and 3. */
#include "exec/jit_x86_64/asm.h"

static bool fits8(s64 v)
{
	return v == (s8)v;
}

/* Prefixes and opcode. */
static void head(struct code_buf *a, u32 op, u8 reg, u8 index, u8 base, bool byte_regs)
{
	u8 rex = (u8)(0x40 | !!(op & X64_W) << 3 | reg >> 3 << 2 | index >> 3 << 1 | base >> 3);

	if (op & X64_LOCK)
		code_put(a, 0xf0);
	if (op & X64_66)
		code_put(a, 0x66);
	if (rex != 0x40 || byte_regs)
		code_put(a, rex);
	if (op & (X64_0F | X64_0F38))
		code_put(a, 0x0f);
	if (op & X64_0F38)
		code_put(a, 0x38);
	code_put(a, (u8)op);
}

static void modrm(struct code_buf *a, u8 mod, u8 reg, u8 rm)
{
	code_put(a, (u8)(mod << 6 | (reg & 7) << 3 | (rm & 7)));
}

void x64_rr(struct code_buf *a, u32 op, u8 reg, u8 rm)
{
	bool bytes = ((op & X64_BYTE_REG) && reg >= RSP) || ((op & X64_BYTE_RM) && rm >= RSP);

	head(a, op, reg, 0, rm, bytes);
	modrm(a, 3, reg, rm);
}

void x64_rm(struct code_buf *a, u32 op, u8 reg, struct x64_mem m)
{
	/* rbp and r13 as a base without displacement would mean something else */
	u8 mod = !m.disp && (m.base & 7) != RBP ? 0 : fits8(m.disp) ? 1 : 2;
	bool sib = m.index != NO_INDEX || (m.base & 7) == RSP;

	head(a, op, reg, m.index == NO_INDEX ? 0 : m.index, m.base,
	     (op & X64_BYTE_REG) && reg >= RSP);
	modrm(a, mod, reg, sib ? RSP : m.base);
	if (sib)
		modrm(a, m.scale, m.index, m.base);
	if (mod == 1)
		code_put(a, (u8)m.disp);
	else if (mod == 2)
		code_put32(a, (u32)m.disp);
}

void x64_arith_imm(struct code_buf *a, enum x64_arith op, u32 wide, u8 rm, s32 imm)
{
	if (fits8(imm)) {
		x64_rr(a, 0x83 | wide, (u8)op, rm);
		code_put(a, (u8)imm);
		return;
	}
	if (rm == RAX) {
		head(a, (u32)op << 3 | 5 | wide, 0, 0, 0, false);
	} else {
		x64_rr(a, 0x81 | wide, (u8)op, rm);
	}
	code_put32(a, (u32)imm);
}

void x64_arith_mem_imm(struct code_buf *a, enum x64_arith op, u32 wide, struct x64_mem m, s32 imm)
{
	x64_rm(a, (fits8(imm) ? 0x83 : 0x81) | wide, (u8)op, m);
	if (fits8(imm))
		code_put(a, (u8)imm);
	else
		code_put32(a, (u32)imm);
}

void x64_cmp_byte(struct code_buf *a, struct x64_mem m, u8 imm)
{
	x64_rm(a, 0x80, ARITH_CMP, m);
	code_put(a, imm);
}

/* Only the zero flag is promised. */
void x64_test_imm(struct code_buf *a, u32 wide, u8 rm, s32 imm)
{
	if (imm == (u8)imm) {
		x64_rr(a, 0xf6 | X64_BYTE_RM, 0, rm);
		code_put(a, (u8)imm);
		return;
	}
	x64_rr(a, 0xf7 | (imm > 0 ? 0 : wide), 0, rm);
	code_put32(a, (u32)imm);
}

void x64_imul_imm(struct code_buf *a, u32 wide, u8 dst, u8 src, s32 imm)
{
	x64_rr(a, (fits8(imm) ? 0x6b : 0x69) | wide, dst, src);
	if (fits8(imm))
		code_put(a, (u8)imm);
	else
		code_put32(a, (u32)imm);
}

void x64_unary(struct code_buf *a, enum x64_unary op, u32 wide, u8 rm)
{
	x64_rr(a, 0xf7 | wide, (u8)op, rm);
}

void x64_shift_imm(struct code_buf *a, enum x64_shift op, u32 wide, u8 rm, u8 n)
{
	if (n == 1) {
		x64_rr(a, 0xd1 | wide, (u8)op, rm);
		return;
	}
	x64_rr(a, 0xc1 | wide, (u8)op, rm);
	code_put(a, n);
}

void x64_shift_cl(struct code_buf *a, enum x64_shift op, u32 wide, u8 rm)
{
	x64_rr(a, 0xd3 | wide, (u8)op, rm);
}

void x64_bswap(struct code_buf *a, u32 wide, u8 rm)
{
	head(a, (0xc8 + (rm & 7)) | X64_0F | wide, 0, 0, rm, false);
}

void x64_swap16(struct code_buf *a, u8 rm)
{
	x64_rr(a, 0xc1 | X64_66, SHIFT_ROL, rm);
	code_put(a, 8);
}

void x64_sign_rax(struct code_buf *a, u32 wide)
{
	head(a, 0x99 | wide, 0, 0, 0, false);
}

void x64_set(struct code_buf *a, u8 reg, u64 value)
{
	if (!value) {
		x64_rr(a, X64_XOR, reg, reg);
	} else if (value == (u32)value) {
		head(a, 0xb8 + (reg & 7), 0, 0, reg, false);
		code_put32(a, (u32)value);
	} else if ((s64)value == (s32)value) {
		x64_rr(a, 0xc7 | X64_W, 0, reg);
		code_put32(a, (u32)value);
	} else {
		head(a, (0xb8 + (reg & 7)) | X64_W, 0, 0, reg, false);
		code_put32(a, (u32)value);
		code_put32(a, (u32)(value >> 32));
	}
}

void x64_store_imm(struct code_buf *a, u8 bytes, struct x64_mem m, s32 imm)
{
	u32 op = bytes == 1 ? 0xc6 : 0xc7;

	x64_rm(a, op | (bytes == 2 ? X64_66 : 0) | (bytes == 8 ? X64_W : 0), 0, m);
	for (u32 i = 0; i < MIN(bytes, 4u); i++)
		code_put(a, (u8)((u32)imm >> 8 * i));
}

/* map: 2 is 0f 38, 3 is 0f 3a; prefix: 1 is 66, 2 f3, 3 f2 */
static void vex(struct code_buf *a, u8 map, u8 prefix, u8 op, u32 wide, u8 reg, u8 second, u8 rm)
{
	code_put(a, 0xc4);
	code_put(a, (u8)(!(reg >> 3) << 7 | 1 << 6 | !(rm >> 3) << 5 | map));
	code_put(a, (u8)(!!wide << 7 | (~second & 15) << 3 | prefix));
	code_put(a, op);
	modrm(a, 3, reg, rm);
}

void x64_shiftx(struct code_buf *a, enum x64_shift op, u32 wide, u8 dst, u8 src, u8 count)
{
	vex(a, 2, op == SHIFT_SHL ? 1 : op == SHIFT_SAR ? 2 : 3, 0xf7, wide, dst, count, src);
}

void x64_mulx(struct code_buf *a, u32 wide, u8 hi, u8 lo, u8 rm)
{
	vex(a, 2, 3, 0xf6, wide, hi, lo, rm);
}

void x64_rorx(struct code_buf *a, u32 wide, u8 dst, u8 src, u8 n)
{
	vex(a, 3, 3, 0xf0, wide, dst, 0, src);
	code_put(a, n);
}

void x64_push(struct code_buf *a, u8 reg)
{
	head(a, 0x50 + (reg & 7), 0, 0, reg, false);
}

void x64_pop(struct code_buf *a, u8 reg)
{
	head(a, 0x58 + (reg & 7), 0, 0, reg, false);
}

void x64_ret(struct code_buf *a)
{
	code_put(a, 0xc3);
}

void x64_call_reg(struct code_buf *a, u8 reg)
{
	x64_rr(a, 0xff, 2, reg);
}

void x64_jmp_reg(struct code_buf *a, u8 reg)
{
	x64_rr(a, 0xff, 4, reg);
}

/* The last 4 bytes of an instruction: the distance from its end. */
static void put_distance(struct code_buf *a, u32 to)
{
	code_put32(a, to - (a->len + 4));
}

void x64_call(struct code_buf *a, u32 to)
{
	code_put(a, 0xe8);
	put_distance(a, to);
}

void x64_lea_code(struct code_buf *a, u8 reg, u32 to)
{
	head(a, X64_LEA | X64_W, reg, 0, 0, false);
	modrm(a, 0, reg, RBP); /* rip-relative */
	put_distance(a, to);
}

static void put_short(struct code_buf *a, u32 to)
{
	s64 by = (s64)to - (a->len + 1);

	if (a->buf && !fits8(by))
		a->err = true;
	code_put(a, (u8)by);
}

void x64_jmp(struct code_buf *a, bool is_short, u32 to)
{
	code_put(a, is_short ? 0xeb : 0xe9);
	if (is_short)
		put_short(a, to);
	else
		put_distance(a, to);
}

void x64_jcc(struct code_buf *a, enum x64_cc cc, bool is_short, u32 to)
{
	if (is_short) {
		code_put(a, (u8)(0x70 | cc));
		put_short(a, to);
		return;
	}
	code_put(a, 0x0f);
	code_put(a, (u8)(0x80 | cc));
	put_distance(a, to);
}

u32 x64_jmp_forward(struct code_buf *a)
{
	code_put(a, 0xeb);
	code_put(a, 0);
	return a->len;
}

u32 x64_jcc_forward(struct code_buf *a, enum x64_cc cc)
{
	code_put(a, (u8)(0x70 | cc));
	code_put(a, 0);
	return a->len;
}

void x64_land(struct code_buf *a, u32 jump)
{
	if (a->len - jump > 127)
		a->err = true;
	else if (a->buf && jump <= a->cap)
		a->buf[jump - 1] = (u8)(a->len - jump);
}

u32 x64_jcc_far(struct code_buf *a, enum x64_cc cc)
{
	code_put(a, 0x0f);
	code_put(a, (u8)(0x80 | cc));
	code_put32(a, 0);
	return a->len;
}

void x64_land_far(struct code_buf *a, u32 jump)
{
	u32 by = a->len - jump;

	if (a->buf && jump <= a->cap)
		__builtin_memcpy(a->buf + jump - 4, &by, 4);
}
