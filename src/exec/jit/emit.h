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

/* to = from rotated to the left; BPF registers. */
void emit_rotate(struct jit *j, u8 class, u8 to, u8 from, u32 left);

/* fuse.c: do n instructions from the current one on belong together, so that no jump leads between them? */
bool jit_in_a_row(const struct jit *j, u32 n);
/* Is a register not read after the n-th from the current one on? */
bool jit_dead_after(const struct jit *j, u32 n, u8 reg);
bool jit_is_op(const struct bpf_insn *i, u8 class, u8 op);
bool jit_is_move(const struct bpf_insn *i, u8 class);
/* How many instructions it took, or 0. */
u32 jit_fuse_rotation(struct jit *j, const struct bpf_insn *i, u8 class);

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
void emit_cpu(struct jit *j); /* r0 = the number of the CPU slot */
emit_fn emit_unwind;	      /* INSN_UNWIND */

/* Calls. What a function does first and last, without entry point and return: */
void emit_enter(struct jit *j);
void emit_leave(struct jit *j);
void emit_exit(struct jit *j);
void emit_call_func(struct jit *j, const struct func *f);
void emit_call_c(struct jit *j, const struct bpf_insn *i, skep_helper_fn fn);
void emit_tail_call(struct jit *j);
/* known.c: a helper's call of which enough is known to do without the helper. False: it is not. */
bool jit_known_helper(struct jit *j, const struct bpf_insn *i);
bool jit_layout_of(const struct jit *j, const struct skep_map *m, struct map_layout *l);
/* Of which machines have: r0 = the array's element with the number that r2 points to, or NULL. */
void emit_array_lookup(struct jit *j, const struct map_layout *l);
/* The map's own function in place of the helper: so many arguments, which are the same, then the run. */
void emit_call_map(struct jit *j, const void *fn, u32 args, bool is_int);
/* bpf_loop(rounds, f, ctx, 0). */
#define JIT_MAX_BPF_LOOPS   (8 * 1024 * 1024) /* Linux's BPF_MAX_LOOPS */
#define JIT_MAX_INLINE_LOOP 64 /* instructions of a callback that stands in the loop */
void emit_loop(struct jit *j, struct func *f);

#endif
