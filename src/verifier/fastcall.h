/* Calls that leave registers alone: see fastcall.c. */
#ifndef SKEP_VERIFIER_FASTCALL_H
#define SKEP_VERIFIER_FASTCALL_H

#include "verifier/env.h"

/* Before the walk: where the patterns are. */
void find_fastcalls(struct verifier *v);
/* During the walk: the current instruction uses that frame's stack from off on. */
void note_stack_use(struct verifier *v, u32 frame, s32 off);
/* After the walk: what goes, and what stack is left. */
void drop_fastcalls(struct verifier *v);
/* What a call with spares_regs becomes. */
struct bpf_insn fastcall_insn(const struct verifier *v, u32 insn);

#endif
