/* Types of two BTFs compared: core_compatible() by shape, core_matches() member by member. Both end, also where types refer
 * to themselves, because they go no deeper than MAX_DEPTH. */
#include <errno.h>

#include "btf/core_spec.h"

#define MAX_DEPTH 2 /* Linux's: a type and what it is made of */

static u32 kind_of(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

/* --- core_compatible --- */

static int compatible(const struct btf *lb, u32 local, const struct btf *tb, u32 target, int depth);

static int protos_compatible(const struct btf *lb, const struct btf_type *l, const struct btf *tb,
			     const struct btf_type *t, int depth)
{
	u32 n = BTF_INFO_VLEN(l->info);

	if (n != BTF_INFO_VLEN(t->info))
		return 0;
	for (u32 i = 0; i < n; i++) {
		int same;

		if (depth <= 0)
			return -EINVAL;
		same = compatible(lb, btf_proto_params_of(l)[i].type, tb,
				  btf_proto_params_of(t)[i].type, depth);
		if (same <= 0)
			return same;
	}
	return compatible(lb, l->type, tb, t->type, depth);
}

static int compatible(const struct btf *lb, u32 local, const struct btf *tb, u32 target, int depth)
{
	const struct btf_type *l = btf_strip(lb, local, NULL);
	const struct btf_type *t = btf_strip(tb, target, NULL);

	if (--depth < 0 || !l || !t)
		return -EINVAL;
	if (!core_same_kind(l, t))
		return 0;
	switch (kind_of(l)) {
	case BTF_KIND_UNKN:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD: return 1;
	case BTF_KIND_INT:
		return !BTF_INT_OFFSET(btf_int_info(l)) && !BTF_INT_OFFSET(btf_int_info(t));
	case BTF_KIND_PTR: return compatible(lb, l->type, tb, t->type, depth);
	case BTF_KIND_ARRAY:
		return compatible(lb, btf_array_of(l)->type, tb, btf_array_of(t)->type, depth);
	case BTF_KIND_FUNC_PROTO: return protos_compatible(lb, l, tb, t, depth);
	default: return 0;
	}
}

int core_compatible(const struct btf *lb, u32 local, const struct btf *tb, u32 target)
{
	const struct btf_type *l = btf_type(lb, local), *t = btf_type(tb, target);

	if (!l || !t)
		return -EINVAL;
	return core_same_kind(l, t) ? compatible(lb, local, tb, target, MAX_DEPTH) : 0;
}

/* --- core_matches --- */

struct pair {
	const struct btf *lb, *tb;
};

static int matches(const struct pair *p, u32 local, u32 target, bool behind_ptr, int depth);

static bool enums_match(const struct pair *p, const struct btf_type *l, const struct btf_type *t)
{
	if (l->size != t->size || BTF_INFO_VLEN(l->info) > BTF_INFO_VLEN(t->info))
		return false;
	for (u32 i = 0; i < BTF_INFO_VLEN(l->info); i++) {
		u32 k = 0;

		while (k < BTF_INFO_VLEN(t->info) &&
		       !core_same_name(core_enumerator(p->lb, l, i).name,
				       core_enumerator(p->tb, t, k).name))
			k++;
		if (k == BTF_INFO_VLEN(t->info))
			return false;
	}
	return true;
}

static int has_member(const struct pair *p, const struct btf_member *m, const struct btf_type *t,
		      bool behind_ptr, int depth)
{
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_member *o = &btf_members_of(t)[i];
		int same;

		if (!core_same_name(btf_string(p->lb, m->name_off), btf_string(p->tb, o->name_off)))
			continue;
		same = matches(p, m->type, o->type, behind_ptr, depth);
		if (same)
			return same;
	}
	return 0;
}

static int structs_match(const struct pair *p, const struct btf_type *l, const struct btf_type *t,
			 bool behind_ptr, int depth)
{
	if (BTF_INFO_VLEN(l->info) > BTF_INFO_VLEN(t->info))
		return 0;
	for (u32 i = 0; i < BTF_INFO_VLEN(l->info); i++) {
		int has = has_member(p, &btf_members_of(l)[i], t, behind_ptr, depth);

		if (has <= 0)
			return has;
	}
	return 1;
}

/* A forward declaration stands for a structure, or, with its flag, for a union. */
static bool declares(const struct btf_type *fwd, const struct btf_type *t)
{
	return kind_of(t) == (BTF_INFO_KFLAG(fwd->info) ? BTF_KIND_UNION : BTF_KIND_STRUCT);
}

static bool fwd_matches(const struct btf_type *l, const struct btf_type *t, bool behind_ptr)
{
	if (kind_of(t) == BTF_KIND_FWD)
		return BTF_INFO_KFLAG(l->info) == BTF_INFO_KFLAG(t->info);
	return behind_ptr && declares(l, t);
}

static int protos_match(const struct pair *p, const struct btf_type *l, const struct btf_type *t,
			bool behind_ptr, int depth)
{
	u32 n = BTF_INFO_VLEN(l->info);

	if (n != BTF_INFO_VLEN(t->info))
		return 0;
	for (u32 i = 0; i < n; i++) {
		int same = matches(p, btf_proto_params_of(l)[i].type,
				   btf_proto_params_of(t)[i].type, behind_ptr, depth);

		if (same <= 0)
			return same;
	}
	return matches(p, l->type, t->type, behind_ptr, depth);
}

static int same_kind_matches(const struct pair *p, const struct btf_type *l,
			     const struct btf_type *t, bool behind_ptr, int depth)
{
	switch (kind_of(l)) {
	case BTF_KIND_UNKN: return 1;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return behind_ptr ? 1 : structs_match(p, l, t, behind_ptr, depth);
	case BTF_KIND_INT:
		return l->size == t->size &&
		       !((BTF_INT_ENCODING(btf_int_info(l)) ^ BTF_INT_ENCODING(btf_int_info(t))) &
			 BTF_INT_SIGNED);
	case BTF_KIND_PTR: return matches(p, l->type, t->type, true, depth);
	case BTF_KIND_ARRAY:
		return btf_array_of(l)->nelems == btf_array_of(t)->nelems
			       ? matches(p, btf_array_of(l)->type, btf_array_of(t)->type,
					 behind_ptr, depth)
			       : 0;
	case BTF_KIND_FUNC_PROTO: return protos_match(p, l, t, behind_ptr, depth);
	default: return 0;
	}
}

static int matches(const struct pair *p, u32 local, u32 target, bool behind_ptr, int depth)
{
	const struct btf_type *l = btf_strip(p->lb, local, NULL);
	const struct btf_type *t = btf_strip(p->tb, target, NULL);

	if (depth-- <= 0 || !l || !t)
		return -EINVAL;
	if (!core_same_name(btf_string(p->lb, l->name_off), btf_string(p->tb, t->name_off)))
		return 0;
	if (core_is_enum(l))
		return core_is_enum(t) && enums_match(p, l, t);
	if (kind_of(l) == BTF_KIND_FWD)
		return fwd_matches(l, t, behind_ptr);
	if (kind_of(l) == kind_of(t))
		return same_kind_matches(p, l, t, behind_ptr, depth);
	/* A structure whose pointers lead to what the other side only declares. */
	return behind_ptr && btf_is_struct(l) && kind_of(t) == BTF_KIND_FWD && declares(t, l);
}

int core_matches(const struct btf *lb, u32 local, const struct btf *tb, u32 target)
{
	struct pair p = { lb, tb };

	return matches(&p, local, target, false, MAX_DEPTH);
}
