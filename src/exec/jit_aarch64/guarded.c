/* Guarded accesses (exec/guarded.h), as in jit_x86_64/guarded.c: one function per program that calls guarded_access() and leaves
 * all of the program's registers as they are, for what code does not do itself. x10 = address or offset, x11 = value,
 * x9 = how; the result in x11. Who calls it keeps x30, which functions that do not call leave where it is. */
#include "base/err.h"
#include "exec/jit_aarch64/jit.h"

/* r0 … r5, and r6 … r9 of functions that do not call: C's to change. */
static const u8 not_saved[10] = { X0, X1, X2, X3, X4, X7, X12, X13, X14, X15 };

static void move(struct jit *j, u8 to, u8 from)
{
	a64_mov(&j->a, A64_X, to, from);
}

void emit_guarded_call(struct jit *j)
{
	struct code_buf *a = &j->a;

	j->guarded_at = a->len;
	a64_push_pair(a, X29, X30);
	for (u32 n = 0; n < ARRAY_SIZE(not_saved); n += 2)
		a64_push_pair(a, not_saved[n], not_saved[n + 1]);
	move(j, X0, X10);
	move(j, X1, X11);
	move(j, X2, X9);
	move(j, X3, RUN);
	move(j, X4, X7);
	a64_set(a, X5, (uintptr_t)j->p->arena);
	a64_set(a, X16, (uintptr_t)guarded_access);
	a64_blr(a, X16);
	move(j, X11, X0);
	for (u32 n = ARRAY_SIZE(not_saved); n > 0; n -= 2)
		a64_pop_pair(a, not_saved[n - 2], not_saved[n - 1]);
	a64_pop_pair(a, X29, X30);
	a64_ret(a);
}

static void set_address(struct jit *j, const struct guarded *g)
{
	u32 wide = g->how & GUARDED_ARENA ? 0 : A64_X; /* a pointer into an arena has 32 bits */

	a64_mov(&j->a, wide, X10, jit_reg(j, g->base));
	if (a64_arith_fits(g->off)) {
		a64_arith(&j->a, A64_ADD_IMM, A64_X, X10, X10, g->off);
	} else {
		a64_set(&j->a, X9, (u64)(s64)g->off);
		a64_rrr(&j->a, A64_ADD, A64_X, X10, X10, X9);
	}
}

static void call(struct jit *j, const struct guarded *g)
{
	if (g->value == NO_REG)
		a64_set(&j->a, X11, g->imm);
	else if (jit_reg(j, g->value) != X11)
		move(j, X11, jit_reg(j, g->value));
	a64_set(&j->a, X9, g->how);
	a64_push_pair(&j->a, X29, X30);
	a64_bl(&j->a, j->guarded_at);
	a64_pop_pair(&j->a, X29, X30);
	if (g->result != NO_REG)
		move(j, jit_reg(j, g->result), X11);
}

/* x10 becomes the address if it is aligned and its page present; else two jumps lead to where that is said. */
static void look_up(struct jit *j, const struct guarded *g, u32 jumps[2])
{
	struct code_buf *a = &j->a;
	u32 size = g->how & GUARDED_SIZE;

	jumps[0] = 0;
	if (size > 1) {
		a64_logic(a, A64_ANDS_IMM, A64_X, XZR, X10, size - 1);
		jumps[0] = a64_bcc_forward(a, A64_NE, 0, 0);
	}
	a64_field(a, A64_SBFM, A64_X, X11, X10, 12, 63);
	a64_set(a, X9, (uintptr_t)arena_present(j->p->arena, 0));
	a64_mem_reg(a, A64_LOAD, 0, X11, X9, X11);
	jumps[1] = a64_bcc_forward(a, A64_ZERO, 0, X11);
	a64_set(a, X9, (uintptr_t)j->p->arena->window);
	a64_rrr(a, A64_ADD, A64_X, X10, X10, X9);
}

/* They lie where they are needed. */
void emit_slow_paths(struct jit *j)
{
}

/* Goes on where the last probe load of this run found memory. */
static void look_around(struct jit *j, u32 jumps[2])
{
	a64_run(j, A64_LOAD, 3, X9, offsetof(struct skep_run, probe_base));
	a64_rrr(&j->a, A64_SUB, A64_X, X11, X10, X9);
	a64_run(j, A64_LOAD, 3, X9, offsetof(struct skep_run, probe_len));
	a64_rrr(&j->a, A64_SUBS, A64_X, XZR, X11, X9);
	jumps[0] = 0;
	jumps[1] = a64_bcc_forward(&j->a, A64_HS, 0, 0);
}

void emit_guarded(struct jit *j, const struct bpf_insn *i)
{
	struct guarded g = guarded_insn(i);
	struct bpf_insn plain = guarded_plain(i, JIT_ADDR_REG);
	u32 jumps[2], done;

	if ((g.how & GUARDED_ARENA) && !j->p->arena) {
		j->err = jit_refuse(j);
		return;
	}
	set_address(j, &g);
	/* A blinded constant is in x11. */
	if (g.value != NO_REG && jit_reg(j, g.value) == X11) {
		call(j, &g);
		return;
	}
	if (g.how & GUARDED_ARENA)
		look_up(j, &g, jumps);
	else
		look_around(j, jumps);
	jit_select(j, &plain);
	done = a64_bcc_forward(&j->a, A64_ALWAYS, 0, 0);
	if (jumps[0])
		a64_land(&j->a, jumps[0]);
	a64_land(&j->a, jumps[1]);
	call(j, &g);
	a64_land(&j->a, done);
}

void emit_cast(struct jit *j, const struct bpf_insn *i)
{
	u8 d = dst(j, i);
	u32 null;

	if (!j->p->arena || i->imm != 1 << 16) {
		j->err = jit_refuse(j);
		return;
	}
	a64_mov(&j->a, 0, d, src(j, i));
	null = a64_bcc_forward(&j->a, A64_ZERO, 0, d);
	a64_set(&j->a, X9, arena_cast_low(j->p->arena));
	a64_rrr(&j->a, A64_SUB, 0, d, d, X9);
	a64_set(&j->a, X9, arena_cast_high(j->p->arena));
	a64_rrr(&j->a, A64_ADD, A64_X, d, d, X9);
	a64_land(&j->a, null);
}
