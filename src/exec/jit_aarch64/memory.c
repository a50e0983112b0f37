/* Loads, stores and atomic operations. The machine takes unaligned addresses for the former; the latter
 * are aligned (the verifier says so). */
#include "exec/jit_aarch64/jit.h"

u8 a64_log_size(u8 code)
{
	static const u8 logs[4] = { 2, 1, 0, 3 }; /* in the order of their code: W, H, B, DW */

	return logs[BPF_SIZE(code) >> 3];
}

static void access_mem(struct jit *j, enum a64_mem op, u8 log, u8 reg, u8 base, s32 off)
{
	if (a64_offset_fits(log, off)) {
		a64_mem(&j->a, op, log, reg, base, off);
		return;
	}
	a64_set(&j->a, X10, (u64)(s64)off);
	a64_mem_reg(&j->a, op, log, reg, base, X10);
}

void a64_run(struct jit *j, enum a64_mem op, u8 log, u8 reg, u32 off)
{
	access_mem(j, op, log, reg, RUN, (s32)off);
}

void emit_load(struct jit *j, const struct bpf_insn *i, bool extend_sign)
{
	access_mem(j, extend_sign ? A64_LOAD_SIGNED : A64_LOAD, a64_log_size(i->code), dst(j, i),
		   src(j, i), i->off);
}

void emit_store(struct jit *j, const struct bpf_insn *i)
{
	access_mem(j, A64_STORE, a64_log_size(i->code), src(j, i), dst(j, i), i->off);
}

void emit_store_imm(struct jit *j, const struct bpf_insn *i)
{
	u8 reg = i->imm ? X9 : XZR;

	if (i->imm)
		a64_set(&j->a, X9, (u64)(s64)i->imm);
	access_mem(j, A64_STORE, a64_log_size(i->code), reg, dst(j, i), i->off);
}

/* --- atomic --- */

/* The address, in a register. */
static u8 address(struct jit *j, u8 base, s32 off)
{
	if (!off)
		return base;
	if (a64_arith_fits(off)) {
		a64_arith(&j->a, A64_ADD_IMM, A64_X, X10, base, off);
	} else {
		a64_set(&j->a, X10, (u64)(s64)off);
		a64_rrr(&j->a, A64_ADD, A64_X, X10, X10, base);
	}
	return X10;
}

/* s = old, or nothing. One instruction; `and` clears the bits of its inverted operand. */
static void with_lse(struct jit *j, const struct bpf_insn *i, u32 op, u8 log)
{
	bool fetch = i->imm & BPF_FETCH;
	u8 n = address(j, dst(j, i), i->off), s = src(j, i), value = s;

	if (op == A64_LDCLR) {
		a64_rrr(&j->a, A64_ORR | 1 << 21, A64_X, X9, XZR, s); /* mvn */
		value = X9;
	}
	a64_atomic(&j->a, op, log, value, fetch ? s : XZR, n, fetch ? A64_ACQ_REL : A64_RELAXED);
}

/* x9 = old, x11 = new, until nobody came in between. n is x10 or the base, which stays. Fetching operations
 * are full barriers, as on Linux. */
static void with_loop(struct jit *j, const struct bpf_insn *i, u32 alu, u8 log)
{
	bool fetch = i->imm & BPF_FETCH;
	u8 n = address(j, dst(j, i), i->off), s = src(j, i);
	u32 again = j->a.len;

	a64_load_exclusive(&j->a, log, X9, n);
	if (alu)
		a64_rrr(&j->a, alu, A64_X, X11, X9, s);
	else
		a64_mov(&j->a, A64_X, X11, s);
	a64_store_exclusive(&j->a, log, X11, X11, n);
	a64_bcc(&j->a, A64_NOT_ZERO, 0, X11, again);
	if (!fetch)
		return;
	a64_barrier(&j->a);
	a64_mov(&j->a, A64_X, s, X9);
}

static void atomic(struct jit *j, const struct bpf_insn *i, u32 lse, u32 alu)
{
	u8 log = a64_log_size(i->code);

	if (j->newer)
		with_lse(j, i, lse, log);
	else
		with_loop(j, i, alu, log);
}

void emit_compare_exchange(struct jit *j, const struct bpf_insn *i)
{
	u8 log = a64_log_size(i->code);
	u32 wide = log == 3 ? A64_X : 0, again, differs;
	u8 n = address(j, dst(j, i), i->off), r0 = jit_reg(j, 0);

	if (j->newer) {
		a64_cas(&j->a, log, r0, src(j, i), n);
		return;
	}
	again = j->a.len;
	a64_load_exclusive(&j->a, log, X9, n);
	a64_rrr(&j->a, A64_SUBS, wide, XZR, X9, r0);
	differs = a64_bcc_forward(&j->a, A64_NE, 0, 0);
	a64_store_exclusive(&j->a, log, X11, src(j, i), n);
	a64_bcc(&j->a, A64_NOT_ZERO, 0, X11, again);
	a64_land(&j->a, differs);
	a64_barrier(&j->a);
	a64_mov(&j->a, A64_X, r0, X9);
}

void emit_atomic_add(struct jit *j, const struct bpf_insn *i)
{
	atomic(j, i, A64_LDADD, A64_ADD);
}

void emit_atomic_or(struct jit *j, const struct bpf_insn *i)
{
	atomic(j, i, A64_LDSET, A64_ORR);
}

void emit_atomic_and(struct jit *j, const struct bpf_insn *i)
{
	atomic(j, i, A64_LDCLR, A64_AND);
}

void emit_atomic_xor(struct jit *j, const struct bpf_insn *i)
{
	atomic(j, i, A64_LDEOR, A64_EOR);
}

void emit_exchange(struct jit *j, const struct bpf_insn *i)
{
	atomic(j, i, A64_SWP, 0);
}

void emit_load_acquire(struct jit *j, const struct bpf_insn *i)
{
	a64_load_acquire(&j->a, a64_log_size(i->code), dst(j, i), address(j, src(j, i), i->off));
}

void emit_store_release(struct jit *j, const struct bpf_insn *i)
{
	a64_store_release(&j->a, a64_log_size(i->code), src(j, i), address(j, dst(j, i), i->off));
}
