/* x86-64 machine code, instruction by instruction: what bytes it has, not which one to take. */
#ifndef SKEP_EXEC_X64_ASM_H
#define SKEP_EXEC_X64_ASM_H

#include "exec/jit/code.h"

enum x64_reg { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

struct x64_mem { /* [base + (index << scale) + disp] */
	u8 base, index;
	s32 disp;
	u8 scale;
};
#define NO_INDEX RSP /* which cannot be one */
static inline struct x64_mem x64_at(u8 base, s32 disp)
{
	return (struct x64_mem){ base, NO_INDEX, disp, 0 };
}

/* Opcodes, and what goes with them. X64_W: operands of 64 bits instead of 32. */
enum x64_op {
	X64_0F = 0x100,
	X64_66 = 0x200,
	X64_W = 0x400,
	X64_BYTE_REG = 0x800, /* the register operand is a byte: needs a prefix for sil, dil, bpl */
	X64_BYTE_RM = 0x1000,
	X64_LOCK = 0x2000,
	X64_0F38 = 0x4000,

	X64_ADD = 0x01, /* rm op= reg */
	X64_OR = 0x09,
	X64_AND = 0x21,
	X64_SUB = 0x29,
	X64_XOR = 0x31,
	X64_CMP = 0x39,
	X64_TEST = 0x85,
	X64_STORE = 0x89,
	X64_STORE8 = 0x88 | X64_BYTE_REG,
	X64_XCHG = 0x87,
	X64_XADD = 0xc1 | X64_0F,
	X64_CMPXCHG = 0xb1 | X64_0F,
	X64_STORE_BE = 0xf1 | X64_0F38,
	X64_SUB_RM = 0x2b, /* reg op= rm */
	X64_CMP_RM = 0x3b,
	/* reg = op rm */
	X64_MOV = 0x8b,
	X64_LEA = 0x8d,
	X64_MOVZX8 = 0xb6 | X64_0F,
	X64_MOVZX16 = 0xb7 | X64_0F,
	X64_MOVSX8 = 0xbe | X64_0F | X64_W,
	X64_MOVSX16 = 0xbf | X64_0F | X64_W,
	X64_MOVSX32 = 0x63 | X64_W,
	X64_IMUL = 0xaf | X64_0F,
	X64_LOAD_BE = 0xf0 | X64_0F38,
};

/* Operations with a constant (their number in opcode 81 /n). */
enum x64_arith { ARITH_ADD, ARITH_OR, ARITH_AND = 4, ARITH_SUB, ARITH_XOR, ARITH_CMP };
/* Operations on one operand (opcode f7 /n). */
enum x64_unary { UNARY_NEG = 3, UNARY_MUL, UNARY_IMUL, UNARY_DIV, UNARY_IDIV };
enum x64_shift { SHIFT_ROL, SHIFT_ROR, SHIFT_SHL = 4, SHIFT_SHR, SHIFT_SAR = 7 };
enum x64_cc {
	CC_B = 2,
	CC_AE,
	CC_E,
	CC_NE,
	CC_BE,
	CC_A,
	CC_S,
	CC_NS,
	CC_L = 12,
	CC_GE,
	CC_LE,
	CC_G
};

void x64_rr(struct code_buf *a, u32 op, u8 reg, u8 rm);
void x64_rm(struct code_buf *a, u32 op, u8 reg, struct x64_mem m);
/* wide: X64_W or 0. imm is sign-extended to the operation's width. */
void x64_arith_imm(struct code_buf *a, enum x64_arith op, u32 wide, u8 rm, s32 imm);
void x64_arith_mem_imm(struct code_buf *a, enum x64_arith op, u32 wide, struct x64_mem m, s32 imm);
void x64_cmp_byte(struct code_buf *a, struct x64_mem m, u8 imm);
void x64_test_imm(struct code_buf *a, u32 wide, u8 rm, s32 imm);
void x64_imul_imm(struct code_buf *a, u32 wide, u8 dst, u8 src, s32 imm);
void x64_unary(struct code_buf *a, enum x64_unary op, u32 wide, u8 rm);
void x64_shift_imm(struct code_buf *a, enum x64_shift op, u32 wide, u8 rm, u8 n);
void x64_shift_cl(struct code_buf *a, enum x64_shift op, u32 wide, u8 rm);
void x64_bswap(struct code_buf *a, u32 wide, u8 rm);
void x64_swap16(struct code_buf *a, u8 rm);	 /* leaves the upper bits */
void x64_sign_rax(struct code_buf *a, u32 wide); /* rdx = rax's sign */
/* The shortest that sets all 64 bits; changes the flags. */
void x64_set(struct code_buf *a, u8 reg, u64 value);
void x64_store_imm(struct code_buf *a, u8 bytes, struct x64_mem m, s32 imm);
/* BMI2: dst = src shifted by the register count; hi:lo = rdx * rm; dst = src rotated right by n */
void x64_shiftx(struct code_buf *a, enum x64_shift op, u32 wide, u8 dst, u8 src, u8 count);
void x64_mulx(struct code_buf *a, u32 wide, u8 hi, u8 lo, u8 rm);
void x64_rorx(struct code_buf *a, u32 wide, u8 dst, u8 src, u8 n);

void x64_push(struct code_buf *a, u8 reg);
void x64_pop(struct code_buf *a, u8 reg);
void x64_ret(struct code_buf *a);
void x64_call_reg(struct code_buf *a, u8 reg);
void x64_jmp_reg(struct code_buf *a, u8 reg);
/* To an offset in the code. */
void x64_call(struct code_buf *a, u32 to);
void x64_lea_code(struct code_buf *a, u8 reg, u32 to);
#define X64_JMP_SIZE(is_short) ((is_short) ? 2 : 5)
#define X64_JCC_SIZE(is_short) ((is_short) ? 2 : 6)
void x64_jmp(struct code_buf *a, bool is_short, u32 to);
void x64_jcc(struct code_buf *a, enum x64_cc cc, bool is_short, u32 to);
/* Short jumps forward to where x64_land() gets what they return. */
u32 x64_jmp_forward(struct code_buf *a);
u32 x64_jcc_forward(struct code_buf *a, enum x64_cc cc);
void x64_land(struct code_buf *a, u32 jump);
/* The same for any distance. */
u32 x64_jcc_far(struct code_buf *a, enum x64_cc cc);
void x64_land_far(struct code_buf *a, u32 jump);

#endif
