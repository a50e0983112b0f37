/* The x86-64 JIT's inside. One image per program: an entry for C, an entry for callbacks, functions.
 *
 * Registers: r0 … r5 are rax, rdi, rsi, rdx, rcx, r8, where C has results and arguments; r6 … r9 are rbx,
 * r13, r14, r15 and r10 is rbp, which C keeps over calls; r12 is the run. r9, r10, r11 are free within an
 * instruction; in a function that neither calls nor divides, and so on, they are r6, r7, r8, which then
 * need not be saved. No vector registers.
 *
 * Frames lie on the run's stack exactly as the interpreter lays them out (helpers may read what programs
 * keep there, nested runs find the same room): a function adds its frame's size to rbp and takes it
 * back at its end. A function that neither touches the stack nor calls has none. The native stack holds
 * return addresses and r6 … r9 where a function writes them. It is bounded: the verifier allows eight
 * frames, callbacks included, each at most 56 bytes here; tail calls keep their callers' frames at most
 * 33 times, and nested runs (and all of these together) end where the run's stack does.
 *
 * Between our functions: r1 … r5, rbp = the caller's frame's end, r12 = the run, rsp as C has it at entry.
 * That is also how a tail call enters a program.
 *
 * Invariants:
 *  - x64_compile() selects twice, to measure and to emit, and both times the same but for jumps, which it
 *    makes short in between until none can be: what is emitted has exactly the size measured;
 *  - a jump once short stays short: distances only shrink;
 *  - the image is position-independent and never writable and executable at the same time. */
#ifndef SKEP_EXEC_X64_JIT_H
#define SKEP_EXEC_X64_JIT_H

#include "exec/jit.h"
#include "exec/jit_x86_64/asm.h"
#include "exec/prog.h"
#include "insn/insn.h"

#define NO_JUMP 0xff

enum jit_mark {
	MARK_TARGET = 1,   /* a jump leads here */
	MARK_SHORT = 2,	   /* its jump is short */
	MARK_BOUNDARY = 4, /* no instruction starts here, or a function does */
};

struct func {	       /* a function of the program */
	u32 at;	       /* its code */
	u32 frame;     /* bytes; 0: has none */
	u8 saved;      /* which of r6 … r9 it writes: bits 0 … 3 */
	bool uses_run; /* may_goto */
	bool calls;
	bool uses_scratch; /* instructions that need r9, r10, r11 for themselves */
	const u8 *regs;	   /* machine registers of r0 … r10 */
};

struct jit {
	struct x64 a; /* first */
	const struct skep_prog *p;
	bool bmi2;
	bool has_callbacks; /* takes addresses of functions */
	u32 *at;	    /* code of each instruction */
	u8 *marks;	    /* enum jit_mark */
	u8 *lead;	    /* bytes of an instruction before its jump; NO_JUMP: has none */
	u16 *live; /* registers whose values are read after an instruction: bits 0 … 10 */
	struct func *funcs;
	struct func *f; /* being selected, and … */
	u32 i;		/* … the instruction */
	u32 callback_at, entry_at;
	int err;
};

/* scan.c: functions, jump targets, liveness. */
int jit_scan(struct jit *j) MUST_CHECK;
/* The function that starts there, NULL if none does. */
struct func *jit_func_at(const struct jit *j, s64 start);
int jit_refuse(const struct jit *j);
s64 jit_target(u32 at, const struct bpf_insn *i); /* where instruction number `at` jumps to */

/* frame.c: entries, prologues, ends, calls. */
void emit_entry(struct jit *j);
void emit_callback_entry(struct jit *j);
void emit_prologue(struct jit *j);
void emit_exit(struct jit *j);
void emit_call(struct jit *j, const struct bpf_insn *i);
void emit_legacy_load(struct jit *j, const struct bpf_insn *i);

/* select.c: one instruction. */
void jit_select(struct jit *j, const struct bpf_insn *i);
u32 x64_load_op(u8 code); /* enum x64_op of a zero-extending load */
/* divide.c */
void emit_divide(struct jit *j, const struct bpf_insn *i, bool is_signed, bool remainder);
/* fuse.c: several instructions as one; how many were, or 0. */
u32 jit_fuse(struct jit *j, const struct bpf_insn *i);

static inline u8 jit_reg(const struct jit *j, u32 reg)
{
	return j->f->regs[reg];
}
static inline bool jit_live(const struct jit *j, u32 reg) /* after the current instruction */
{
	return j->live[j->i] >> reg & 1;
}
static inline u32 insn_width(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return class == BPF_ALU64 || class == BPF_JMP ? X64_W : 0;
}
static inline bool insn_by_reg(const struct bpf_insn *i)
{
	return BPF_SRC(i->code) == BPF_X;
}

/* image.c */
/* bmi2: may use those instructions. -ENOMEM, -EINVAL. */
int x64_compile(const struct skep_prog *p, bool bmi2, struct jit_code *c) MUST_CHECK;
void x64_free(struct jit_code *c);

#endif
