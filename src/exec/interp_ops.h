/* Writing ops: where registers are, how an op goes on. Only for the files whose options meson.build sets:
 * the register variables below are reserved in all of a file. */
#ifndef SKEP_EXEC_INTERP_OPS_H
#define SKEP_EXEC_INTERP_OPS_H

#include "exec/interp.h"

#ifdef REGS_IN_MEMORY
#define R0	(regs->r[0])
#define R1	(regs->r[1])
#define R2	(regs->r[2])
#define R3	(regs->r[3])
#define R4	(regs->r[4])
#define R5	(regs->r[5])
#define R6	(regs->r[6])
#define R7	(regs->r[7])
#define R8	(regs->r[8])
#define R9	(regs->r[9])
#define R10	(regs->r[10])
#define OP_ARGS regs, pc
#define FORGET_R1_R5
#else
register u64 R0 __asm__("r15");
register u64 R6 __asm__("rbx");
register u64 R7 __asm__("r12");
register u64 R8 __asm__("r13");
register u64 R9 __asm__("r14");
register u64 R10 __asm__("rbp");
#define OP_ARGS	     R1, R2, R3, R4, R5, pc
/* After a call, r1 … r5 hold no values: tell the compiler that whatever is there will do. */
#define FORGET_R1_R5 __asm__("" : "=r"(R1), "=r"(R2), "=r"(R3), "=r"(R4), "=r"(R5))
#endif

#ifdef __clang__
#define TAIL __attribute__((musttail))
#else
#define TAIL
#endif

#define OP(name) u64 name(OP_PARAMS)

#define GO(to)                                                                                     \
	do {                                                                                       \
		pc = (to);                                                                         \
		TAIL return pc->f(OP_ARGS);                                                        \
	} while (0)
#define NEXT	   GO(pc + 1)
#define BRANCH(by) GO((const struct op *)((const char *)pc + (by)))

/* M(d, …) for all registers that can be written; M(d, s, …) for all that can be read. */
#define EACH_DST(M, ...)                                                                           \
	M(0, __VA_ARGS__)                                                                          \
	M(1, __VA_ARGS__)                                                                          \
	M(2, __VA_ARGS__)                                                                          \
	M(3, __VA_ARGS__)                                                                          \
	M(4, __VA_ARGS__)                                                                          \
	M(5, __VA_ARGS__)                                                                          \
	M(6, __VA_ARGS__)                                                                          \
	M(7, __VA_ARGS__)                                                                          \
	M(8, __VA_ARGS__)                                                                          \
	M(9, __VA_ARGS__)
#define EACH_REG(M, ...) EACH_DST(M, __VA_ARGS__) M(10, __VA_ARGS__)
#define EACH_SRC(M, d, ...)                                                                        \
	M(d, 0, __VA_ARGS__)                                                                       \
	M(d, 1, __VA_ARGS__)                                                                       \
	M(d, 2, __VA_ARGS__)                                                                       \
	M(d, 3, __VA_ARGS__)                                                                       \
	M(d, 4, __VA_ARGS__)                                                                       \
	M(d, 5, __VA_ARGS__)                                                                       \
	M(d, 6, __VA_ARGS__)                                                                       \
	M(d, 7, __VA_ARGS__)                                                                       \
	M(d, 8, __VA_ARGS__)                                                                       \
	M(d, 9, __VA_ARGS__)                                                                       \
	M(d, 10, __VA_ARGS__)

#endif
