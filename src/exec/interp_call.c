/* Leaving straight code: helpers, subprograms, other programs, and back. */
#include "exec/interp_ops.h"

#include "exec/prog.h"

static u64 callback(struct skep_run *run, u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

OP(call_helper)
{
	struct skep_run *run = run_of(R10);

	run->stack_top = (u8 *)(uintptr_t)R10; /* for callbacks and nested runs */
	R0 = pc->fn(R1, R2, R3, R4, R5, run);
	FORGET_R1_R5;
	NEXT;
}

OP(call_sub)
{
	struct frame *f = (struct frame *)(uintptr_t)R10;

	*f = (struct frame){ pc + 1, R6, R7, R8, R9, R10 };
	R10 += (u32)pc->imm;
	BRANCH(pc->aux);
}

#define LEAVE_FRAME(bytes)                                                                         \
	do {                                                                                       \
		struct frame *f_ = (struct frame *)(uintptr_t)(R10 - (u32)(bytes));                \
                                                                                                   \
		R6 = f_->r6;                                                                       \
		R7 = f_->r7;                                                                       \
		R8 = f_->r8;                                                                       \
		R9 = f_->r9;                                                                       \
		R10 = f_->r10;                                                                     \
		GO(f_->ret);                                                                       \
	} while (0)

OP(exit_frame)
{
	LEAVE_FRAME(pc->imm);
}

/* Where the outermost frame returns to: back to C. */
OP(leave)
{
	return R0;
}

/* The program that map[index] holds, if this run may go on in it. */
static struct skep_prog *tail_target(struct skep_run *run, u64 map, u32 index, const u8 *base)
{
	if (run->tail_calls >= SKEP_MAX_TAIL_CALL || !run_has_stack(run, base))
		return NULL;
	return run->rt->prog_array_get((struct skep_map *)(uintptr_t)map, index);
}

/* A program of another engine sets run->callback as it likes; ours go on after it. */
static __attribute__((noinline)) u64 run_other(const struct skep_prog *p, struct skep_run *run)
{
	u64 ret = p->run(p, run->ctx, run);

	run->callback = callback;
	return ret;
}

/* The new program takes the place of the function that calls, and returns to that function's caller. */
OP(tail_call)
{
	struct skep_run *run = run_of(R10);
	u8 *base = (u8 *)(uintptr_t)(R10 - (u32)pc->imm);
	struct skep_prog *p = tail_target(run, R2, (u32)R3, base);
	const struct entry *e;

	if (!p)
		NEXT;
	run->tail_calls++;
	run->prog = p;
	if (unlikely(p->engine != &engine_interp)) {
		run->stack_top = (u8 *)(uintptr_t)R10;
		R0 = run_other(p, run);
		LEAVE_FRAME(pc->imm);
	}
	e = ((struct code *)p->code)->subs;
	R10 = (uintptr_t)base + e->frame;
	GO(e->pc);
}

struct legacy_value {
	u64 value;
	bool ok;
};

/* A function of its own: an op whose locals have addresses could not end in a jump. */
static __attribute__((noinline)) struct legacy_value load_packet(u64 ctx, u64 at_r10, s32 off,
								 u32 size)
{
	struct legacy_value v = { 0 };

	v.ok = run_of(at_r10)->rt->ld_abs((void *)(uintptr_t)ctx, off, size, &v.value);
	return v;
}

/* aux: this function's frame (a multiple of 8) | the load's size. Out of bounds ends the function. */
#define LEGACY_LOAD(offset)                                                                        \
	do {                                                                                       \
		struct legacy_value v = load_packet(R6, R10, (s32)(offset), pc->aux & 7);          \
                                                                                                   \
		R0 = v.ok ? v.value : 0;                                                           \
		FORGET_R1_R5;                                                                      \
		if (!v.ok)                                                                         \
			LEAVE_FRAME(pc->aux & ~7);                                                 \
		NEXT;                                                                              \
	} while (0)

OP(load_abs)
{
	LEGACY_LOAD(pc->imm);
}

#define OP_IND(s, ...)                                                                             \
	static OP(load_ind_##s)                                                                    \
	{                                                                                          \
		LEGACY_LOAD(R##s + (s64)pc->imm);                                                  \
	}
EACH_REG(OP_IND)
#define NAME_IND(s, ...) load_ind_##s,
op_fn *const load_ind[11] = { EACH_REG(NAME_IND) };

static struct code *observed_code(struct skep_run *run, const struct op *pc)
{
	struct code *c = run->rt->observed;

	while (pc < c->ops || pc >= c->ops + c->len)
		c = c->next;
	return c;
}

/* A function of its own, as load_packet() is. Returns what the op really does. */
static __attribute__((noinline)) op_fn *observe(const struct op *pc, u64 r0, u64 r1, u64 r2, u64 r3,
						u64 r4, u64 r5, u64 r6, u64 r7, u64 r8, u64 r9,
						u64 r10)
{
	const u64 reg[11] = { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 };
	struct skep_run *run = run_of(r10);
	struct code *c = observed_code(run, pc);
	size_t i = pc - c->ops;

	if (c->counts)
		c->counts[i]++;
	if (c->watched)
		c->watched->watch->insn(c->watched->watch, run, (u32)i, reg);
	return c->observed[i];
}

OP(observe_op)
{
	op_fn *f = observe(pc, R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10);

	TAIL return f(OP_ARGS);
}

static const struct op leave_op = { .f = leave };

/* Run a function in a new frame on top of run's stack. */
static u64 enter(struct skep_run *run, const struct entry *e, u64 a1, u64 a2, u64 a3, u64 a4,
		 u64 a5)
{
	u8 *base = run->stack_top;
	struct frame *f = (struct frame *)base;
	u64 ret;
#ifdef REGS_IN_MEMORY
	struct regs r = { .r = { 0, a1, a2, a3, a4, a5, [10] = (uintptr_t)base + e->frame } };

	*f = (struct frame){ .ret = &leave_op };
	ret = e->pc->f(&r, e->pc);
#else
	/* The ABI's callee-saved registers, which nobody else saves here; R10 lies in the frame. */
	*f = (struct frame){ &leave_op, R6, R7, R8, R9, R10 };
	u64 r0 = R0;

	R10 = (uintptr_t)base + e->frame;
	ret = e->pc->f(a1, a2, a3, a4, a5, e->pc);
	R0 = r0;
#endif
	run->stack_top = base;
	return ret;
}

static u64 callback(struct skep_run *run, u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (unlikely(!run_has_stack(run, run->stack_top)))
		return 1; /* stop; no verified program nests so deep */
	return enter(run, (const struct entry *)(uintptr_t)fn, a1, a2, a3, a4, a5);
}

u64 interp_run(const struct skep_prog *p, void *ctx, struct skep_run *run)
{
	run->callback = callback;
	if (unlikely(p->watch != NULL))
		p->watch->begin(p->watch, run);
	return enter(run, ((struct code *)p->code)->subs, (uintptr_t)ctx, 0, 0, 0, 0);
}
