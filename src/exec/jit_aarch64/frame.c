/* Entering and leaving functions, and calling: see jit.h for who keeps what where. */
#include <elf.h>
#include <sys/auxv.h>

#include "base/err.h"
#include "exec/jit/symbols.h"
#include "exec/jit_aarch64/jit.h"

#define OFFSET(field) offsetof(struct skep_run, field)

static void move(struct jit *j, u8 to, u8 from)
{
	a64_mov(&j->a, A64_X, to, from);
}

void jit_choose_registers(struct func *f)
{
	static const u8 usual[13] = { X7, X0, X1, X2, X3, X4, X19, X20, X21, X22, FRAME, X11, X10 };
	static const u8 leaf[13] = { X7, X0, X1, X2, X3, X4, X12, X13, X14, X15, FRAME, X11, X10 };

	f->regs = f->calls ? usual : leaf;
	if (!f->calls)
		f->saved = 0;
}

bool jit_uses_scratch(const struct jit *j, const struct bpf_insn *i)
{
	return false; /* x9, x10, x11 are nobody's */
}

bool jit_cpu_is_newer(void)
{
	return getauxval(AT_HWCAP) & (1 << 8); /* HWCAP_ATOMICS: LSE */
}

/* --- entries --- */

static void begin_entry(struct jit *j, u8 run)
{
	a64_push_pair(&j->a, X29, X30);
	a64_push_pair(&j->a, FRAME, RUN);
	move(j, RUN, run);
	a64_run(j, A64_LOAD, 3, FRAME, OFFSET(stack_top));
}

static void end_entry(struct jit *j)
{
	a64_pop_pair(&j->a, FRAME, RUN);
	a64_pop_pair(&j->a, X29, X30);
	a64_ret(&j->a);
}

/* C calls run(p, ctx, run). */
void emit_entry(struct jit *j)
{
	j->entry_at = j->a.len;
	begin_entry(j, X2);
	move(j, X0, X1);
	a64_bl(&j->a, j->funcs[0].at);
	a64_run(j, A64_STORE, 3, FRAME, OFFSET(stack_top));
	move(j, X0, X7);
	end_entry(j);
}

/* run->callback(run, fn, a1, a2, a3, a4, a5): fn is a function of ours, entered on top of the run's stack.
 * Without room it asks the helper to stop (1); no verified program nests so deep. */
void emit_callback_entry(struct jit *j)
{
	struct code_buf *a = &j->a;
	u32 full;

	j->callback_at = a->len;
	begin_entry(j, X0);
	a64_run(j, A64_LOAD, 3, X9, OFFSET(stack));
	a64_set(a, X10, SKEP_RUN_STACK - SKEP_ENTRY_STACK);
	a64_rrr(a, A64_ADD, A64_X, X9, X9, X10);
	a64_set(a, X7, 1);
	a64_rrr(a, A64_SUBS, A64_X, XZR, FRAME, X9);
	full = a64_bcc_forward(a, A64_HI, 0, 0);
	move(j, X16, X1);
	for (u8 n = X0; n <= X4; n++)
		move(j, n, n + 2);
	a64_blr(a, X16);
	a64_run(j, A64_STORE, 3, FRAME, OFFSET(stack_top));
	a64_land(a, full);
	move(j, X0, X7);
	end_entry(j);
}

/* --- functions --- */

static void move_frame(struct jit *j, u32 op)
{
	if (j->f->frame)
		a64_arith(&j->a, op, A64_X, FRAME, FRAME, j->f->frame);
}

/* Pairs, because the stack is aligned to 16 bytes. */
static bool saves_pair(const struct func *f, u32 pair)
{
	return f->saved >> 2 * pair & 3;
}

void emit_enter(struct jit *j)
{
	if (j->f->calls)
		a64_push_pair(&j->a, X29, X30);
	for (u8 pair = 0; pair < 2; pair++)
		if (saves_pair(j->f, pair))
			a64_push_pair(&j->a, X19 + 2 * pair, X20 + 2 * pair);
	move_frame(j, A64_ADD_IMM);
}

void emit_prologue(struct jit *j)
{
	j->f->at = j->a.len;
	emit_enter(j);
	if (j->f == j->funcs && j->has_callbacks) {
		a64_adr(&j->a, X9, j->callback_at);
		a64_run(j, A64_STORE, 3, X9, OFFSET(callback));
	}
}

void emit_leave(struct jit *j)
{
	move_frame(j, A64_SUB_IMM);
	for (u8 pair = 2; pair-- > 0;)
		if (saves_pair(j->f, pair))
			a64_pop_pair(&j->a, X19 + 2 * pair, X20 + 2 * pair);
	if (j->f->calls)
		a64_pop_pair(&j->a, X29, X30);
}

void emit_exit(struct jit *j)
{
	emit_leave(j);
	a64_ret(&j->a);
}

void jit_load_blinded(struct jit *j, u8 reg, u64 value, u64 key)
{
	a64_set(&j->a, reg, value);
	a64_set(&j->a, X10, key);
	a64_rrr(&j->a, A64_EOR, A64_X, reg, reg, X10);
}

/* No verified program runs past its end. */
void jit_end(struct jit *j)
{
	a64_brk(&j->a);
}

/* --- calls --- */

static void call_c(struct jit *j, uintptr_t fn)
{
	a64_set(&j->a, X16, fn);
	a64_blr(&j->a, X16);
}

void emit_call_c(struct jit *j, const struct bpf_insn *i, skep_helper_fn fn)
{
	a64_run(j, A64_STORE, 3, FRAME, OFFSET(stack_top));
	move(j, X5, RUN);
	call_c(j, (uintptr_t)fn);
	move(j, X7, X0);
}

/* x0 is the context: r1 (the verifier says so), which is also in the run. A program of another engine is called as
 * C calls it; ours is entered as a function. */
static void go_on_elsewhere(struct jit *j)
{
	move(j, X1, RUN);
	a64_blr(&j->a, X16);
	move(j, X7, X0);
	emit_exit(j);
}

static void go_on_in(struct jit *j)
{
	emit_leave(j);
	a64_br(&j->a, X16);
}

static void tail_call_known(struct jit *j, const u32 none[4])
{
	struct code_buf *a = &j->a;
	u32 ours = a64_bcc_forward(a, A64_NOT_ZERO, A64_X, X16);

	a64_run(j, A64_STORE, 3, X3, OFFSET(stack_top));
	a64_set(a, X16, (uintptr_t)jit_run_other);
	go_on_elsewhere(j);
	a64_land(a, ours);
	go_on_in(j);
	for (u32 n = 0; n < 4; n++)
		if (none[n] != NO_TARGET)
			a64_land(a, none[n]);
}

/* jit_tail_target() finds the code to go on with. */
static void tail_call_any(struct jit *j)
{
	struct code_buf *a = &j->a;
	u32 none, ours;

	move(j, X0, RUN); /* r2 and r3 are where C wants them */
	a64_arith(a, A64_SUB_IMM, A64_X, X3, FRAME, j->f->frame);
	call_c(j, (uintptr_t)jit_tail_target);
	none = a64_bcc_forward(a, A64_ZERO, A64_X, X0);
	move(j, X16, X0);
	a64_run(j, A64_LOAD, 3, X0, OFFSET(ctx));
	a64_set(a, X9, (uintptr_t)jit_run_other);
	a64_rrr(a, A64_SUBS, A64_X, XZR, X16, X9);
	ours = a64_bcc_forward(a, A64_NE, 0, 0);
	go_on_elsewhere(j);
	a64_land(a, ours);
	go_on_in(j);
	a64_land(a, none);
}

void emit_tail_call(struct jit *j)
{
	u32 none[4];

	if (emit_known_tail_target(j, none))
		tail_call_known(j, none);
	else
		tail_call_any(j);
}

void emit_call_func(struct jit *j, const struct func *f)
{
	a64_bl(&j->a, f->at);
}

void emit_legacy_load(struct jit *j, const struct bpf_insn *i)
{
	struct code_buf *a = &j->a;
	u32 ok;

	a64_set(a, X9, (u32)i->imm);
	if (BPF_MODE(i->code) == BPF_IND)
		a64_rrr(a, A64_ADD, 0, X9, X9, src(j, i));
	move(j, X0, jit_reg(j, 6));
	move(j, X1, X9);
	a64_set(a, X2, access_size(i->code));
	move(j, X3, RUN);
	call_c(j, (uintptr_t)jit_load_packet);
	move(j, X7, X0);
	a64_arith(a, A64_SUBS_IMM, A64_X, XZR, X7, -1);
	ok = a64_bcc_forward(a, A64_NE, 0, 0);
	a64_set(a, X7, 0);
	emit_exit(j);
	a64_land(a, ok);
}

/* --- for symbols.c --- */

const struct unwind_machine jit_unwind_machine = { .sp = 31, .ra = 30, .elf_machine = EM_AARCH64 };

u32 jit_unwind_entry(struct unwind_step steps[UNWIND_MAX_STEPS])
{
	steps[0] = (struct unwind_step){ 4, 16, { X29, X30 } };
	steps[1] = (struct unwind_step){ 8, 16, { FRAME, RUN } };
	return 2;
}

u32 jit_unwind_func(const struct func *f, struct unwind_step steps[UNWIND_MAX_STEPS])
{
	u32 n = 0;

	if (f->calls) {
		steps[n] = (struct unwind_step){ 4, 16, { X29, X30 } };
		n++;
	}
	for (u8 pair = 0; pair < 2; pair++) {
		if (!saves_pair(f, pair))
			continue;
		steps[n] = (struct unwind_step){ (u8)(4 * n + 4),
						 16,
						 { X19 + 2 * pair, X20 + 2 * pair } };
		n++;
	}
	return n;
}
