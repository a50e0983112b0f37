/* Helper calls of which the verifier found out enough to do without the helper: elements of arrays, other
 * operations of a known map, loops over a known callback, tail calls.
 *
 * Sound because: prog_known_call() speaks of every path; map layouts do not change while the program holds
 * its maps; results and what is clobbered are the helper's. */
#include "base/err.h"
#include "exec/jit_x86_64/jit.h"

#define RUN(field)    x64_at(R12, offsetof(struct skep_run, field))
#define MAX_BPF_LOOPS (8 * 1024 * 1024) /* BPF_MAX_LOOPS */
#define LOOP_STATE    32		/* bytes on the native stack: round, rounds, context */

static bool layout_of(const struct jit *j, const struct skep_map *m, struct map_layout *l)
{
	if (!m || !j->p->rt->map_layout)
		return false;
	j->p->rt->map_layout(m, l);
	return true;
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

static bool inline_array_lookup(struct jit *j, const struct map_layout *l)
{
	struct code_buf *a = &j->a;
	u32 none, out;

	if ((l->kind != MAP_ARRAY && l->kind != MAP_PERCPU_ARRAY) || l->stride > INT32_MAX ||
	    l->cpu_stride > INT32_MAX || l->max > INT32_MAX)
		return false;
	x64_rm(a, X64_MOV, RAX, x64_at(RSI, 0));
	x64_arith_imm(a, ARITH_CMP, 0, RAX, (s32)l->max);
	none = x64_jcc_forward(a, CC_AE);
	element_address(j, l);
	out = x64_jmp_forward(a);
	x64_land(a, none);
	x64_set(a, RAX, 0);
	x64_land(a, out);
	return true;
}

/* The map's own function instead of the helper: the arguments are the same, the run comes last. */
static bool call_map(struct jit *j, const void *fn, u8 run_reg, bool is_int)
{
	if (!fn)
		return false;
	x64_rm(&j->a, X64_STORE | X64_W, RBP, RUN(stack_top));
	x64_rr(&j->a, X64_MOV | X64_W, run_reg, R12);
	x64_set(&j->a, RAX, (uintptr_t)fn);
	x64_call_reg(&j->a, RAX);
	if (is_int)
		x64_rr(&j->a, X64_MOVSX32, RAX, RAX);
	return true;
}

/* bpf_loop(rounds, fn, ctx, 0): fn(round, ctx) until it returns something else than 0. */
static bool inline_loop(struct jit *j, s64 callback)
{
	const struct func *f = callback < 0 ? NULL : jit_func_at(j, callback);
	struct code_buf *a = &j->a;
	struct x64_mem round = x64_at(RSP, 0), rounds = x64_at(RSP, 8), ctx = x64_at(RSP, 16);
	u32 too_many, begin, done, out;

	if (!f)
		return false;
	x64_arith_imm(a, ARITH_CMP, X64_W, RDI, MAX_BPF_LOOPS);
	too_many = x64_jcc_forward(a, CC_A);
	x64_arith_imm(a, ARITH_SUB, X64_W, RSP, LOOP_STATE);
	x64_store_imm(a, 8, round, 0);
	x64_rm(a, X64_STORE | X64_W, RDI, rounds);
	x64_rm(a, X64_STORE | X64_W, RDX, ctx);
	begin = a->len;
	x64_rm(a, X64_MOV | X64_W, RDI, round);
	x64_rm(a, X64_MOV | X64_W, RSI, ctx);
	x64_rm(a, X64_MOV | X64_W, RAX, rounds);
	x64_rr(a, X64_CMP | X64_W, RAX, RDI); /* round - rounds */
	done = x64_jcc_forward(a, CC_AE);
	x64_arith_mem_imm(a, ARITH_ADD, X64_W, round, 1);
	x64_call(a, f->at);
	x64_rr(a, X64_TEST | X64_W, RAX, RAX);
	x64_jcc(a, CC_E, true, begin);
	x64_rm(a, X64_MOV | X64_W, RAX, round);
	x64_land(a, done);
	x64_arith_imm(a, ARITH_ADD, X64_W, RSP, LOOP_STATE);
	out = x64_jmp_forward(a);
	x64_land(a, too_many);
	x64_set(a, RAX, (u32)-E2BIG);
	x64_land(a, out);
	return true;
}

bool emit_known_helper(struct jit *j, const struct bpf_insn *i)
{
	const struct known_call *k = prog_known_call(j->p, j->i);
	struct map_layout l;

	if (!k)
		return false;
	if (i->imm == BPF_FUNC_loop)
		return inline_loop(j, k->callback);
	if (!layout_of(j, k->map, &l))
		return false;
	switch (i->imm) {
	case BPF_FUNC_map_lookup_elem:
		return inline_array_lookup(j, &l) || call_map(j, l.lookup, RDX, false);
	case BPF_FUNC_map_update_elem: return call_map(j, l.update, R8, true);
	case BPF_FUNC_map_delete_elem: return call_map(j, l.remove, RDX, true);
	default: return false;
	}
}

/* Into a program of a known array: does what jit_tail_target() does, and leaves to it what is rare. r3 is
 * rdx; rdi, rsi, rcx, r8 to r11 may be used (a function that calls keeps nothing there). On the way out rax is
 * where to go, and rcx what other engines want as the stack's top. Returns false if the array is not known. */
bool emit_known_tail_target(struct jit *j, u32 none[4])
{
	const struct known_call *k = prog_known_call(j->p, j->i);
	struct code_buf *a = &j->a;
	struct map_layout l;

	if (!k || !layout_of(j, k->map, &l) || l.kind != MAP_PROGS || l.max > INT32_MAX)
		return false;
	x64_arith_imm(a, ARITH_CMP, 0, RDX, (s32)l.max);
	none[0] = x64_jcc_far(a, CC_AE);
	x64_arith_mem_imm(a, ARITH_CMP, 0, RUN(tail_calls), SKEP_MAX_TAIL_CALL);
	none[1] = x64_jcc_far(a, CC_AE);
	x64_set(a, R11, l.base);
	x64_rr(a, X64_MOV, RDX, RDX); /* the index has 32 bits */
	x64_rm(a, X64_MOV | X64_W, R11, (struct x64_mem){ R11, RDX, 0, 3 });
	x64_rr(a, X64_TEST | X64_W, R11, R11);
	none[2] = x64_jcc_far(a, CC_E);
	x64_rm(a, X64_LEA | X64_W, RCX, x64_at(RBP, -(s32)j->f->frame));
	x64_rm(a, X64_MOV | X64_W, R10, RUN(stack));
	x64_arith_imm(a, ARITH_ADD, X64_W, R10, SKEP_RUN_STACK - SKEP_ENTRY_STACK);
	x64_rr(a, X64_CMP | X64_W, RCX, R10); /* r10 - rcx */
	none[3] = x64_jcc_far(a, CC_B);
	x64_arith_mem_imm(a, ARITH_ADD, 0, RUN(tail_calls), 1);
	x64_rm(a, X64_STORE | X64_W, R11, RUN(prog));
	x64_rm(a, X64_MOV | X64_W, RAX, x64_at(R11, offsetof(struct skep_prog, tail_entry)));
	return true;
}
