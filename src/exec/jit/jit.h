/* The JIT's inside, as far as machines agree. One image per program: an entry for C, an entry for callbacks,
 * functions. Each machine's folder says which registers hold what, and has the rest.
 *
 * Frames lie on the run's stack exactly as the interpreter lays them out (helpers may read what programs
 * keep there, nested runs find the same room): a function adds its frame's size to r10 and takes it
 * back at its end. A function that neither touches the stack nor calls has none. The native stack holds
 * return addresses and r6 … r9 where a function writes them. It is bounded: the verifier allows eight
 * frames, callbacks included; tail calls keep their callers' frames at most 33 times, and nested runs (and
 * all of these together) end where the run's stack does.
 *
 * Between our functions: r1 … r5, r10 = the caller's frame's end, the run, the native stack as C has it at
 * entry. That is also how a tail call enters a program.
 *
 * Invariants:
 *  - jit_compile() selects twice, to measure and to emit, and both times the same but for jumps, which it
 *    makes short in between until none can be: what is emitted has exactly the size measured;
 *  - a jump once short stays short: distances only shrink;
 *  - the image is position-independent and never writable and executable at the same time. */
#ifndef SKEP_EXEC_JIT_JIT_H
#define SKEP_EXEC_JIT_JIT_H

#include "exec/guarded.h"
#include "exec/jit.h"
#include "exec/jit/code.h"
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
	bool uses_run; /* may_goto, guarded accesses */
	bool calls;
	bool uses_scratch; /* instructions that need r9, r10, r11 for themselves */
	const u8 *regs;	   /* machine registers of r0 … r10, and of JIT_*_REG if uses_scratch */
};

struct slow_path { /* of a guarded access: code behind the functions, which comes back */
	struct guarded g;
	const u8 *regs; /* of the function around it */
	u32 at, back;
};

struct jit {
	struct code_buf a;
	const struct skep_prog *p;
	bool newer;	       /* instructions that only newer CPUs of the kind have may be used */
	bool has_callbacks;    /* takes addresses of functions */
	bool makes_tail_calls; /* the main function */
	bool has_guarded;
	u32 *at;   /* code of each instruction */
	u8 *marks; /* enum jit_mark */
	u8 *lead;  /* bytes of an instruction before its jump; NO_JUMP: has none */
	u16 *live; /* registers whose values are read after an instruction: bits 0 … 10 */
	struct func *funcs;
	struct func *f; /* being selected, and … */
	u32 i;		/* … the instruction */
	/* The main function's instructions before this one run before anything may have used registers that are
	 * nobody's, on every path; 0 also if it makes no tail call, which alone asks. */
	u32 undisturbed;
	u32 callback_at, entry_at;
	struct slow_path *slow;
	u32 nr_slow, cap_slow; /* so far in this pass; what lies behind is of the pass before */
	u32 guarded_at;	       /* where guarded accesses go that code does not do itself */
	/* What the machine's flags say at this place in the code, if nothing has been emitted behind it: how a result
	 * in a machine register compares with 0. For machines that have such flags. */
	struct flags_of {
		u32 at;
		u8 reg;
		bool wide; /* of 64 bits */
	} flags;
	u64 blind_seed, blind_key; /* 0: constants are not blinded */
	int err;
};

/* scan.c: functions, jump targets, liveness. */
int jit_scan(struct jit *j) MUST_CHECK;
/* The function that starts there, NULL if none does. */
struct func *jit_func_at(const struct jit *j, s64 start);
int jit_refuse(const struct jit *j);
s64 jit_target(u32 at, const struct bpf_insn *i); /* where instruction number `at` jumps to */

/* blind.c. True if it has selected the instruction. */
#define JIT_BLIND_REG 11
#define JIT_ADDR_REG  12 /* the address that a guarded access has found to be good */
bool jit_blind(struct jit *j, const struct bpf_insn *i);

/* select.c: one instruction */
void jit_select(struct jit *j, const struct bpf_insn *i);
/* The next one, or several as one; how many it was. */
u32 jit_select_next(struct jit *j);
/* Is f at most so many instructions in a row, without calls? Then its code can stand where it is called. */
bool jit_is_straight(const struct jit *j, const struct func *f, u32 max);
void jit_select_inline(struct jit *j, struct func *f);

static inline u8 jit_reg(const struct jit *j, u32 reg)
{
	return j->f->regs[reg];
}
static inline bool jit_live(const struct jit *j, u32 reg) /* after the current instruction */
{
	return j->live[j->i] >> reg & 1;
}
static inline bool insn_by_reg(const struct bpf_insn *i)
{
	return BPF_SRC(i->code) == BPF_X;
}

/* image.c. newer: see struct jit. -ENOMEM, -EINVAL. */
int jit_compile(const struct skep_prog *p, bool newer, bool blind, struct jit_code *c) MUST_CHECK;
void jit_free(struct jit_code *c);

/* --- what each machine has --- */
void emit_entry(struct jit *j);
void emit_callback_entry(struct jit *j);
void emit_prologue(struct jit *j);
void emit_guarded_call(struct jit *j); /* called by … */
void emit_slow_paths(struct jit *j);
void emit_guarded(struct jit *j, const struct bpf_insn *i);
void emit_cast(struct jit *j, const struct bpf_insn *i); /* to a user's address */
u32 jit_fuse(struct jit *j, const struct bpf_insn *i);	 /* several as one; how many were, or 0 */
void jit_load_blinded(struct jit *j, u8 reg, u64 value, u64 key); /* reg = value ^ key */
void jit_end(struct jit *j); /* what lies behind a program's last instruction */
/* Machine registers for a function: r6 … r9 that survive calls, or need not. Sets regs and saved. */
void jit_choose_registers(struct func *f);
/* Does selecting this instruction need registers of its own? */
bool jit_uses_scratch(const struct jit *j, const struct bpf_insn *i);
/* A jump's two forms: what the short one saves, and whether it reaches over so many bytes, counted from its
 * first one. */
u32 jit_short_saves(const struct bpf_insn *i);
bool jit_short_reaches(const struct bpf_insn *i, s64 by);
bool jit_cpu_is_newer(void);

#endif
