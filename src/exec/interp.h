/* The interpreter's inside: direct-threaded code whose operations are specialised by register.
 *
 * Every BPF instruction becomes a struct op at the same index, and every op is a C function that ends
 * by calling the next one as its last act, which the compiler turns into a jump: no loop, no switch,
 * no native stack growth. There is one function per operation *and* registers (alu64_add_1_2 …), so
 * BPF registers can live in machine registers all the time, as in a JIT: r1 … r5 are the C
 * functions' arguments 1 … 5, which is also where helpers take theirs; pc is argument 6; r0 and
 * r6 … r10 are callee-saved registers reserved in these files alone (GCC's global register
 * variables). Measured with bench/compute.c on a Sapphire Rapids: 0.67 to 0.88 ns per instruction,
 * where DPDK's interpreter, a switch over registers in memory, takes 1.4 to 1.9.
 *
 * Elsewhere (other compilers or machines) registers are in memory and the same sources are compiled
 * to that, only the macros in interp_ops.h differ: 0.74 to 0.99 ns there, with clang. Calls in tail
 * position must become jumps: meson.build gives these files optimisation even in debug builds.
 *
 * Invariants:
 *  - ops[i] belongs to insns[i]; the op of a second half of ld_imm64 is never reached;
 *  - a frame is [struct frame][stack_depth bytes], r10 points behind it, where the next one begins;
 *  - the slot's stack is aligned to its size: run_of(R10) is the run. */
#ifndef SKEP_EXEC_INTERP_H
#define SKEP_EXEC_INTERP_H

#include "base/types.h"
#include "exec/guarded.h"
#include "exec/run.h"

struct op;

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define OP_PARAMS u64 R1, u64 R2, u64 R3, u64 R4, u64 R5, const struct op *pc
#else
#define REGS_IN_MEMORY
struct regs {
	u64 r[11];
};
#define OP_PARAMS struct regs *regs, const struct op *pc
#endif
typedef u64 op_fn(OP_PARAMS);

/* What an op holds besides its function: two numbers, or one of 64 bits.
 *   alu K: imm     load, stx: imm = offset     st: imm, aux = offset     ld_imm64: imm64
 *   jump: aux = bytes from this op to the target, imm as in the instruction
 *   call of a helper: fn     of a subprogram: aux as in jumps, imm = bytes of the callee's frame
 *   guarded access: imm64 = &struct guarded_op
 *   exit, tail call: imm = bytes of this function's frame */
struct op {
	op_fn *f;
	union {
		struct {
			s32 imm, aux;
		};
		u64 imm64;
		skep_helper_fn fn;
	};
};

struct frame {
	const struct op *ret;
	u64 r6, r7, r8, r9, r10; /* the caller's */
};

_Static_assert(sizeof(struct frame) == SKEP_FRAME_LINK, "frames are as SKEP_FRAME_SIZE says");

struct entry { /* a function: what the value of a callback pointer points to */
	const struct op *pc;
	u32 frame; /* bytes, struct frame included */
};

struct guarded_op { /* what such an op needs (guarded.h) */
	struct guarded g;
	struct arena *arena;
};

struct code {
	struct op *ops;
	struct entry *subs;
	struct guarded_op *guarded;
	u32 len, nr_subs;
	/* Counting (interp_count) or being watched; else NULL */
	op_fn **observed; /* the ops' functions, in whose place observe_op stands */
	u64 *counts;
	const struct skep_prog *watched;
	struct code *next; /* in the runtime's list */
};

/* Operations beside those of insn/alu.def: M(name, value) of S, and of D alone. */
#define ALU_MOVES(M)                                                                               \
	M(mov, S)                                                                                  \
	M(movsx8, (s8)S)                                                                           \
	M(movsx16, (s16)S)                                                                         \
	M(movsx32, (s32)S)
#define ALU_UNARY(M) M(neg, 0 - D)
#define ALU_ENDS(M)  /* 64 bits wide only */                                                       \
	M(trunc16, (u16)D)                                                                         \
	M(trunc32, (u32)D)                                                                         \
	M(swap16, __builtin_bswap16((u16)D))                                                       \
	M(swap32, __builtin_bswap32((u32)D))                                                       \
	M(swap64, __builtin_bswap64(D))

enum alu_row {
#define ALU(name, ...)	      ALU_##name,
#define ALU_SIGNED(name, ...) ALU_##name,
#include "insn/alu.def"
#define ROW(name, value) ALU_##name,
	ALU_MOVES(ROW) ALU_UNARY(ROW) ALU_ENDS(ROW)
#undef ROW
		NR_ALU
};

enum jmp_row {
#define JMP(name, ...) JMP_##name,
#include "insn/jmp.def"
	NR_JMP
};

/* M(name, type): what a load gives, sign-extending ones last. */
#define STORE_KINDS(M) M(b, u8) M(h, u16) M(w, u32) M(dw, u64)
#define LOAD_KINDS(M)  STORE_KINDS(M) M(sb, s8) M(sh, s16) M(sw, s32)
enum mem_row {
#define ROW(name, type) MEM_##name,
	LOAD_KINDS(ROW)
#undef ROW
		NR_MEM
};

/* Atomic operations: rows of insn/atomic.def, plain and fetching, and those of another shape. */
enum atomic_row {
#define ATOMIC(name, ...) ATOMIC_##name, ATOMIC_fetch_##name,
#include "insn/atomic.def"
	ATOMIC_xchg,
	ATOMIC_cmpxchg,
	NR_ATOMIC
};

/* Functions by operation and registers; NULL: no such operation. */
extern op_fn *const alu64_x[NR_ALU][10][11], *const alu64_k[NR_ALU][10];
extern op_fn *const alu32_x[NR_ALU][10][11], *const alu32_k[NR_ALU][10];
extern op_fn *const jmp64_x[NR_JMP][11][11], *const jmp64_k[NR_JMP][11];
extern op_fn *const jmp32_x[NR_JMP][11][11], *const jmp32_k[NR_JMP][11];
extern op_fn *const load[NR_MEM][10][11], *const store_x[4][11][11], *const store_k[4][11];
extern op_fn *const load_imm64[10];
extern op_fn *const atomic[2][NR_ATOMIC]; /* aux = src << 8 | dst, imm = offset */
extern op_fn *const guarded;		  /* imm64: its struct guarded_op */
extern op_fn *const cast_user;		  /* likewise */
extern op_fn *const load_acquire[4], *const store_release[4];
extern op_fn *const load_ind[11]; /* imm, aux = bytes of this function's frame | size */
op_fn cpu_number, unwind_throw, unwind_pass, unwind_catch;
op_fn jump_always, may_goto, load_abs, call_helper, call_sub, tail_call, exit_frame, leave,
	observe_op;

/* decode.c: ops for p's xlated instructions, in time linear in their number. A failure leaves what was
 * allocated in *c, to be freed by code_free(). */
struct skep_prog;
int code_decode(const struct skep_prog *p, struct code *c) MUST_CHECK;
u64 interp_run(const struct skep_prog *p, void *ctx, struct skep_run *run);
void code_free(struct code *c); /* takes NULL */

#endif
