/* The walk: every path through the program, depth first, one abstract state at a time.
 *
 * Terminates because at most MAX_PROCESSED instructions are walked in all. */
#include "verifier/claims.h"
#include "verifier/env.h"
#include "verifier/exception.h"

#include <stdlib.h>

struct state *push_branch(struct verifier *v, u32 insn, int *err)
{
	struct pending *p;

	if (v->nr_pending >= MAX_PENDING) {
		*err = reject(v, -E2BIG, "The sequence of %u jumps is too complex.",
			      v->nr_pending + 1);
		return NULL;
	}
	p = pool_zalloc(&v->pool, sizeof(*p));
	*err = p ? state_copy(&v->pool, &p->st, v->cur) : -ENOMEM;
	if (*err) {
		if (p)
			state_done(&v->pool, &p->st);
		pool_free(&v->pool, p, sizeof(*p));
		return NULL;
	}
	p->insn = insn;
	p->prev_insn = v->insn;
	p->log_mark = v->log->total;
	p->next = v->pending;
	v->pending = p;
	v->nr_pending++;
	if (p->st.parent)
		p->st.parent->branches++;
	return &p->st;
}

/* Take up the branch remembered last. Returns false if there is none. */
static bool next_path(struct verifier *v)
{
	struct pending *p = v->pending;
	struct state done;

	if (!p)
		return false;
	v->pending = p->next;
	v->nr_pending--;
	v->insn = p->insn;
	v->prev_insn = p->prev_insn;
	if (!logging_all(v) && v->log->level)
		vlog_reset(v->log, p->log_mark);
	done = *v->cur;
	*v->cur = p->st;
	state_done(&v->pool, &done);
	pool_free(&v->pool, p, sizeof(*p));
	v->print_whole_state = true;
	touch_all(v);
	return true;
}

static int do_call(struct verifier *v, const struct bpf_insn *i, u32 *next, bool *path_ends)
{
	if (i->src_reg == BPF_PSEUDO_CALL) {
		if (is_global(v, v->aux[v->insn].subprog))
			return do_global_call(v, v->aux[v->insn].subprog);
		return do_subprog_call(v, i, next);
	}
	if (i->src_reg == BPF_PSEUDO_KFUNC_CALL)
		return do_kfunc_call(v, i, next, path_ends);
	return do_helper_call(v, i, next);
}

static int do_jump(struct verifier *v, const struct bpf_insn *i, u32 *next, bool *path_ends)
{
	v->jumps++;
	switch (BPF_OP(i->code)) {
	case BPF_CALL: return do_call(v, i, next, path_ends);
	case BPF_EXIT: return do_exit(v, next, path_ends);
	case BPF_JA:
		*next = v->insn + 1 + (u32)(BPF_CLASS(i->code) == BPF_JMP ? i->off : i->imm);
		return 0;
	case BPF_JCOND: return do_may_goto(v, i, next);
	default: return do_cond_jump(v, i, next);
	}
}

static int do_insn(struct verifier *v, const struct bpf_insn *i, u32 *next, bool *path_ends)
{
	*next = v->insn + 1;
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: return do_alu(v, i);
	case BPF_LDX: return do_ldx(v, i);
	case BPF_STX: return insn_is_atomic(i) ? do_atomic(v, i) : do_stx(v, i);
	case BPF_ST: return do_st(v, i);
	case BPF_LD:
		if (!insn_is_ld_imm64(i))
			return do_ld_abs(v, i, next);
		*next = v->insn + 2;
		return do_ld_imm64(v, i);
	default: return do_jump(v, i, next, path_ends);
	}
}

static int check_fields(struct verifier *v, const struct bpf_insn *i)
{
	char reason[INSN_REASON_MAX];
	const char *wrong;

	if (v->aux[v->insn].seen)
		return 0;
	wrong = insn_check_fields(i, reason);
	if (wrong)
		return reject(v, -EINVAL, "%s", wrong);
	v->aux[v->insn].seen = true;
	return 0;
}

static void say_before(struct verifier *v)
{
	if (logging_all(v) && v->print_whole_state) {
		say(v, "\nfrom %u to %u:", v->prev_insn, v->insn);
		say_frame(v, v->cur, v->cur->depth, true);
		v->print_whole_state = false;
	}
	say_state_after(v);
	say_insn(v, v->insn);
}

static void say_safe(struct verifier *v)
{
	if (!logging(v))
		return;
	if (v->print_whole_state)
		say(v, "\nfrom %u to %u: safe\n", v->prev_insn, v->insn);
	else
		say(v, "%u: safe\n", v->insn);
}

/* One instruction of the current path. */
static int step(struct verifier *v, bool *path_ends)
{
	const struct bpf_insn *i = &v->insns[v->insn];
	u32 next;

	*path_ends = false;
	if (++v->processed > MAX_PROCESSED)
		return reject(v, -E2BIG, "BPF program is too large. Processed %u insn",
			      v->processed);
	if (v->aux[v->insn].prune_point) {
		int hit = visit_prune_point(v);

		if (hit < 0)
			return hit;
		if (hit) {
			say_safe(v);
			*path_ends = true;
			return 0;
		}
	}
	TRY(record_step(v, v->cur, v->insn));
	if (v->claims)
		TRY(claim_state(v));
	if (logging(v))
		say_before(v);
	TRY(check_fields(v, i));
	TRY(do_insn(v, i, &next, path_ends));
	v->prev_insn = v->insn;
	v->insn = next;
	return 0;
}

static int walk(struct verifier *v)
{
	bool path_ends;

	for (;;) {
		TRY(step(v, &path_ends));
		if (!path_ends)
			continue;
		end_path(v);
		if (!next_path(v))
			return 0;
	}
}

/* The state at the beginning of function `sub`: the main program or a global function. */
static int start(struct verifier *v, u32 sub)
{
	struct frame *f;

	if (!v->cur)
		v->cur = pool_zalloc(&v->pool, sizeof(*v->cur));
	if (!v->cur)
		return -ENOMEM;
	state_done(&v->pool, v->cur);
	f = v->cur->frame[0] = pool_zalloc(&v->pool, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->subprog = sub;
	v->insn = v->prev_insn = v->subs[sub].start;
	v->cur->first_insn = v->insn;
	v->cur->tree = ++v->nr_trees;
	v->cur->may_sleep = v->p->sleepable;
	v->last_line = NULL;
	v->print_whole_state = false;
	set_pointer(&f->reg[BPF_REG_10], V_STACK);
	touch_all(v);
	if (sub)
		return set_up_global(v, sub, f);
	set_pointer(&f->reg[BPF_REG_1], V_CTX);
	return 0;
}

/* Every path of function `sub`. Nobody wants to read how it succeeded, unless asked to. */
static int explore_from(struct verifier *v, u32 sub)
{
	TRY(start(v, sub));
	TRY(walk(v));
	forget_states(v);
	/* Linux forgets all of it, also what came before the walk. */
	if (v->log->level && !logging_all(v))
		vlog_reset(v->log, 0);
	return 0;
}

/* Global functions that some path calls; their walks may find calls of others. */
static int explore_globals(struct verifier *v)
{
	bool found = true;

	while (found) {
		found = false;
		for (u32 sub = 1; sub < v->nr_subs; sub++) {
			struct sub_info *s = &v->subs[sub];

			if (!s->called || s->verified)
				continue;
			TRY(explore_from(v, sub));
			s->verified = found = true;
			if (logging(v))
				say(v,
				    "Func#%u ('%s') is safe for any args that match its "
				    "prototype\n",
				    sub, subprog_name(v, sub));
		}
	}
	return 0;
}

int explore(struct verifier *v)
{
	v->buckets = calloc(v->len, sizeof(struct checkpoint *));
	v->open = calloc(v->len, sizeof(struct checkpoint *));
	if (!v->buckets || !v->open)
		return -ENOMEM;
	find_effects(v);
	find_throwers(v, false);
	if (v->exception_cb)
		v->subs[v->exception_cb].called = true;
	v->p->changes_pkt_data = v->subs[0].changes_pkt;
	TRY(explore_from(v, 0));
	return explore_globals(v);
}
