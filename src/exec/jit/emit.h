/* What every machine emits: one function per operation. select.c has checked that the instruction exists, so
 * these do not; they set j->err only if their machine cannot do it. */
#ifndef SKEP_EXEC_JIT_EMIT_H
#define SKEP_EXEC_JIT_EMIT_H

#include "exec/jit/jit.h"

typedef void emit_fn(struct jit *j, const struct bpf_insn *i);

/* Arithmetic. */
#define ALU(name, ...)	      emit_fn emit_##name;
#define ALU_SIGNED(name, ...) emit_fn emit_##name;
#include "insn/alu.def"
emit_fn emit_neg, emit_mov, emit_end;
void emit_set(struct jit *j, u8 reg, u64 value);       /* a machine register */
void emit_code_address(struct jit *j, u8 reg, u32 at); /* of an offset in the image */

/* Memory. */
void emit_load(struct jit *j, const struct bpf_insn *i, bool extend_sign);
emit_fn emit_store, emit_store_imm, emit_load_acquire, emit_store_release;
#define ATOMIC(name, ...) emit_fn emit_atomic_##name; /* with or without BPF_FETCH */
#include "insn/atomic.def"
emit_fn emit_exchange, emit_compare_exchange;
/* r0 = bytes of the packet, in host order; out of bounds ends the function with 0. */
emit_fn emit_legacy_load;

/* Jumps. `to` is an instruction's number. */
void emit_jump(struct jit *j, u32 to);
emit_fn emit_jump_if;  /* to where i->off says */
emit_fn emit_may_goto; /* goes on until the run has used up its allowance, then leaves the loop */

/* Calls. What a function does first and last, without entry point and return: */
void emit_enter(struct jit *j);
void emit_leave(struct jit *j);
void emit_exit(struct jit *j);
void emit_call_func(struct jit *j, const struct func *f);
void emit_call_c(struct jit *j, const struct bpf_insn *i, skep_helper_fn fn);
void emit_tail_call(struct jit *j);
/* A helper's call of which enough is known to do without the helper. False: it is not. */
bool emit_known_helper(struct jit *j, const struct bpf_insn *i);

#endif
