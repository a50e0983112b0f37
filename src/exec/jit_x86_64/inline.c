/* Helper calls that need no helper (jit/known.c says which): elements of arrays, other operations of a known map,
 * loops over a known callback; tail calls into a known array. Results and what is clobbered are the helper's. */
#include "base/err.h"
#include "exec/jit_x86_64/jit.h"

#define RUN(field) x64_at(R12, offsetof(struct skep_run, field))
#define MAX_INLINE 64 /* instructions of a callback */

static void move(struct jit *j, u8 to, u8 from)
{
	x64_rr(&j->a, X64_MOV | X64_W, to, from);
}

/* rax = &element[rax], which is below max. rdi, rcx are r1, r4: lost at a call. */
static void element_address(struct jit *j, const struct map_layout *l)
{
	struct code_buf *a = &j->a;

	if (IS_POWER_OF_2(l->stride))
		x64_shift_imm(a, SHIFT_SHL, X64_W, RAX, (u8)__builtin_ctzll(l->stride));
	else
		x64_imul_imm(a, X64_W, RAX, RAX, (s32)l->stride);
	x64_set(a, RDI, l->base);
	x64_rr(a, X64_ADD | X64_W, RDI, RAX);
	if (l->kind != MAP_PERCPU_ARRAY)
		return;
	x64_rm(a, X64_MOV, RCX, RUN(cpu));
	x64_imul_imm(a, X64_W, RCX, RCX, (s32)l->cpu_stride);
	x64_rr(a, X64_ADD | X64_W, RCX, RAX);
}

void emit_array_lookup(struct jit *j, const struct map_layout *l)
{
	struct code_buf *a = &j->a;
	u32 none, out;

	x64_rm(a, X64_MOV, RAX, x64_at(RSI, 0));
	x64_arith_imm(a, ARITH_CMP, 0, RAX, (s32)l->max);
	none = x64_jcc_forward(a, CC_AE);
	element_address(j, l);
	out = x64_jmp_forward(a);
	x64_land(a, none);
	x64_set(a, RAX, 0);
	x64_land(a, out);
}

void emit_call_map(struct jit *j, const void *fn, u32 args, bool is_int)
{
	static const u8 arg[6] = { RDI, RSI, RDX, RCX, R8, R9 };

	x64_rm(&j->a, X64_STORE | X64_W, RBP, RUN(stack_top));
	move(j, arg[args], R12);
	x64_set(&j->a, RAX, (uintptr_t)fn);
	x64_call_reg(&j->a, RAX);
	if (is_int)
		x64_rr(&j->a, X64_MOVSX32, RAX, RAX);
}

/* bpf_loop(rounds, fn, ctx, 0): fn(round, ctx) until it returns something else than 0. Round, rounds and context are
 * in registers that functions keep. A callback of a few instructions in a row stands in the loop itself. */
static void loop_rounds(struct jit *j, struct func *f)
{
	enum { ROUND = RBX, ROUNDS = R13, CTX = R14 };
	struct code_buf *a = &j->a;
	u32 begin, empty, stopped;

	move(j, ROUNDS, RDI);
	move(j, CTX, RDX);
	x64_set(a, ROUND, 0);
	x64_rr(a, X64_TEST | X64_W, ROUNDS, ROUNDS);
	empty = x64_jcc_far(a, CC_E);
	begin = a->len;
	move(j, RDI, ROUND);
	move(j, RSI, CTX);
	x64_arith_imm(a, ARITH_ADD, X64_W, ROUND, 1);
	if (jit_is_straight(j, f, JIT_MAX_INLINE_LOOP))
		jit_select_inline(j, f);
	else
		x64_call(a, f->at);
	x64_rr(a, X64_TEST | X64_W, RAX, RAX);
	stopped = x64_jcc_forward(a, CC_NE);
	x64_rr(a, X64_CMP | X64_W, ROUNDS, ROUND); /* round - rounds */
	x64_jcc(a, CC_B, false, begin);
	x64_land(a, stopped);
	x64_land_far(a, empty);
	move(j, RAX, ROUND);
}

void emit_loop(struct jit *j, struct func *f)
{
	struct code_buf *a = &j->a;
	u32 too_many, out;

	x64_arith_imm(a, ARITH_CMP, X64_W, RDI, JIT_MAX_BPF_LOOPS);
	too_many = x64_jcc_far(a, CC_A);
	x64_push(a, RBX);
	x64_push(a, R13);
	x64_push(a, R14);
	x64_arith_imm(a, ARITH_SUB, X64_W, RSP, 8); /* aligned, as before */
	loop_rounds(j, f);
	x64_arith_imm(a, ARITH_ADD, X64_W, RSP, 8);
	x64_pop(a, R14);
	x64_pop(a, R13);
	x64_pop(a, RBX);
	out = x64_jmp_forward(a);
	x64_land_far(a, too_many);
	x64_set(a, RAX, (u32)-E2BIG);
	x64_land(a, out);
}

/* The number of tail calls so far, in r11: since the program's entry if nothing has used r11. */
static void load_count(struct jit *j)
{
	if (j->f != j->funcs || j->i >= j->undisturbed)
		x64_rm(&j->a, X64_MOV, TAIL_COUNT, RUN(tail_calls));
}

/* Is there room for what a program needs at entry, from rcx on? The main function began there itself, and had. */
static u32 jump_without_stack(struct jit *j)
{
	struct code_buf *a = &j->a;

	if (j->f == j->funcs)
		return NO_TARGET;
	x64_rr(a, X64_MOVZX16, R10, RCX); /* stacks are aligned to their size */
	x64_arith_imm(a, ARITH_CMP, 0, R10, SKEP_RUN_STACK - SKEP_ENTRY_STACK);
	return x64_jcc_far(a, CC_A);
}
static_assert(SKEP_RUN_STACK == 0x10000, "movzx takes 16 bits");

bool emit_known_tail_target(struct jit *j, u32 none[4])
{
	const struct known_call *k = prog_known_call(j->p, j->i);
	struct code_buf *a = &j->a;
	struct map_layout l;

	if (!k || !jit_layout_of(j, k->map, &l) || l.kind != MAP_PROGS || l.max > INT32_MAX)
		return false;
	x64_arith_imm(a, ARITH_CMP, 0, RDX, (s32)l.max);
	none[0] = x64_jcc_far(a, CC_AE);
	load_count(j);
	x64_arith_imm(a, ARITH_CMP, 0, TAIL_COUNT, SKEP_MAX_TAIL_CALL);
	none[1] = x64_jcc_far(a, CC_AE);
	x64_set(a, RAX, l.base);
	x64_rr(a, X64_MOV, RDX, RDX); /* the index has 32 bits */
	x64_rm(a, X64_MOV | X64_W, RAX, (struct x64_mem){ RAX, RDX, 0, 3 });
	x64_rr(a, X64_TEST | X64_W, RAX, RAX);
	none[2] = x64_jcc_far(a, CC_E);
	x64_rm(a, X64_LEA | X64_W, RCX, x64_at(RBP, -(s32)j->f->frame));
	none[3] = jump_without_stack(j);
	x64_arith_imm(a, ARITH_ADD, 0, TAIL_COUNT, 1);
	x64_rm(a, X64_STORE, TAIL_COUNT, RUN(tail_calls));
	x64_rm(a, X64_STORE | X64_W, RAX, RUN(prog));
	x64_rm(a, X64_MOV | X64_W, RAX, x64_at(RAX, offsetof(struct skep_prog, tail_entry)));
	return true;
}
