/* AArch64 machine code, instruction by instruction: what words it has, not which one to take. All have 4
 * bytes. Encodings: Arm's architecture reference manual, chapter C6. */
#ifndef SKEP_EXEC_A64_ASM_H
#define SKEP_EXEC_A64_ASM_H

#include <linux/bpf.h>

#include "exec/jit/code.h"

enum { X0, X1, X2, X3, X4, X5, X6, X7 };
enum {
	X9 = 9,
	X10,
	X11,
	X12,
	X13,
	X14,
	X15,
	X16,
	X19 = 19,
	X20,
	X21,
	X22,
	X23,
	X24,
	X29 = 29,
	X30
};
#define XZR 31 /* zero, where an instruction does not take it for … */
#define SP  31

#define A64_X 0x80000000u /* operands of 64 bits instead of 32 */

enum a64_op { /* d = n op m */
	      A64_ADD = 0x0b000000,
	      A64_SUB = 0x4b000000,
	      A64_SUBS = 0x6b000000,
	      A64_AND = 0x0a000000,
	      A64_ORR = 0x2a000000,
	      A64_EOR = 0x4a000000,
	      A64_ANDS = 0x6a000000,
	      A64_UDIV = 0x1ac00800, /* division by zero gives 0, as in BPF */
	      A64_SDIV = 0x1ac00c00,
	      A64_LSLV = 0x1ac02000,
	      A64_LSRV = 0x1ac02400,
	      A64_ASRV = 0x1ac02800,
	      A64_MUL = 0x1b007c00,
};
/* … with the second operand shifted to the left; not for divisions, shifts and products. */
#define A64_SHIFTED(n) ((n) << 10)
/* Their forms with a constant. */
enum a64_arith { A64_ADD_IMM = 0x11000000, A64_SUB_IMM = 0x51000000, A64_SUBS_IMM = 0x71000000 };
enum a64_logic {
	A64_AND_IMM = 0x12000000,
	A64_ORR_IMM = 0x32000000,
	A64_EOR_IMM = 0x52000000,
	A64_ANDS_IMM = 0x72000000,
};
enum a64_unary { /* d = op n */
		 A64_REV16 = 0x5ac00400,
		 A64_REV32 = 0x5ac00800,
		 A64_REV64 = 0xdac00c00,
};
enum a64_field { A64_SBFM = 0x13000000, A64_UBFM = 0x53000000 };
enum a64_mem { A64_STORE, A64_LOAD, A64_LOAD_SIGNED }; /* signed: to 64 bits */
enum a64_atomic {
	A64_LDADD,
	A64_LDCLR = 0x1000,
	A64_LDEOR = 0x2000,
	A64_LDSET = 0x3000,
	A64_SWP = 0x8000
};
enum a64_order {
	A64_RELAXED,
	A64_ACQ_REL = 3 << 22, /* bits of the atomic instructions */
};
enum a64_cc {
	A64_EQ,
	A64_NE,
	A64_HS,
	A64_LO,
	A64_HI = 8,
	A64_LS,
	A64_GE,
	A64_LT,
	A64_GT,
	A64_LE,
	A64_ALWAYS,
	/* not a condition but an instruction of its own: is a register zero? */
	A64_ZERO = 16,
	A64_NOT_ZERO,
};

/* wide: A64_X or 0. */
void a64_rrr(struct code_buf *a, u32 op, u32 wide, u8 d, u8 n, u8 m);
void a64_mov(struct code_buf *a, u32 wide, u8 d, u8 m);
void a64_madd(struct code_buf *a, u32 wide, u8 d, u8 n, u8 m, u8 to);	/* d = to + n * m */
void a64_msub(struct code_buf *a, u32 wide, u8 d, u8 n, u8 m, u8 from); /* d = from - n * m */
/* |imm| up to 4095, or that times 4096; a64_arith_fits() tells. */
bool a64_arith_fits(s64 imm);
void a64_arith(struct code_buf *a, u32 op, u32 wide, u8 d, u8 n, s64 imm);
bool a64_logic_fits(u32 wide, u64 imm);
void a64_logic(struct code_buf *a, u32 op, u32 wide, u8 d, u8 n, u64 imm);
void a64_set(struct code_buf *a, u8 d, u64 value); /* the shortest way there is */
void a64_unary(struct code_buf *a, u32 op, u8 d, u8 n);
/* Bits first … last of n, moved to bit 0 (first <= last) or up by width - first. */
void a64_field(struct code_buf *a, u32 op, u32 wide, u8 d, u8 n, u8 first, u8 last);
/* op: BPF_LSH, BPF_RSH, BPF_ARSH */
void a64_shift(struct code_buf *a, u8 op, u32 wide, u8 d, u8 n, u8 by);
void a64_rotate(struct code_buf *a, u32 wide, u8 d, u8 n, u8 right);

/* log2 of the size; an offset for which a64_offset_fits(). */
bool a64_offset_fits(u8 log, s32 off);
void a64_mem(struct code_buf *a, enum a64_mem op, u8 log, u8 reg, u8 base, s32 off);
void a64_mem_reg(struct code_buf *a, enum a64_mem op, u8 log, u8 reg, u8 base, u8 index);
void a64_push_pair(struct code_buf *a, u8 x, u8 y); /* 16 bytes of the stack */
void a64_pop_pair(struct code_buf *a, u8 x, u8 y);

/* [n]; old is the value before. Needs LSE. */
void a64_atomic(struct code_buf *a, u32 op, u8 log, u8 value, u8 old, u8 n, enum a64_order order);
void a64_cas(struct code_buf *a, u8 log, u8 expected, u8 value, u8 n); /* expected: in and out */
/* Without. status: 0 if the store took place. */
void a64_load_exclusive(struct code_buf *a, u8 log, u8 reg, u8 n);
void a64_store_exclusive(struct code_buf *a, u8 log, u8 status, u8 reg, u8 n); /* releases */
void a64_load_acquire(struct code_buf *a, u8 log, u8 reg, u8 n);
void a64_store_release(struct code_buf *a, u8 log, u8 reg, u8 n);
void a64_barrier(struct code_buf *a);

void a64_ret(struct code_buf *a);
void a64_br(struct code_buf *a, u8 n);
void a64_blr(struct code_buf *a, u8 n);
void a64_brk(struct code_buf *a);
/* To an offset in the code. */
void a64_b(struct code_buf *a, u32 to);
void a64_bl(struct code_buf *a, u32 to);
void a64_adr(struct code_buf *a, u8 d, u32 to); /* 8 bytes */
#define A64_BCC_REACH (1 << 20)
/* wide, reg: for A64_ZERO and A64_NOT_ZERO. */
void a64_bcc(struct code_buf *a, enum a64_cc cc, u32 wide, u8 reg, u32 to);
static inline enum a64_cc a64_not(enum a64_cc cc)
{
	return cc ^ 1;
}
/* Jumps forward to where a64_land() gets what it returns. */
u32 a64_bcc_forward(struct code_buf *a, enum a64_cc cc, u32 wide, u8 reg);
void a64_land(struct code_buf *a, u32 jump);

#endif
