/* Calls around which compilers save registers that the call leaves alone (bpf_fastcall): the saves and restores go, and
 * with them the stack that nothing else uses.
 *
 * A pattern is a call with, right before it, stores of argument registers to the stack and, right behind it and
 * in reverse order, loads of the same registers from there; places ascend from the lowest one that any store of the
 * function names. Which calls leave registers alone is known of few; around others the pattern stays, but does
 * not count as use of its stack by anybody else.
 * Sound because: a pattern goes only if, on all paths, nobody but patterns uses that stack, and if no jump leads into it,
 * so what a load restores is what its store saved; and what takes the call's place changes r0 alone. */
#include "verifier/fastcall.h"

#include "kfunc/kfunc.h"

#define MAX_SAVED 5
#define ARG_REGS  0x3e /* r1 … r5 */
#define NONE	  (-SKEP_STACK_SIZE - 1)

static bool is_fast(const struct verifier *v, u32 at)
{
	if (insn_is_helper_call(&v->insns[at]))
		return v->insns[at].imm == BPF_FUNC_get_smp_processor_id;
	return v->aux[at].kfunc == KFUNC_bpf_cast_to_kern_ctx + 1 ||
	       v->aux[at].kfunc == KFUNC_bpf_rdonly_cast + 1;
}

/* Argument registers that hold nothing for the call. */
static u32 spared_regs(const struct verifier *v, u32 at)
{
	const struct bpf_insn *i = &v->insns[at];
	const struct skep_helper *h;
	u32 n = 0;

	if (insn_is_kfunc_call(i)) {
		n = kfunc_nr_args(v, at);
	} else {
		h = runtime_helper(v->p->rt, (u32)i->imm);
		if (!h)
			return 0;
		while (n < 5 && h->arg[n] != SKEP_ARG_NONE)
			n++;
	}
	return ARG_REGS & ~((1u << (n + 1)) - 1);
}

static bool is_save(const struct bpf_insn *i)
{
	return i->code == (BPF_STX | BPF_MEM | BPF_DW) && i->dst_reg == BPF_REG_10;
}

static bool is_restore(const struct bpf_insn *i)
{
	return i->code == (BPF_LDX | BPF_MEM | BPF_DW) && i->src_reg == BPF_REG_10;
}

static s32 lowest_save(const struct verifier *v, const struct sub_info *s)
{
	s32 low = 0;

	for (u32 i = s->start; i < s->end; i++) {
		if (is_save(&v->insns[i]))
			low = MIN(low, v->insns[i].off);
		i += insn_is_ld_imm64(&v->insns[i]);
	}
	return low;
}

/* How many registers are saved around the call at `at`, lowest place first. */
static u32 count_saved(const struct verifier *v, const struct sub_info *s, u32 at, s32 low)
{
	u32 regs = spared_regs(v, at), n = 0;

	for (; n < MAX_SAVED; n++) {
		const struct bpf_insn *save = &v->insns[at - n - 1],
				      *restore = &v->insns[at + n + 1];

		if (at - s->start < n + 1 || at + n + 1 >= s->end || !is_save(save) ||
		    !is_restore(restore) || save->src_reg != restore->dst_reg ||
		    !(regs >> save->src_reg & 1) || save->off != low + (s32)n * 8 ||
		    restore->off != save->off)
			break;
		regs &= ~(1u << save->src_reg);
	}
	return n;
}

static bool is_entered(const struct verifier *v, u32 from, u32 to)
{
	for (u32 i = from + 1; i <= to; i++)
		if (v->aux[i].jumped_to)
			return true;
	return false;
}

static void find_pattern(struct verifier *v, struct sub_info *s, u32 at, s32 low)
{
	u32 n = count_saved(v, s, at, low);

	if (!n)
		return;
	for (u32 k = 1; k <= n; k++)
		v->aux[at - k].in_pattern = v->aux[at + k].in_pattern = true;
	s->free_below = MAX(s->free_below, low + (s32)n * 8);
	if (is_fast(v, at) && !is_entered(v, at - n, at + n))
		v->aux[at].nr_saved = (u8)n;
	else
		s->keeps_patterns = true;
}

static void note_jumps(struct verifier *v)
{
	for (u32 i = 0; i < v->len; i++) {
		const struct bpf_insn *insn = &v->insns[i];
		u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

		if ((class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT)
			v->aux[(s64)i + 1 +
			       (insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off)]
				.jumped_to = true;
		i += insn_is_ld_imm64(insn);
	}
}

void find_fastcalls(struct verifier *v)
{
	note_jumps(v);
	for (u32 n = 0; n < v->nr_subs; n++) {
		struct sub_info *s = &v->subs[n];
		s32 low = lowest_save(v, s);

		s->free_below = NONE;
		for (u32 i = s->start; low < 0 && i < s->end; i++) {
			if (insn_is_helper_call(&v->insns[i]) || insn_is_kfunc_call(&v->insns[i]))
				find_pattern(v, s, i, low);
			i += insn_is_ld_imm64(&v->insns[i]);
		}
	}
}

void note_stack_use(struct verifier *v, u32 frame, s32 off)
{
	struct sub_info *s = &v->subs[v->cur->frame[frame]->subprog];

	if (off < s->free_below && !v->aux[v->insn].in_pattern)
		s->free_below = NONE; /* its patterns stay */
}

static bool drop_patterns(struct verifier *v, const struct sub_info *s)
{
	bool any = false;

	for (u32 i = s->start; i < s->end; i++) {
		u32 n = v->aux[i].nr_saved;

		for (u32 k = 1; k <= n; k++)
			v->aux[i - k].dropped = v->aux[i + k].dropped = true;
		v->aux[i].spares_regs = n != 0;
		any |= n != 0;
		i += insn_is_ld_imm64(&v->insns[i]);
	}
	return any;
}

void drop_fastcalls(struct verifier *v)
{
	for (u32 n = 0; n < v->nr_subs; n++) {
		struct sub_info *s = &v->subs[n];

		if (s->free_below == NONE || !drop_patterns(v, s) || s->keeps_patterns)
			continue;
		s->stack_depth = MIN(s->stack_depth, (u32)-s->free_below);
	}
}

struct bpf_insn fastcall_insn(const struct verifier *v, u32 insn)
{
	if (insn_is_helper_call(&v->insns[insn]))
		return (struct bpf_insn){ .code = BPF_JMP | BPF_JCOND, .src_reg = INSN_CPU };
	return (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
				  .dst_reg = BPF_REG_0,
				  .src_reg = BPF_REG_1 };
}
