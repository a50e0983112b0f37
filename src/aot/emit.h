/* What the files that write C share. emit.c begins; emit_insn.c has statements, emit_call.c calls, emit_prelude.c
 * what stands before all programs, emit_thread.c jumps whose way on is known. */
#ifndef SKEP_AOT_EMIT_H
#define SKEP_AOT_EMIT_H

#include "aot/aot.h"
#include "base/buf.h"
#include "exec/prog.h"
#include "insn/insn.h"

struct emit {
	struct buf *out;
	const struct skep_prog *p;
	u32 no;	       /* of the program: part of all names */
	u8 *is_target; /* of jumps, by instruction */
	u32 *helpers, nr_helpers;
	u32 sub;       /* the function being emitted */
	bool by_index; /* how it accesses memory, see has_simple_loop() */
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
u32 emit_frame_size(const struct emit *e); /* of the function being emitted */
void emit_prelude(struct buf *out);

#define TEXT(...) #__VA_ARGS__

#endif
