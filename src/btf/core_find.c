/* core_find(): what the program's types name, in a type of the kernel's. Fields are looked for by name, and go deeper into
 * anonymous structures; where they lie does not matter. */
#include <errno.h>
#include <string.h>

#include "btf/core_spec.h"

/* Can a field of the one type be read as one of the other? Sizes may differ: that is another relocation's. */
static int fields_compatible(const struct btf *lb, u32 local, const struct btf *tb, u32 target)
{
	for (;;) {
		const struct btf_type *l = btf_strip(lb, local, NULL);
		const struct btf_type *t = btf_strip(tb, target, NULL);

		if (!l || !t)
			return -EINVAL;
		if (btf_is_struct(l) && btf_is_struct(t))
			return 1;
		if (!core_same_kind(l, t))
			return 0;
		switch (BTF_INFO_KIND(l->info)) {
		case BTF_KIND_PTR:
		case BTF_KIND_FLOAT: return 1;
		case BTF_KIND_FWD:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64: {
			const char *a = btf_string(lb, l->name_off);
			const char *b = btf_string(tb, t->name_off);

			return !*a || !*b || core_same_name(a, b);
		}
		case BTF_KIND_INT: /* bit fields of the old kind are not supported */
			return !BTF_INT_OFFSET(btf_int_info(l)) && !BTF_INT_OFFSET(btf_int_info(t));
		case BTF_KIND_ARRAY:
			local = btf_array_of(l)->type;
			target = btf_array_of(t)->type;
			continue;
		default: return 0;
		}
	}
}

static int find_member(const struct btf *lb, const struct core_step *local, u32 id,
		       struct core_spec *out, u32 *next);

/* 1: member i of t is it, or leads to it. */
static int try_member(const struct btf *lb, const struct core_step *local, const struct btf_type *t,
		      u32 id, u32 i, struct core_spec *out, u32 *next)
{
	const struct btf_member *m = &btf_members_of(t)[i];
	const struct btf_type *l = btf_type(lb, local->type_id);
	const char *name = btf_string(out->btf, m->name_off);
	int found;

	if (!*name)
		return find_member(lb, local, m->type, out, next);
	if (strcmp(name, local->name))
		return 0;
	out->step[out->nr_steps++] = (struct core_step){ id, i, name };
	*next = m->type;
	found = fields_compatible(lb, btf_members_of(l)[local->idx].type, out->btf, m->type);
	if (!found)
		out->nr_steps--;
	/* Two members cannot have one name: no use in looking further. */
	return found ? found : -ENOENT;
}

/* 1, 0: none of that name; -ENOENT: one of another type; other errors. */
static int find_member(const struct btf *lb, const struct core_step *local, u32 id,
		       struct core_spec *out, u32 *next)
{
	const struct btf_type *t = btf_strip(out->btf, id, &id);

	if (!t)
		return -EINVAL;
	if (!btf_is_struct(t))
		return 0;
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u32 off = btf_member_bit_off(t, i);
		int found;

		if (out->nr_raw == CORE_DEPTH)
			return -E2BIG;
		out->bit_off += off;
		out->raw[out->nr_raw++] = (int)i;
		found = try_member(lb, local, t, id, i, out, next);
		if (found)
			return found;
		out->bit_off -= off;
		out->nr_raw--;
	}
	return 0;
}

/* The first step is an element of an array of root types, which is no type of its own. */
static int find_element(const struct core_step *local, bool first, u32 *id, struct core_spec *out)
{
	const struct btf_type *t = btf_strip(out->btf, *id, id);
	s64 size;

	if (!t)
		return -EINVAL;
	if (!first) {
		const struct btf_array *a = btf_array_of(t);

		if (BTF_INFO_KIND(t->info) != BTF_KIND_ARRAY)
			return 0;
		if (!core_open_array(out->btf, &out->step[out->nr_steps - 1], a) &&
		    local->idx >= a->nelems)
			return 0;
		if (!btf_strip(out->btf, a->type, id))
			return -EINVAL;
	}
	if (out->nr_raw == CORE_DEPTH)
		return -E2BIG;
	out->step[out->nr_steps++] = (struct core_step){ *id, local->idx, NULL };
	out->raw[out->nr_raw++] = (int)local->idx;
	size = btf_type_size(out->btf, *id);
	if (size < 0)
		return -EINVAL;
	out->bit_off += local->idx * (u32)size * 8;
	return 1;
}

static int find_field(const struct core_spec *local, u32 id, struct core_spec *out)
{
	for (u32 i = 0; i < local->nr_steps; i++) {
		const struct core_step *step = &local->step[i];
		int found = step->name ? find_member(local->btf, step, id, out, &id)
				       : find_element(step, !i, &id, out);

		if (found <= 0)
			return found == -ENOENT ? 0 : found;
	}
	return 1;
}

static int find_enumerator(const struct core_spec *local, u32 id, struct core_spec *out)
{
	const struct btf_type *t = btf_strip(out->btf, id, &id);

	if (!t || !core_is_enum(t))
		return 0;
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const char *name = core_enumerator(out->btf, t, i).name;

		if (!core_same_name(name, local->step[0].name))
			continue;
		out->step[out->nr_steps++] = (struct core_step){ id, i, name };
		out->raw[out->nr_raw++] = (int)i;
		return 1;
	}
	return 0;
}

int core_find(const struct core_spec *local, const struct btf *target, u32 id,
	      struct core_spec *out)
{
	*out = (struct core_spec){ .btf = target, .root = id, .kind = local->kind };
	switch (core_group(local->kind)) {
	case CORE_GROUP_TYPE:
		return local->kind == CORE_TYPE_MATCHES
			       ? core_matches(local->btf, local->root, target, id)
			       : core_compatible(local->btf, local->root, target, id);
	case CORE_GROUP_ENUMVAL: return find_enumerator(local, id, out);
	case CORE_GROUP_FIELD: return find_field(local, id, out);
	default: return -EINVAL;
	}
}
