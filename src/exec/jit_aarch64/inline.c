/* Helper calls that need no helper (jit/known.c says which): elements of arrays, other operations of a known map,
 * loops over a known callback; tail calls into a known array. Results and what is clobbered are the helper's. */
#include "base/err.h"
#include "exec/jit_aarch64/jit.h"

#define OFFSET(field) offsetof(struct skep_run, field)

static void move(struct jit *j, u8 to, u8 from)
{
	a64_mov(&j->a, A64_X, to, from);
}

static void compare_with(struct jit *j, u32 wide, u8 reg, u32 n)
{
	if (a64_arith_fits(n)) {
		a64_arith(&j->a, A64_SUBS_IMM, wide, XZR, reg, n);
		return;
	}
	a64_set(&j->a, X11, n);
	a64_rrr(&j->a, A64_SUBS, wide, XZR, reg, X11);
}

/* sum += number * n. x11 is lost. */
static void add_times(struct jit *j, u8 sum, u8 number, u64 n)
{
	if (IS_POWER_OF_2(n)) {
		a64_rrr(&j->a, A64_ADD | A64_SHIFTED((u32)__builtin_ctzll(n)), A64_X, sum, sum,
			number);
		return;
	}
	a64_set(&j->a, X11, n);
	a64_madd(&j->a, A64_X, sum, number, X11, sum);
}

void emit_array_lookup(struct jit *j, const struct map_layout *l)
{
	struct code_buf *a = &j->a;
	u32 none;

	a64_mem(a, A64_LOAD, 2, X9, X1, 0);
	a64_set(a, X7, 0);
	compare_with(j, 0, X9, l->max);
	none = a64_bcc_forward(a, A64_HS, 0, 0);
	a64_set(a, X7, l->base);
	add_times(j, X7, X9, l->stride);
	if (l->kind == MAP_PERCPU_ARRAY) {
		a64_run(j, A64_LOAD, 2, X9, OFFSET(cpu));
		add_times(j, X7, X9, l->cpu_stride);
	}
	a64_land(a, none);
}

void emit_call_map(struct jit *j, const void *fn, u32 args, bool is_int)
{
	a64_run(j, A64_STORE, 3, FRAME, OFFSET(stack_top));
	move(j, (u8)(X0 + args), RUN);
	a64_set(&j->a, X16, (uintptr_t)fn);
	a64_blr(&j->a, X16);
	if (is_int)
		a64_field(&j->a, A64_SBFM, A64_X, X7, X0, 0, 31);
	else
		move(j, X7, X0);
}

/* fn(round, ctx) until it returns something else than 0. Round, rounds and context are in registers that functions
 * keep. A callback of a few instructions in a row stands in the loop itself. */
static void loop_rounds(struct jit *j, struct func *f)
{
	enum { ROUND = X19, ROUNDS = X20, CTX = X21 };
	struct code_buf *a = &j->a;
	u32 begin, empty, stopped;

	move(j, ROUNDS, X0);
	move(j, CTX, X2);
	a64_set(a, ROUND, 0);
	empty = a64_bcc_forward(a, A64_ZERO, A64_X, ROUNDS);
	begin = a->len;
	move(j, X0, ROUND);
	move(j, X1, CTX);
	a64_arith(a, A64_ADD_IMM, A64_X, ROUND, ROUND, 1);
	if (jit_is_straight(j, f, JIT_MAX_INLINE_LOOP))
		jit_select_inline(j, f);
	else
		a64_bl(a, f->at);
	stopped = a64_bcc_forward(a, A64_NOT_ZERO, A64_X, X7);
	a64_rrr(a, A64_SUBS, A64_X, XZR, ROUND, ROUNDS);
	a64_bcc(a, A64_LO, 0, 0, begin);
	a64_land(a, stopped);
	a64_land(a, empty);
	move(j, X7, ROUND);
}

void emit_loop(struct jit *j, struct func *f)
{
	struct code_buf *a = &j->a;
	u32 too_many;

	a64_set(a, X7, (u32)-E2BIG);
	compare_with(j, A64_X, X0, JIT_MAX_BPF_LOOPS);
	too_many = a64_bcc_forward(a, A64_HI, 0, 0);
	a64_push_pair(a, X19, X20);
	a64_push_pair(a, X21, X22);
	loop_rounds(j, f);
	a64_pop_pair(a, X21, X22);
	a64_pop_pair(a, X19, X20);
	a64_land(a, too_many);
}

/* Is there room for what a program needs at entry, from x3 on? The main function began there itself, and had. */
static u32 jump_without_stack(struct jit *j)
{
	if (j->f == j->funcs)
		return NO_TARGET;
	a64_field(&j->a, A64_UBFM, 0, X10, X3, 0, 15); /* stacks are aligned to their size */
	compare_with(j, 0, X10, SKEP_RUN_STACK - SKEP_ENTRY_STACK);
	return a64_bcc_forward(&j->a, A64_HI, 0, 0);
}
static_assert(SKEP_RUN_STACK == 0x10000, "the field has 16 bits");

bool emit_known_tail_target(struct jit *j, u32 none[4])
{
	const struct known_call *k = prog_known_call(j->p, j->i);
	struct code_buf *a = &j->a;
	struct map_layout l;

	if (!k || !jit_layout_of(j, k->map, &l) || l.kind != MAP_PROGS || l.max > INT32_MAX)
		return false;
	compare_with(j, 0, X2, l.max);
	none[0] = a64_bcc_forward(a, A64_HS, 0, 0);
	a64_run(j, A64_LOAD, 2, X9, OFFSET(tail_calls));
	compare_with(j, 0, X9, SKEP_MAX_TAIL_CALL);
	none[1] = a64_bcc_forward(a, A64_HS, 0, 0);
	a64_set(a, X16, l.base);
	a64_mov(a, 0, X10, X2); /* the index has 32 bits */
	add_times(j, X16, X10, 8);
	a64_mem(a, A64_LOAD, 3, X16, X16, 0);
	none[2] = a64_bcc_forward(a, A64_ZERO, A64_X, X16);
	a64_arith(a, A64_SUB_IMM, A64_X, X3, FRAME, j->f->frame);
	none[3] = jump_without_stack(j);
	a64_arith(a, A64_ADD_IMM, 0, X9, X9, 1);
	a64_run(j, A64_STORE, 2, X9, OFFSET(tail_calls));
	a64_run(j, A64_STORE, 3, X16, OFFSET(prog));
	a64_mem(a, A64_LOAD, 3, X16, X16, offsetof(struct skep_prog, tail_entry));
	return true;
}
