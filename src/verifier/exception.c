/* Exceptions: bpf_throw(cookie) ends all functions of the program at once. Then the program's own callback for
 * exceptions runs and says what the program returns; without one that is the cookie.
 *
 * A callback is named by a declaration tag of the main program's BTF and need not be called by anything, so
 * it is func_info that says where it begins.
 * Sound because: nothing that must be given back is held where something may be thrown, in whatever function that is;
 * nothing is thrown out of functions that helpers call, so only frames of this program's own functions are left;
 * cookies and the callback's results are in the program type's range. rewrite.c spells out how frames are left. */
#include "verifier/exception.h"

#include <string.h>

#include "btf/btf.h"
#include "kfunc/kfunc.h"

static const char tag[] = "exception_callback:";

/* --- which function --- */

static int complain(struct vlog *log, int err, const char *fmt, const char *name)
{
	if (log->level)
		vlog_printf(log, fmt, name);
	return fail(err, "the program's callback for exceptions cannot be used: see the log");
}

/* The name in the main program's tag; NULL: there is none. */
static int tagged_name(const struct skep_prog *p, struct vlog *log, const char **name)
{
	const struct btf *b = p->btf;

	*name = NULL;
	for (u32 id = 1; id < b->nr_types; id++) {
		const struct btf_type *t = btf_type(b, id);
		const char *text;

		if (BTF_INFO_KIND(t->info) != BTF_KIND_DECL_TAG ||
		    t->type != p->func_info[0].type_id ||
		    ((const struct btf_decl_tag *)(t + 1))->component_idx != -1)
			continue;
		text = btf_string(b, t->name_off);
		if (strncmp(text, tag, sizeof(tag) - 1))
			continue;
		if (*name)
			return complain(log, -EEXIST,
					"multiple exception callback tags for main subprog\n", "");
		*name = text + sizeof(tag) - 1;
	}
	return 0;
}

int find_exception_callback(const struct skep_prog *p, struct vlog *log, u32 *at)
{
	const char *name;
	int id;

	*at = 0;
	if (!p->nr_func_info)
		return 0;
	TRY(tagged_name(p, log, &name));
	if (!name)
		return 0;
	id = btf_find(p->btf, name, BTF_KIND_FUNC);
	if (id < 0)
		return complain(log, id, "exception callback '%s' could not be found in BTF\n",
				name);
	if (BTF_INFO_VLEN(btf_type(p->btf, (u32)id)->info) != BTF_FUNC_GLOBAL)
		return complain(log, -EINVAL, "exception callback '%s' must have global linkage\n",
				name);
	for (u32 n = 0; n < p->nr_func_info; n++) {
		if (p->func_info[n].type_id != (u32)id)
			continue;
		*at = p->func_info[n].insn_off;
		if (*at)
			return 0;
		return complain(log, -EINVAL,
				"invalid exception callback insn_off in func_info: 0\n", "");
	}
	return complain(log, -EINVAL, "exception callback type id not found in func_info\n", "");
}

/* --- the walk --- */

static bool throws(const struct verifier *v, u32 insn)
{
	return v->aux[insn].kfunc == KFUNC_bpf_throw + 1;
}

int do_throw(struct verifier *v)
{
	if (!v->exception_cb) /* the cookie is what the program returns */
		TRY(check_return(v, BPF_REG_1));
	return check_no_refs(v, "bpf_throw");
}

int check_exception_prototype(struct verifier *v, u32 sub)
{
	const struct sub_info *s = &v->subs[sub];

	if (sub != v->exception_cb || (s->nr_args == 1 && s->args[0].kind == SUB_ARG_NUMBER))
		return 0;
	return reject(v, -EINVAL, "exception cb only supports single integer argument");
}

/* --- which functions may throw, or run where nothing may be thrown --- */

static bool calls(const struct verifier *v, u32 insn, u32 *callee)
{
	if (!insn_is_subprog_call(&v->insns[insn]))
		return false;
	*callee = v->aux[insn].subprog;
	return true;
}

static bool sub_throws(const struct verifier *v, const struct sub_info *s, bool seen_only)
{
	u32 callee;

	for (u32 i = s->start; i < s->end; i++) {
		if (seen_only && !v->aux[i].seen)
			continue;
		if (throws(v, i) || (calls(v, i, &callee) && v->subs[callee].may_throw))
			return true;
		i += insn_is_ld_imm64(&v->insns[i]);
	}
	return false;
}

void find_throwers(struct verifier *v, bool seen_only)
{
	bool changed = true;

	for (u32 n = 0; n < v->nr_subs; n++)
		v->subs[n].may_throw = false;
	while (changed) {
		changed = false;
		for (u32 n = 0; n < v->nr_subs; n++) {
			if (v->subs[n].may_throw || !sub_throws(v, &v->subs[n], seen_only))
				continue;
			v->subs[n].may_throw = changed = true;
		}
	}
}

/* Functions that callbacks call run inside them. */
static void spread_callbacks(struct verifier *v, bool *inside)
{
	bool changed = true;
	u32 callee;

	for (u32 n = 0; n < v->nr_subs; n++)
		inside[n] = v->subs[n].is_callback || (n && n == v->exception_cb);
	while (changed) {
		changed = false;
		for (u32 n = 0; n < v->nr_subs; n++)
			for (u32 i = v->subs[n].start; inside[n] && i < v->subs[n].end; i++) {
				if (calls(v, i, &callee) && !inside[callee])
					inside[callee] = changed = true;
				i += insn_is_ld_imm64(&v->insns[i]);
			}
	}
}

/* The callback for exceptions begins where the main program is, and nobody else may begin it. */
static int check_callback_calls(struct verifier *v)
{
	u32 callee;

	for (u32 i = 0; v->exception_cb && i < v->len; i++) {
		if (calls(v, i, &callee) && callee == v->exception_cb)
			return reject(v, -EINVAL, "insn %u cannot call exception cb directly", i);
		i += insn_is_ld_imm64(&v->insns[i]);
	}
	return 0;
}

static int check_throws_in(struct verifier *v, u32 sub, bool is_exception_cb)
{
	const struct sub_info *s = &v->subs[sub];

	for (u32 i = s->start; i < s->end; i++) {
		if (throws(v, i))
			return reject(v, -EINVAL,
				      "bpf_throw kfunc (insn %u) cannot be called from callback "
				      "subprog %u",
				      i, sub);
		i += insn_is_ld_imm64(&v->insns[i]);
	}
	if (is_exception_cb && s->has_tail_call)
		return reject(v, -EINVAL, "cannot tail call within exception cb");
	return 0;
}

int check_throws(struct verifier *v)
{
	bool inside[MAX_SUBPROGS];

	TRY(check_callback_calls(v));
	spread_callbacks(v, inside);
	for (u32 n = 0; n < v->nr_subs; n++)
		if (inside[n])
			TRY(check_throws_in(v, n, v->exception_cb));
	return 0;
}
