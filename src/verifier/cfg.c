/* Control flow: where functions begin and end, whether every jump stays inside its function, whether
 * every instruction can be reached; and where the walk should remember states.
 *
 * States are remembered ("prune points") where paths meet or part: conditional jumps, jump targets, and
 * behind calls. The choice is Linux's, since it shows in the number of states and instructions. */
#include "verifier/async.h"

#include "kfunc/kfunc.h"

#include <stdlib.h>

#include "btf/btf.h"

static int add_subprog(struct verifier *v, s64 at)
{
	u32 i;

	if (at < 0 || at >= v->len)
		return reject(v, -EINVAL, "call to invalid destination");
	for (i = 0; i < v->nr_subs; i++)
		if (v->subs[i].start == at)
			return 0;
	if (v->nr_subs == MAX_SUBPROGS)
		return reject(v, -E2BIG, "too many subprograms");
	for (i = v->nr_subs; i > 0 && v->subs[i - 1].start > at; i--)
		v->subs[i] = v->subs[i - 1];
	v->subs[i] = (struct sub_info){ .start = (u32)at };
	v->nr_subs++;
	return 0;
}

static u32 subprog_at(const struct verifier *v, u32 insn)
{
	for (u32 i = 0; i < v->nr_subs; i++)
		if (v->subs[i].start == insn)
			return i;
	return 0;
}

/* Link calls and function addresses to their callees, and note what each function contains. */
static void describe_subprog(struct verifier *v, struct sub_info *sub)
{
	for (u32 i = sub->start; i < sub->end; i++) {
		const struct bpf_insn *insn = &v->insns[i];

		if (insn_is_subprog_call(insn) || insn_is_func_addr(insn))
			v->aux[i].subprog = subprog_at(v, (u32)((s64)i + insn->imm + 1));
		if (insn_is_helper_call(insn) && insn->imm == BPF_FUNC_tail_call)
			sub->has_tail_call = true;
		if (BPF_CLASS(insn->code) == BPF_LD &&
		    (BPF_MODE(insn->code) == BPF_ABS || BPF_MODE(insn->code) == BPF_IND))
			sub->has_ld_abs = true;
		if (insn_is_ld_imm64(insn))
			i++;
	}
}

/* Nothing need call it. */
static int add_exception_callback(struct verifier *v)
{
	u32 at;

	TRY(find_exception_callback(v->p, v->log, &at));
	if (!at)
		return 0;
	TRY(add_subprog(v, at));
	v->exception_cb = subprog_at(v, at);
	return 0;
}

int find_subprogs(struct verifier *v)
{
	v->subs = calloc(MAX_SUBPROGS, sizeof(*v->subs));
	if (!v->subs)
		return -ENOMEM;
	TRY(add_subprog(v, 0));
	for (u32 i = 0; i < v->len; i++) {
		const struct bpf_insn *insn = &v->insns[i];

		if (insn_is_subprog_call(insn) || insn_is_func_addr(insn))
			TRY(add_subprog(v, (s64)i + insn->imm + 1));
		if (insn_is_ld_imm64(insn))
			i++;
	}
	TRY(add_exception_callback(v));
	for (u32 i = 0; i < v->nr_subs; i++) {
		v->subs[i].end = i + 1 < v->nr_subs ? v->subs[i + 1].start : v->len;
		if (logging_all(v))
			say(v, "func#%u @%u\n", i, v->subs[i].start);
	}
	for (u32 i = 0; i < v->nr_subs; i++)
		describe_subprog(v, &v->subs[i]);
	return 0;
}

static bool is_jump(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && BPF_OP(i->code) != BPF_CALL &&
	       BPF_OP(i->code) != BPF_EXIT;
}

static s64 jump_target(const struct bpf_insn *i, u32 at)
{
	return (s64)at + 1 + (i->code == (BPF_JMP32 | BPF_JA) ? i->imm : i->off);
}

static bool ends_function(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_EXIT) || i->code == (BPF_JMP | BPF_JA) ||
	       i->code == (BPF_JMP32 | BPF_JA);
}

/* Every jump stays inside its function, and no function runs out at its end. */
static int check_jumps_of(struct verifier *v, const struct sub_info *sub)
{
	for (u32 i = sub->start; i < sub->end; i++) {
		const struct bpf_insn *insn = &v->insns[i];

		if (is_jump(insn)) {
			s64 to = jump_target(insn, i);

			if (to < sub->start || to >= sub->end)
				return reject(v, -EINVAL, "jump out of range from insn %u to %lld",
					      i, (long long)to);
		}
		if (i == sub->end - 1 && !ends_function(insn))
			return reject(v, -EINVAL, "last insn is not an exit or jmp");
	}
	return 0;
}

int check_jumps(struct verifier *v)
{
	for (u32 i = 0; i < v->nr_subs; i++)
		TRY(check_jumps_of(v, &v->subs[i]));
	return 0;
}

/* Does the function return a number, by its BTF? */
static bool returns_number(const struct verifier *v, u32 sub)
{
	const struct btf *btf = v->p->btf;
	const struct btf_type *t = btf_type(btf, v->p->func_info[sub].type_id);

	t = t ? btf_type(btf, t->type) : NULL; /* its prototype */
	t = t ? btf_strip(btf, t->type, NULL) : NULL;
	return t &&
	       (BTF_INFO_KIND(t->info) == BTF_KIND_INT || BTF_INFO_KIND(t->info) == BTF_KIND_ENUM ||
		BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64);
}

bool is_global(const struct verifier *v, u32 sub)
{
	const struct btf_type *t;

	if (!v->p->btf || v->p->nr_func_info != v->nr_subs)
		return false;
	t = btf_type(v->p->btf, v->p->func_info[sub].type_id);
	return t && BTF_INFO_VLEN(t->info) == BTF_FUNC_GLOBAL;
}

static int check_early_end_of(struct verifier *v, u32 sub, const char *what)
{
	if (!v->p->btf || v->p->nr_func_info != v->nr_subs)
		return reject(v, -EINVAL, "%s is not allowed in subprogs without BTF", what);
	if (!returns_number(v, sub))
		return reject(v, -EINVAL, "%s is only allowed in functions that return 'int'.",
			      what);
	return 0;
}

/* A legacy packet load that fails and a tail call that succeeds return from the function with a number
 * that its code does not show: only functions known to return one may contain them. */
int check_early_ends(struct verifier *v)
{
	for (u32 i = 1; i < v->nr_subs; i++) {
		if (v->subs[i].has_ld_abs)
			TRY(check_early_end_of(v, i, "LD_ABS"));
		if (v->subs[i].has_tail_call)
			TRY(check_early_end_of(v, i, "tail_call"));
	}
	return 0;
}

static bool enters_callback(const struct verifier *v, const struct bpf_insn *i)
{
	const struct skep_helper *h;

	if (v->aux[i - v->insns].kfunc == KFUNC_bpf_rbtree_add_impl + 1)
		return true;
	if (!insn_is_helper_call(i))
		return false;
	h = runtime_helper(v->p->rt, (u32)i->imm);
	return h && h->callback != SKEP_CB_NONE && h->callback != SKEP_CB_ASYNC;
}

/* Paths meet here: states are remembered, and the way here is part of a path's history. */
static void mark_meeting(struct insn_aux *a)
{
	a->prune_point = true;
	a->jump_point = true;
}

/* Where control may go after instruction `at`: at most 2 places. Marks prune points on the way. */
static u32 successors(struct verifier *v, u32 at, u32 next[2])
{
	const struct bpf_insn *i = &v->insns[at];
	struct insn_aux *a = v->aux;
	u32 width = insn_is_ld_imm64(i) ? 2 : 1;

	if (i->code == (BPF_JMP | BPF_EXIT))
		return 0;
	next[0] = at + width;
	if (insn_is_call(i) || insn_is_func_addr(i)) {
		bool callee = insn_is_subprog_call(i) || insn_is_func_addr(i);

		if (at + width < v->len)
			mark_meeting(&a[at + width]);
		if (insn_is_kfunc_call(i) && a[at].iter_next) {
			mark_meeting(&a[at]);
			a[at].checkpoint = true;
		}
		if (enters_callback(v, i)) {
			mark_meeting(&a[at]);
			a[at].checkpoint = a[at].calls_callback = true;
		}
		a[at].prune_point |=
			hands_over_callback(v, i); /* or it would be handed over anew for ever */
		if (!callee)
			return 1;
		a[at].prune_point = true;
		next[1] = v->subs[a[at].subprog].start;
		mark_meeting(&a[next[1]]);
		return 2;
	}
	if (!is_jump(i))
		return 1;
	if (BPF_OP(i->code) == BPF_JA) {
		next[0] = (u32)jump_target(i, at);
		mark_meeting(&a[next[0]]);
		return 1;
	}
	a[at].prune_point = true;
	a[at].checkpoint |= BPF_OP(i->code) == BPF_JCOND;
	next[1] = (u32)jump_target(i, at);
	mark_meeting(&a[next[1]]);
	return 2;
}

static int check_reached(struct verifier *v, const u8 *reached)
{
	for (u32 i = 0; i < v->len; i++) {
		if (!reached[i])
			return reject(v, -EINVAL, "unreachable insn %u", i);
		if (!insn_is_ld_imm64(&v->insns[i]))
			continue;
		if (reached[i + 1])
			return reject(v, -EINVAL, "jump into the middle of ldimm64 insn %u", i);
		i++;
	}
	return 0;
}

/* Depth-first over the graph, with a stack of our own: programs may have a million instructions. */
static int reach_all(struct verifier *v, u8 *reached, u32 *todo)
{
	u32 n = 0, next[2];

	reached[0] = 1;
	todo[n++] = 0;
	if (v->exception_cb) {
		u32 start = v->subs[v->exception_cb].start;

		mark_meeting(&v->aux[start]);
		reached[start] = 1;
		todo[n++] = start;
	}
	while (n) {
		u32 at = todo[--n];
		u32 nr = successors(v, at, next);

		for (u32 k = 0; k < nr; k++) {
			if (next[k] >= v->len)
				return reject(v, -EINVAL, "jump out of range from insn %u to %u",
					      at, next[k]);
			if (reached[next[k]])
				continue;
			reached[next[k]] = 1;
			todo[n++] = next[k];
		}
	}
	return check_reached(v, reached);
}

int check_cfg(struct verifier *v)
{
	u8 *reached;
	u32 *todo;
	int err = -ENOMEM;

	reached = calloc(v->len, 1);
	todo = calloc(v->len, sizeof(*todo));
	if (reached && todo)
		err = reach_all(v, reached, todo);
	free(reached);
	free(todo);
	return err;
}
