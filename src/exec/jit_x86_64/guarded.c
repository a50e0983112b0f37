/* Guarded accesses (exec/guarded.h). Each program that has some begins with one function that calls guarded_access() and leaves
 * all registers of the program's as they are; an access through an arena's pointer goes there only if the page is not marked as
 * present, or the address is not aligned (and might reach into another page).
 *
 * That function: r10 = address or offset, r11 = value, r9 = how; the result in r11. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "exec/jit_x86_64/jit.h"

static const u8 not_saved[6] = { RAX, RDI, RSI, RDX, RCX, R8 }; /* r0 … r5: C's to change */

static void move(struct jit *j, u8 to, u8 from)
{
	x64_rr(&j->a, X64_MOV | X64_W, to, from);
}

/* C wants the stack aligned, which functions that do not call leave as it is. */
void emit_guarded_call(struct jit *j)
{
	struct code_buf *a = &j->a;

	j->guarded_at = a->len;
	for (u32 n = 0; n < ARRAY_SIZE(not_saved); n++)
		x64_push(a, not_saved[n]);
	x64_push(a, RBX);
	move(j, RBX, RSP);
	x64_arith_imm(a, ARITH_AND, X64_W, RSP, -16);
	move(j, RDI, R10);
	move(j, RSI, R11);
	x64_rr(a, X64_MOV, RDX, R9);
	move(j, RCX, R12);
	move(j, R8, RAX);
	x64_set(a, R9, (uintptr_t)j->p->arena);
	x64_set(a, RAX, (uintptr_t)guarded_access);
	x64_call_reg(a, RAX);
	move(j, R11, RAX);
	move(j, RSP, RBX);
	x64_pop(a, RBX);
	for (u32 n = ARRAY_SIZE(not_saved); n-- > 0;)
		x64_pop(a, not_saved[n]);
	x64_ret(a);
}

static void set_address(struct jit *j, const struct guarded *g)
{
	u32 wide = g->how & GUARDED_ARENA ? 0 : X64_W; /* a pointer into an arena has 32 bits */
	u8 base = jit_reg(j, g->base);

	if (!wide || !g->off)
		x64_rr(&j->a, X64_MOV | wide, R10, base);
	if (g->off)
		x64_rm(&j->a, X64_LEA | X64_W, R10, x64_at(wide ? base : R10, g->off));
}

/* --- what is rare --- */

static struct slow_path *new_slow_path(struct jit *j, const struct guarded *g)
{
	if (j->nr_slow == j->cap_slow) {
		u32 cap = MAX(2 * j->cap_slow, 16u);
		struct slow_path *s = realloc(j->slow, cap * sizeof(*s));

		if (!s) {
			j->err = -ENOMEM;
			return NULL;
		}
		memset(s + j->cap_slow, 0, (cap - j->cap_slow) * sizeof(*s));
		j->slow = s;
		j->cap_slow = cap;
	}
	j->slow[j->nr_slow].g = *g;
	j->slow[j->nr_slow].regs = j->f->regs;
	return &j->slow[j->nr_slow++];
}

static void call(struct jit *j, const struct guarded *g, const u8 *regs)
{
	if (g->value == NO_REG)
		x64_set(&j->a, R11, g->imm);
	else if (regs[g->value] != R11)
		move(j, R11, regs[g->value]);
	x64_set(&j->a, R9, g->how);
	x64_call(&j->a, j->guarded_at);
	if (g->result != NO_REG)
		move(j, regs[g->result], R11);
}

void emit_slow_paths(struct jit *j)
{
	for (u32 n = 0; n < j->nr_slow && !j->err; n++) {
		struct slow_path *s = &j->slow[n];

		if (j->a.buf && s->at != j->a.len)
			j->a.err = true; /* measured otherwise */
		s->at = j->a.len;
		call(j, &s->g, s->regs);
		x64_jmp(&j->a, false, s->back);
	}
}

/* --- what is usual --- */

/* r10 becomes the address, if that is aligned and its page present. */
static void look_up(struct jit *j, const struct guarded *g, u32 otherwise)
{
	struct code_buf *a = &j->a;
	u32 size = g->how & GUARDED_SIZE;

	if (size > 1) {
		x64_test_imm(a, 0, R10, (s32)size - 1);
		x64_jcc(a, CC_NE, false, otherwise);
	}
	move(j, R11, R10);
	x64_shift_imm(a, SHIFT_SAR, X64_W, R11, 12);
	x64_set(a, R9, (uintptr_t)j->p->arena->window);
	x64_cmp_byte(a, (struct x64_mem){ R9, R11, ARENA_PRESENT, 0 }, 0);
	x64_jcc(a, CC_E, false, otherwise);
	x64_rr(a, X64_ADD | X64_W, R9, R10);
}

/* Goes on where the last probe load of this run found memory. */
static void look_around(struct jit *j, u32 otherwise)
{
	move(j, R11, R10);
	x64_rm(&j->a, X64_SUB_RM | X64_W, R11, x64_at(R12, offsetof(struct skep_run, probe_base)));
	x64_rm(&j->a, X64_CMP_RM | X64_W, R11, x64_at(R12, offsetof(struct skep_run, probe_len)));
	x64_jcc(&j->a, CC_AE, false, otherwise);
}

void emit_guarded(struct jit *j, const struct bpf_insn *i)
{
	struct guarded g = guarded_insn(i);
	struct bpf_insn plain = guarded_plain(i, JIT_ADDR_REG);
	struct slow_path *slow;

	if ((g.how & GUARDED_ARENA) && !j->p->arena) {
		j->err = jit_refuse(j);
		return;
	}
	set_address(j, &g);
	if (g.value != NO_REG && jit_reg(j, g.value) == R11) { /* a blinded constant */
		call(j, &g, j->f->regs);
		return;
	}
	slow = new_slow_path(j, &g);
	if (!slow)
		return;
	if (g.how & GUARDED_ARENA)
		look_up(j, &g, slow->at);
	else
		look_around(j, slow->at);
	jit_select(j, &plain);
	slow->back = j->a.len;
}

void emit_cast(struct jit *j, const struct bpf_insn *i)
{
	u8 d = jit_reg(j, i->dst_reg);
	u64 high;
	u32 null, low;

	if (!j->p->arena || i->imm != 1 << 16) {
		j->err = jit_refuse(j);
		return;
	}
	high = arena_cast_high(j->p->arena);
	low = arena_cast_low(j->p->arena);
	x64_rr(&j->a, X64_MOV, d, jit_reg(j, i->src_reg));
	if (!high)
		return;
	x64_rr(&j->a, X64_TEST, d, d);
	null = x64_jcc_forward(&j->a, CC_E);
	if (low)
		x64_arith_imm(&j->a, ARITH_SUB, 0, d, (s32)low);
	x64_set(&j->a, R11, high);
	x64_rr(&j->a, X64_ADD | X64_W, R11, d);
	x64_land(&j->a, null);
}
