/* The AArch64 JIT's inside (exec/jit/jit.h has what machines share).
 *
 * Registers: r1 … r5 are x0 … x4, where C has arguments, and x5, the run for helpers, is set at calls; r0 is
 * x7; r6 … r9 are x19 … x22 and r10 is x23, which C keeps over calls; x24 is the run. x9, x10, x11 are free
 * within an instruction, x16 holds what is called. In a function that does not call, r6 … r9 are x12 … x15,
 * which need not be saved. No vector registers. A frame on the native stack has at most 48 bytes, and 112 more
 * around guarded_access(). */
#ifndef SKEP_EXEC_A64_JIT_H
#define SKEP_EXEC_A64_JIT_H

#include "exec/jit/emit.h"
#include "exec/jit_aarch64/asm.h"

#define RUN   X24
#define FRAME X23

static inline u32 insn_width(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return class == BPF_ALU64 || class == BPF_JMP ? A64_X : 0;
}
static inline u8 dst(const struct jit *j, const struct bpf_insn *i)
{
	return jit_reg(j, i->dst_reg);
}
static inline u8 src(const struct jit *j, const struct bpf_insn *i)
{
	return jit_reg(j, i->src_reg);
}
static inline u64 insn_imm(const struct bpf_insn *i) /* at the instruction's width */
{
	return insn_width(i) ? (u64)(s64)i->imm : (u32)i->imm;
}

/* inline.c: into a program of a known array: does what jit_tail_target() does, and leaves to it what is rare. r3
 * is x2; x3, x9, x10, x11 may be used (a function that calls keeps nothing there). On the way out x16 is where to go
 * (0: the program is another engine's), x3 what other engines want as the stack's top. none: jumps (or NO_TARGET)
 * for when there is no program to go on with. Returns false if the array is not known. */
#define NO_TARGET 0
bool emit_known_tail_target(struct jit *j, u32 none[4]);
/* alu.c: the second operand, in a register (x9 if it is a constant). */
u8 a64_operand(struct jit *j, const struct bpf_insn *i);
/* memory.c */
u8 a64_log_size(u8 code); /* of the bytes that a load or store of that code takes */
/* A load or store of a field of the run. */
void a64_run(struct jit *j, enum a64_mem op, u8 log, u8 reg, u32 off);

#endif
