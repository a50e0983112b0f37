/* Entering and leaving functions, and calling: see jit.h for who keeps what where. */
#include <elf.h>
#include <string.h>

#include "base/err.h"
#include "exec/jit.h"
#include "exec/jit/symbols.h"
#include "exec/jit_x86_64/jit.h"

#define RUN(field) x64_at(R12, offsetof(struct skep_run, field))

static const u8 saved_regs[4] = { RBX, R13, R14, R15 };

void jit_choose_registers(struct func *f)
{
	static const u8 usual[13] = {
		RAX, RDI, RSI, RDX, RCX, R8, RBX, R13, R14, R15, RBP, R11, R10
	};
	static const u8 leaf[12] = { RAX, RDI, RSI, RDX, RCX, R8, R9, R10, R11, R15, RBP };
	bool is_leaf = !f->calls && !f->uses_scratch;

	f->regs = is_leaf ? leaf : usual;
	f->saved &= is_leaf ? 8 : 15;
}

static void move(struct jit *j, u8 to, u8 from)
{
	x64_rr(&j->a, X64_MOV | X64_W, to, from);
}

/* C calls run(p, ctx, run). A main function without frame and run needs nothing but its argument. */
void emit_entry(struct jit *j)
{
	const struct func *main = &j->funcs[0];

	j->entry_at = j->a.len;
	if (!main->frame && !main->uses_run) {
		move(j, RDI, RSI);
		return; /* main follows */
	}
	x64_push(&j->a, RBP);
	x64_push(&j->a, R12);
	x64_arith_imm(&j->a, ARITH_SUB, X64_W, RSP, 8);
	move(j, R12, RDX);
	x64_rm(&j->a, X64_MOV | X64_W, RBP, RUN(stack_top));
	move(j, RDI, RSI);
	if (j->undisturbed)
		x64_rm(&j->a, X64_MOV, TAIL_COUNT, RUN(tail_calls));
	x64_call(&j->a, main->at);
	x64_rm(&j->a, X64_STORE | X64_W, RBP, RUN(stack_top));
	x64_arith_imm(&j->a, ARITH_ADD, X64_W, RSP, 8);
	x64_pop(&j->a, R12);
	x64_pop(&j->a, RBP);
	x64_ret(&j->a);
}

/* run->callback(run, fn, a1, a2, a3, a4, a5): fn is a function of ours, entered on top of the run's stack.
 * Without room it asks the helper to stop (1); no verified program nests so deep. */
void emit_callback_entry(struct jit *j)
{
	struct code_buf *a = &j->a;
	u32 full, out;

	j->callback_at = a->len;
	x64_push(a, RBP);
	x64_push(a, R12);
	x64_arith_imm(a, ARITH_SUB, X64_W, RSP, 8);
	move(j, R12, RDI);
	x64_rm(a, X64_MOV | X64_W, RBP, RUN(stack_top));
	x64_rm(a, X64_MOV | X64_W, R11, RUN(stack));
	x64_arith_imm(a, ARITH_ADD, X64_W, R11, SKEP_RUN_STACK - SKEP_ENTRY_STACK);
	x64_rr(a, X64_CMP | X64_W, RBP, R11); /* r11 - rbp */
	full = x64_jcc_forward(a, CC_B);
	move(j, R11, RSI);
	move(j, RDI, RDX);
	move(j, RSI, RCX);
	move(j, RDX, R8);
	move(j, RCX, R9);
	x64_rm(a, X64_MOV | X64_W, R8, x64_at(RSP, 32));
	x64_call_reg(a, R11);
	x64_rm(a, X64_STORE | X64_W, RBP, RUN(stack_top));
	out = x64_jmp_forward(a);
	x64_land(a, full);
	x64_set(a, RAX, 1);
	x64_land(a, out);
	x64_arith_imm(a, ARITH_ADD, X64_W, RSP, 8);
	x64_pop(a, R12);
	x64_pop(a, RBP);
	x64_ret(a);
}

/* C wants the stack aligned to 16 bytes at its calls: an odd number of words, the return address aside. */
static bool needs_padding(const struct func *f)
{
	return f->calls && __builtin_popcount(f->saved) % 2 == 0;
}

void emit_enter(struct jit *j)
{
	for (u32 r = 0; r < 4; r++)
		if (j->f->saved >> r & 1)
			x64_push(&j->a, saved_regs[r]);
	if (needs_padding(j->f))
		x64_arith_imm(&j->a, ARITH_SUB, X64_W, RSP, 8);
	if (j->f->frame)
		x64_arith_imm(&j->a, ARITH_ADD, X64_W, RBP, (s32)j->f->frame);
}

void emit_prologue(struct jit *j)
{
	j->f->at = j->a.len;
	emit_enter(j);
	if (j->f == j->funcs && j->has_callbacks) {
		x64_lea_code(&j->a, RAX, j->callback_at);
		x64_rm(&j->a, X64_STORE | X64_W, RAX, RUN(callback));
	}
}

void emit_leave(struct jit *j)
{
	if (j->f->frame)
		x64_arith_imm(&j->a, ARITH_SUB, X64_W, RBP, (s32)j->f->frame);
	if (needs_padding(j->f))
		x64_arith_imm(&j->a, ARITH_ADD, X64_W, RSP, 8);
	for (u32 r = 4; r-- > 0;)
		if (j->f->saved >> r & 1)
			x64_pop(&j->a, saved_regs[r]);
}

void emit_exit(struct jit *j)
{
	emit_leave(j);
	x64_ret(&j->a);
}

static void call_c(struct jit *j, uintptr_t fn)
{
	x64_set(&j->a, RAX, fn);
	x64_call_reg(&j->a, RAX);
}

/* --- calls --- */

void emit_call_c(struct jit *j, const struct bpf_insn *i, skep_helper_fn fn)
{
	x64_rm(&j->a, X64_STORE | X64_W, RBP, RUN(stack_top));
	move(j, R9, R12);
	call_c(j, (uintptr_t)fn);
}

/* To the code in rax, another program's main function. r1 is the context (the verifier says so). */
static void go_on_in(struct jit *j)
{
	emit_leave(j);
	x64_jmp_reg(&j->a, RAX);
}

/* To a program of another engine, which is called as C calls it. */
static void go_on_elsewhere(struct jit *j)
{
	x64_rm(&j->a, X64_STORE | X64_W, RCX, RUN(stack_top));
	x64_set(&j->a, RAX, (uintptr_t)jit_run_other);
	move(j, RSI, R12);
	go_on_in(j);
}

static void tail_call_known(struct jit *j, const u32 none[4])
{
	struct code_buf *a = &j->a;
	u32 elsewhere;

	x64_rr(a, X64_TEST | X64_W, RAX, RAX);
	elsewhere = x64_jcc_forward(a, CC_E);
	go_on_in(j);
	x64_land(a, elsewhere);
	go_on_elsewhere(j);
	for (u32 n = 0; n < 4; n++)
		if (none[n] != NO_TARGET)
			x64_land_far(a, none[n]);
}

/* What goes on in C finds its arguments where C has them. */
static void tail_call_any(struct jit *j)
{
	struct code_buf *a = &j->a;
	u32 none;

	move(j, RDI, R12);
	x64_rm(a, X64_LEA | X64_W, RCX, x64_at(RBP, -(s32)j->f->frame));
	call_c(j, (uintptr_t)jit_tail_target);
	x64_rr(a, X64_TEST | X64_W, RAX, RAX);
	none = x64_jcc_far(a, CC_E);
	x64_rm(a, X64_MOV | X64_W, RDI, RUN(ctx));
	move(j, RSI, R12);
	x64_rm(a, X64_MOV, TAIL_COUNT, RUN(tail_calls));
	go_on_in(j);
	x64_land_far(a, none);
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
	x64_call(&j->a, f->at);
}

void emit_legacy_load(struct jit *j, const struct bpf_insn *i)
{
	struct code_buf *a = &j->a;
	u32 ok;

	if (BPF_MODE(i->code) == BPF_IND) {
		move(j, R11, jit_reg(j, i->src_reg));
		x64_arith_imm(a, ARITH_ADD, 0, R11, i->imm);
		x64_rr(a, X64_MOV, RSI, R11);
	} else {
		x64_set(a, RSI, (u32)i->imm);
	}
	move(j, RDI, jit_reg(j, 6));
	x64_set(a, RDX, access_size(i->code));
	move(j, RCX, R12);
	call_c(j, (uintptr_t)jit_load_packet);
	x64_arith_imm(a, ARITH_CMP, X64_W, RAX, -1);
	ok = x64_jcc_forward(a, CC_NE);
	x64_set(a, RAX, 0);
	emit_exit(j);
	x64_land(a, ok);
}

void jit_load_blinded(struct jit *j, u8 reg, u64 value, u64 key)
{
	u8 other = reg == R11 ? R10 : R11;

	x64_set(&j->a, reg, value);
	x64_set(&j->a, other, key);
	x64_rr(&j->a, X64_XOR | X64_W, other, reg);
}

/* No verified program runs past its end. */
void jit_end(struct jit *j)
{
	code_put(&j->a, 0xcc);
}

bool jit_cpu_is_newer(void)
{
	return __builtin_cpu_supports("bmi2");
}

/* --- for symbols.c --- */

const struct unwind_machine jit_unwind_machine = {
	.sp = 7, .ra = 16, .ra_on_stack = true, .elf_machine = EM_X86_64
};

static u8 dwarf_number(u8 reg)
{
	return reg == RBX ? 3 : reg == RBP ? 6 : reg;
}

static u32 push_size(u8 reg)
{
	return reg < R8 ? 1 : 2;
}

u32 jit_unwind_entry(struct unwind_step steps[UNWIND_MAX_STEPS])
{
	steps[0] = (struct unwind_step){ 1, 8, { dwarf_number(RBP), UNWIND_NONE } };
	steps[1] = (struct unwind_step){ 3, 8, { dwarf_number(R12), UNWIND_NONE } };
	steps[2] = (struct unwind_step){ 7, 8, { UNWIND_NONE, UNWIND_NONE } };
	return 3;
}

u32 jit_unwind_func(const struct func *f, struct unwind_step steps[UNWIND_MAX_STEPS])
{
	u32 n = 0, at = 0;

	for (u32 r = 0; r < 4; r++) {
		if (!(f->saved >> r & 1))
			continue;
		at += push_size(saved_regs[r]);
		steps[n++] = (struct unwind_step){ (u8)at,
						   8,
						   { dwarf_number(saved_regs[r]), UNWIND_NONE } };
	}
	if (needs_padding(f))
		steps[n++] = (struct unwind_step){ (u8)at + 4, 8, { UNWIND_NONE, UNWIND_NONE } };
	return n;
}
