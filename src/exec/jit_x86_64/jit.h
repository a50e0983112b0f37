/* The x86-64 JIT's inside (exec/jit/jit.h has what machines share).
 *
 * Registers: r0 … r5 are rax, rdi, rsi, rdx, rcx, r8, where C has results and arguments; r6 … r9 are rbx,
 * r13, r14, r15 and r10 is rbp, which C keeps over calls; r12 is the run. r9, r10, r11 are free within an
 * instruction; in a function that neither calls nor divides, and so on, they are r6, r7, r8, which then
 * need not be saved. A main function that makes tail calls finds in r11 how many there have been, so that
 * chains of programs need not wait for memory. No vector registers. A frame on the native stack has at most 56
 * bytes, and 32 more around a loop over a callback (inline.c), and 80 more around guarded_access(). */
#ifndef SKEP_EXEC_X64_JIT_H
#define SKEP_EXEC_X64_JIT_H

#include "exec/jit/emit.h"
#include "exec/jit_x86_64/asm.h"

#define TAIL_COUNT R11

/* inline.c: into a program of a known array: does what jit_tail_target() does, and leaves to it what is rare. r3
 * is rdx; rsi, rcx, r8 to r11 may be used (a function that calls keeps nothing there), r1 stays. On the way out
 * rax is where to go (0: the program is another engine's), rcx what other engines want as the stack's top.
 * none: jumps (or NO_TARGET) for when there is no program to go on with. Returns false if the array is not known. */
#define NO_TARGET 0
bool emit_known_tail_target(struct jit *j, u32 none[4]);
/* memory.c */
u32 x64_load_op(u8 code); /* enum x64_op of a zero-extending load */
/* divide.c */
void emit_divide(struct jit *j, const struct bpf_insn *i, bool is_signed, bool remainder);

static inline u32 insn_width(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return class == BPF_ALU64 || class == BPF_JMP ? X64_W : 0;
}
/* The flags are those of the result in reg, which was computed just now. */
static inline void x64_flags_say(struct jit *j, u8 reg, u32 wide)
{
	j->flags = (struct flags_of){ j->a.len, reg, wide };
}
/* What has been emitted since `from` has not changed the flags, nor the register that they are of. */
static inline void x64_flags_stay(struct jit *j, u32 from, u8 written)
{
	if (j->flags.at == from && j->flags.reg != written)
		j->flags.at = j->a.len;
}
static inline u8 dst(const struct jit *j, const struct bpf_insn *i)
{
	return jit_reg(j, i->dst_reg);
}
static inline u8 src(const struct jit *j, const struct bpf_insn *i)
{
	return jit_reg(j, i->src_reg);
}

#endif
