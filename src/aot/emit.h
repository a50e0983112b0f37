/* What the files that write C share. emit.c begins; emit_insn.c has statements, emit_call.c calls, emit_prelude.c
 * what stands before all programs, emit_thread.c jumps whose way on is known. */
#ifndef SKEP_AOT_EMIT_H
#define SKEP_AOT_EMIT_H

#include "aot/aot.h"
#include "base/buf.h"
#include "exec/prog.h"
#include "insn/insn.h"

enum { TARGET_OF_JUMP = 1, TARGET_OF_BACK_JUMP = 2, TARGET_OF_THREAD = 4 };

#define EMIT_MAX_THREADS 128

struct thread { /* a copy of instructions, see emit_thread.c: from `at` on, so many, where reg holds value */
	u32 at, sub, steps;
	u64 value;
	u8 reg;
};

struct emit {
	struct buf *out;
	const struct skep_prog *p;
	u32 no;	       /* of the program: part of all names */
	u8 *is_target; /* TARGET_OF_…, by instruction */
	u32 *thread_of,
		*falls_into; /* by jump and by what one comes to without: its thread plus 1, or 0 */
	struct thread threads[EMIT_MAX_THREADS];
	u32 nr_threads;
	u32 *helpers, nr_helpers;
	u32 sub;	      /* the function being emitted */
	bool takes_addresses; /* of functions, for callbacks */
	bool by_index;	      /* how it accesses memory, see has_simple_loop() */
};

#define PUT(e, ...) buf_printf((e)->out, __VA_ARGS__)

static inline bool is_wide(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return class == BPF_ALU64 || class == BPF_JMP;
}
/* Where instruction number n jumps to. */
static inline s64 target(const struct bpf_insn *i, u32 n)
{
	return (s64)n + 1 + (i->code == (BPF_JMP32 | BPF_JA) ? i->imm : i->off);
}
/* -EINVAL, with words: no C for instruction number n. */
int emit_refuse(const struct emit *e, u32 n);
/* A statement for instruction number n, with its label. */
int emit_insn(struct emit *e, u32 n) MUST_CHECK;
int emit_call(struct emit *e, const struct bpf_insn *i, u32 n) MUST_CHECK;
int emit_ld(struct emit *e, const struct bpf_insn *i, u32 n) MUST_CHECK;
/* The number of the function that starts there; nr_subs if none does. */
u32 emit_sub_at(const struct emit *e, s64 start);
/* Where in the program's table that helper's address is; AOT_ENV_FIXED + 2 * maps + nr_helpers: nowhere yet. */
u32 emit_helper_slot(const struct emit *e, u32 id);
u32 emit_callee(
	const struct bpf_insn *i); /* the id of a helper or kernel function that is called */
/* emit_guarded.c: accesses that may find nothing, and casts to a user's address. */
int emit_guarded_access(struct emit *e, const struct bpf_insn *i, u32 n) MUST_CHECK;
void emit_cast_user(struct emit *e, const struct bpf_insn *i);
void emit_guarded_prelude(struct buf *out);
/* The type that an access's size has, in bits. */
const char *emit_type_of(u8 code);
u32 emit_frame_size(const struct emit *e); /* of the function being emitted */
/* The same without label and comment. */
int emit_statement(struct emit *e, u32 n) MUST_CHECK;
/* emit_thread.c: which jumps of the function get one, before it is emitted; and they themselves, at its end. */
void emit_plan_threads(struct emit *e);
int emit_threads(struct emit *e) MUST_CHECK;
void emit_prelude(struct buf *out);

#define TEXT(...) #__VA_ARGS__

#endif
