/* What must be known of a program before code is selected: where jumps lead, what functions need, and
 * which registers are still read (by backward data flow; where in doubt, all are). */
#include <string.h>

#include "base/err.h"
#include "exec/jit/jit.h"

#define ALL_REGS 0x7ff
#define R(n)	 (1u << (n))
#define ARGS	 (R(1) | R(2) | R(3) | R(4) | R(5))

int jit_refuse(const struct jit *j)
{
	const struct bpf_insn *i = &j->p->insns[j->i];

	return fail(-EINVAL, "insn %u: no such instruction (code %02x off %d imm %d)", j->i,
		    i->code, i->off, i->imm);
}

struct func *jit_func_at(const struct jit *j, s64 start)
{
	u32 low = 0, high = j->p->nr_subs;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (j->p->subs[mid].start < start)
			low = mid + 1;
		else
			high = mid;
	}
	return low < j->p->nr_subs && j->p->subs[low].start == start ? &j->funcs[low] : NULL;
}

static bool is_jump_class(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32;
}

static bool is_exit(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_EXIT);
}

static bool is_jump(const struct bpf_insn *i)
{
	return is_jump_class(i) && BPF_OP(i->code) != BPF_CALL && BPF_OP(i->code) != BPF_EXIT;
}

static bool is_always(const struct bpf_insn *i)
{
	return is_jump(i) && BPF_OP(i->code) == BPF_JA;
}

s64 jit_target(u32 at, const struct bpf_insn *i)
{
	return (s64)at + 1 + (i->code == (BPF_JMP32 | BPF_JA) ? i->imm : i->off);
}

static u32 reads(const struct bpf_insn *i)
{
	bool moves = BPF_OP(i->code) == BPF_MOV;

	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: return (moves ? 0 : R(i->dst_reg)) | (insn_by_reg(i) ? R(i->src_reg) : 0);
	case BPF_LDX: return R(i->src_reg);
	case BPF_LD: return insn_is_legacy_load(i) ? R(6) | R(i->src_reg) : 0;
	case BPF_ST: return R(i->dst_reg);
	case BPF_STX: return R(i->dst_reg) | R(i->src_reg) | (i->imm == BPF_CMPXCHG ? R(0) : 0);
	default: break;
	}
	if (insn_is_call(i))
		return ARGS;
	return is_exit(i) ? R(0) : R(i->dst_reg) | R(i->src_reg);
}

/* --- jumps and functions --- */

static int mark_jump(struct jit *j, const struct bpf_insn *i)
{
	s64 to = jit_target(j->i, i);

	if (to < 0 || to >= j->p->len)
		return jit_refuse(j);
	j->marks[to] |= MARK_TARGET;
	return 0;
}

static void note_use(struct jit *j, const struct bpf_insn *i)
{
	struct func *f = j->f;
	bool calls = insn_is_call(i) || insn_is_legacy_load(i);
	bool uses_stack = i->dst_reg == BPF_REG_10 || i->src_reg == BPF_REG_10;
	const struct subprog *s = &j->p->subs[f - j->funcs];

	f->saved |= (u8)(insn_writes(i) >> 6 & 15);
	f->calls |= calls;
	f->uses_scratch |= jit_uses_scratch(j, i);
	f->uses_run |= i->code == (BPF_JMP | BPF_JCOND) || insn_is_guarded(i);
	j->has_guarded |= insn_is_guarded(i);
	if (calls || uses_stack)
		f->frame = SKEP_FRAME_SIZE(s->stack_depth);
	j->has_callbacks |= insn_is_func_addr(i);
}

/* What comes before a jump back's target stays what it was; where it leads may be reached from further down. */
static void note_disturbance(struct jit *j, const struct bpf_insn *i)
{
	if (j->f != j->funcs)
		return;
	if (insn_is_call(i) || insn_is_legacy_load(i) || jit_uses_scratch(j, i))
		j->undisturbed = MIN(j->undisturbed, j->i + 1);
	if (is_jump(i) && jit_target(j->i, i) <= j->i)
		j->undisturbed = (u32)MIN((s64)j->undisturbed, MAX(jit_target(j->i, i), 0));
	j->makes_tail_calls |= insn_is_helper_call(i) && i->imm == BPF_FUNC_tail_call;
}

static int scan_insn(struct jit *j, const struct bpf_insn *i)
{
	if (i->dst_reg > BPF_REG_10 ||
	    (i->src_reg > BPF_REG_10 && !insn_is_cpu(i) && !insn_is_unwind(i)) ||
	    (insn_writes(i) & R(BPF_REG_10)) || (insn_is_ld_imm64(i) && j->i + 1 == j->p->len))
		return jit_refuse(j);
	note_use(j, i);
	note_disturbance(j, i);
	return is_jump(i) ? mark_jump(j, i) : 0;
}

static int scan_subs(struct jit *j)
{
	for (u32 s = 0; s < j->p->nr_subs; s++) {
		const struct subprog *sub = &j->p->subs[s];

		if (sub->stack_depth > SKEP_STACK_SIZE || sub->start >= j->p->len ||
		    (s ? sub->start <= j->p->subs[s - 1].start : sub->start))
			return fail(-EINVAL, "function %u: %u bytes of stack at insn %u", s,
				    sub->stack_depth, sub->start);
		j->marks[sub->start] |= MARK_BOUNDARY;
	}
	return 0;
}

static int scan_insns(struct jit *j)
{
	struct func *next = j->funcs;

	j->undisturbed = j->p->len;
	for (j->i = 0; j->i < j->p->len; j->i++) {
		const struct bpf_insn *i = &j->p->insns[j->i];

		if (j->marks[j->i] & MARK_BOUNDARY)
			j->f = next++;
		TRY(scan_insn(j, i));
		if (insn_is_ld_imm64(i))
			j->marks[++j->i] |= MARK_BOUNDARY;
	}
	if (!j->makes_tail_calls)
		j->undisturbed = 0;
	return 0;
}

/* --- liveness --- */

static u32 live_before(const struct jit *j, u32 at)
{
	const struct bpf_insn *i = &j->p->insns[at];
	bool changes_all = BPF_CLASS(i->code) == BPF_STX && !insn_is_atomic(i);

	if (changes_all)
		return j->live[at] | reads(i);
	return (j->live[at] & ~insn_writes(i)) | reads(i);
}

static u32 live_after(const struct jit *j, u32 at)
{
	const struct bpf_insn *i = &j->p->insns[at];
	u32 live = 0, next = at + 1 + insn_is_ld_imm64(i);

	if (is_exit(i))
		return 0;
	if (is_jump(i))
		live |= live_before(j, (u32)jit_target(at, i));
	if (insn_is_legacy_load(i))
		live |= R(0); /* may end the function */
	if (!is_always(i))
		live |= next < j->p->len ? live_before(j, next) : ALL_REGS;
	return live;
}

static bool flow_back(struct jit *j)
{
	bool changed = false;

	for (u32 at = j->p->len; at-- > 0;) {
		u32 live = live_after(j, at);

		changed |= live != j->live[at];
		j->live[at] = (u16)live;
	}
	return changed;
}

/* Passes are few: one more than loops are nested. Whoever builds something nastier gets code that is
 * not as good, in time that is still linear. */
static void find_liveness(struct jit *j)
{
	for (u32 pass = 0; pass < 12; pass++)
		if (!flow_back(j))
			return;
	for (u32 at = 0; at < j->p->len; at++)
		j->live[at] = ALL_REGS;
}

int jit_scan(struct jit *j)
{
	TRY(scan_subs(j));
	TRY(scan_insns(j));
	for (u32 s = 0; s < j->p->nr_subs; s++)
		jit_choose_registers(&j->funcs[s]);
	find_liveness(j);
	return 0;
}
