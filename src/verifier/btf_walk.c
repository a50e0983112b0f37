/* Loads through pointers to kernel objects: what lies at an offset of a structure that BTF describes, and what
 * may be done with a pointer found there.
 *
 * Sound because: whatever the types say, engines check every such load at run time (probe loads yield 0 where
 * the memory is not the instance's), so the types decide only what functions may be given the pointer. Trust is
 * kept along fields of which the kernel's own BTF says so (struct NAME__safe_trusted, NAME__safe_rcu). */
#include "verifier/env.h"

#include <stdio.h>
#include <string.h>

struct place {		 /* what lies there */
	bool is_ptr;	 /* to the structure `id`; otherwise a number */
	u32 id, pointee; /* pointee: the type as written, for comparing */
	u16 tags;	 /* VF_USER, VF_PERCPU, VF_RCU; VF_UNTRUSTED: inside of a union */
	const char *field;
};

struct walk {
	struct verifier *v;
	const struct btf *btf;
	s64 off;
	u32 size;
	struct place *out;
};

/* The tags of what a pointer points to: const char *__user. */
static u16 tags_of(const struct btf *b, u32 id)
{
	const struct btf_type *t;
	u16 tags = 0;

	for (t = btf_type(b, id); t && btf_is_modifier(t); t = btf_type(b, t->type)) {
		const char *tag = btf_string(b, t->name_off);

		if (BTF_INFO_KIND(t->info) != BTF_KIND_TYPE_TAG)
			continue;
		if (!strcmp(tag, "user"))
			tags |= VF_USER;
		else if (!strcmp(tag, "percpu"))
			tags |= VF_PERCPU;
		else if (!strcmp(tag, "rcu"))
			tags |= VF_RCU;
	}
	return tags;
}

static int walk_struct(struct walk *w, const struct btf_type *t, s64 off);

static int walk_member(struct walk *w, const struct btf_type *t, u32 n, s64 off)
{
	const struct btf_member *m = &btf_members_of(t)[n];
	const char *name = btf_string(w->btf, m->name_off), *of = btf_string(w->btf, t->name_off);
	s64 start = btf_member_bit_off(t, n) / 8, size = btf_type_size(w->btf, m->type);
	s64 end = start + size; /* of all elements, if it is an array */
	const struct btf_type *mt;
	u32 id = m->type;

	mt = btf_strip(w->btf, id, &id);
	while (mt && BTF_INFO_KIND(mt->info) == BTF_KIND_ARRAY) { /* into the element */
		s64 each;

		id = btf_array_of(mt)->type;
		each = btf_type_size(w->btf, id);
		if (each <= 0)
			return 0;
		start += (off - start) / each * each;
		mt = btf_strip(w->btf, id, &id);
	}
	if (btf_is_struct(mt)) {
		if (BTF_INFO_KIND(mt->info) == BTF_KIND_UNION && BTF_INFO_VLEN(mt->info) != 1)
			w->out->tags |= VF_UNTRUSTED;
		return walk_struct(w, mt, off - start);
	}
	w->out->field = name;
	if (mt && BTF_INFO_KIND(mt->info) == BTF_KIND_PTR) {
		u32 pointee;

		if (w->size != 8 || off != start)
			return reject(
				w->v, -EACCES,
				"cannot access ptr member %s with moff %lld in struct %s with "
				"off %lld size %u",
				name, (long long)start, of, (long long)off, w->size);
		w->out->pointee = mt->type;
		w->out->tags |= tags_of(w->btf, mt->type);
		w->out->is_ptr = btf_is_struct(btf_strip(w->btf, mt->type, &pointee));
		w->out->id = pointee;
		return 0;
	}
	if (off + w->size <= end || btf_member_bits(t, n))
		return 0;
	return reject(w->v, -EACCES,
		      "access beyond the end of member %s (mend:%lld) in struct %s with off %lld "
		      "size %u",
		      name, (long long)end, of, (long long)off, w->size);
}

/* A structure may end in an array of unknown length: what lies behind it is an element. */
static int walk_flexible(struct walk *w, const struct btf_type *t, s64 off)
{
	u32 vlen = BTF_INFO_VLEN(t->info);
	const struct btf_type *mt;
	const char *name;
	s64 start, each;
	u32 id;

	if (vlen && BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT) {
		id = btf_members_of(t)[vlen - 1].type;
		mt = btf_strip(w->btf, id, &id);
		start = btf_member_bit_off(t, vlen - 1) / 8;
		if (mt && BTF_INFO_KIND(mt->info) == BTF_KIND_ARRAY && !btf_array_of(mt)->nelems &&
		    off >= start) {
			id = btf_array_of(mt)->type;
			each = btf_type_size(w->btf, id);
			mt = btf_strip(w->btf, id, &id);
			if (each <= 0 || !btf_is_struct(mt))
				return 0;
			return walk_struct(w, mt, (off - start) % each);
		}
	}
	name = btf_string(w->btf, t->name_off);
	return reject(w->v, -EACCES, "access beyond struct %s at off %lld size %u",
		      *name ? name : "(anon)", (long long)off, w->size);
}

static int walk_struct(struct walk *w, const struct btf_type *t, s64 off)
{
	if (off + w->size > t->size)
		return walk_flexible(w, t, off);
	for (u32 n = 0; n < BTF_INFO_VLEN(t->info); n++) {
		u32 bits = btf_member_bits(t, n), at = btf_member_bit_off(t, n);
		s64 start = at / 8, size = btf_type_size(w->btf, btf_members_of(t)[n].type);
		s64 end = bits ? (at + bits + 7) / 8 : start + size;

		if (off >= end)
			continue;
		if (off + w->size <= start)
			break;
		if (bits && off >= start) /* several may share what is loaded */
			return 0;
		return walk_member(w, t, n, off);
	}
	return reject(w->v, -EINVAL, "struct %s doesn't have field at offset %lld",
		      btf_string(w->btf, t->name_off), (long long)off);
}

/* Does the kernel's BTF list the field in struct NAME`suffix`? */
static bool is_listed(const struct walk *w, const char *of, const char *suffix)
{
	const struct btf_type *t;
	char name[128];
	int id;

	if (!w->out->field ||
	    (size_t)snprintf(name, sizeof(name), "%s%s", of, suffix) >= sizeof(name))
		return false;
	id = btf_find(w->btf, name, BTF_KIND_STRUCT);
	if (id < 0)
		return false;
	t = btf_type(w->btf, (u32)id);
	for (u32 n = 0; n < BTF_INFO_VLEN(t->info); n++)
		if (!strcmp(btf_string(w->btf, btf_members_of(t)[n].name_off), w->out->field))
			return true;
	return false;
}

bool in_rcu_section(const struct verifier *v)
{
	return v->cur->active_rcu || v->cur->active_locks || v->cur->active_preempt ||
	       !v->cur->may_sleep;
}

bool is_trusted(const struct value *p)
{
	if (p->ref)
		return true;
	switch (p->kind) {
	case V_CTX:
	case V_MAP:
	case V_SOCK:
	case V_SOCK_COMMON:
	case V_TCP_SOCK: return true;
	case V_BTF:
		return (p->flags & (VF_TRUSTED | VF_ALLOC)) &&
		       !(p->flags & (VF_UNTRUSTED | VF_PERCPU | VF_USER | VF_RCU));
	default: return false;
	}
}

/* What the pointer found may be used for, from what the one followed was good for. */
static u16 flags_after(const struct walk *w, const struct value *p, const char *of)
{
	u16 tags = w->out->tags;

	if ((p->flags & VF_UNTRUSTED) || (tags & VF_UNTRUSTED))
		return VF_UNTRUSTED;
	if (!is_trusted(p) && !(p->flags & VF_RCU))
		return tags & (VF_USER | VF_PERCPU);
	if (is_listed(w, of, "__safe_trusted"))
		return VF_TRUSTED;
	if (is_listed(w, of, "__safe_trusted_or_null"))
		return VF_TRUSTED | VF_OR_NULL;
	if (!in_rcu_section(w->v) || (p->flags & VF_OR_NULL))
		return VF_UNTRUSTED;
	if (is_listed(w, of, "__safe_rcu"))
		return VF_RCU | (tags & VF_PERCPU);
	if ((tags & VF_RCU) || is_listed(w, of, "__safe_rcu_or_null"))
		return VF_RCU | VF_OR_NULL | (tags & VF_PERCPU);
	return tags & (VF_USER | VF_PERCPU);
}

static int check_access(struct verifier *v, u32 r, const struct value *p, s32 off, const char *name)
{
	const char *gpl = "Cannot access kernel 'struct %s' from non-GPL compatible program";

	if (!v->allow_ptr_leaks)
		return reject(v, -EPERM,
			      "'struct %s' access is allowed only to CAP_PERFMON and "
			      "CAP_SYS_ADMIN",
			      name);
	if (!v->p->gpl && p->btf->kernel)
		return reject(v, -EINVAL, gpl, name);
	if (off < 0)
		return reject(v, -EACCES, "R%u is ptr_%s invalid negative access: off=%d", r, name,
			      off);
	if (!scalar_is_const(&p->var) || p->var.bits.value)
		return reject(v, -EACCES,
			      "R%u is ptr_%s invalid variable offset: off=%d, var_off=%s", r, name,
			      off, tnum_text(v, p->var.bits));
	if (p->flags & VF_USER)
		return reject(v, -EACCES, "R%u is ptr_%s access user memory: off=%d", r, name, off);
	if (p->flags & VF_PERCPU)
		return reject(v, -EACCES, "R%u is ptr_%s access percpu memory: off=%d", r, name,
			      off);
	return 0;
}

int access_btf(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int dst, bool sign)
{
	const struct value p = *reg(v, r);
	const char *name = btf_type_name(p.btf, p.btf_id);
	struct place found = { 0 };
	struct walk w = { v, p.btf, off, size, &found };
	struct value *d;
	u16 flags;

	TRY(check_access(v, r, &p, off, name));
	if (how == ACCESS_WRITE)
		return check_ops_write(v, &p, off, size);
	TRY(walk_struct(&w, btf_type(p.btf, p.btf_id), off));
	if (dst < 0)
		return 0;
	if (!found.is_ptr) {
		load_number(v, dst, size, sign);
		return 0;
	}
	flags = flags_after(&w, &p, name);
	d = reg(v, (u32)dst);
	set_pointer(d, V_BTF);
	d->btf = p.btf;
	d->btf_id = found.id;
	d->flags = flags;
	if (flags & VF_OR_NULL)
		d->id = new_id(v);
	return 0;
}

static int check_map_access(struct verifier *v, u32 r, const struct value *p, s32 off,
			    enum access how)
{
	const char *name = p->map->type->kernel_struct;

	if (!v->allow_ptr_leaks)
		return reject(v, -EPERM,
			      "'struct %s' access is allowed only to CAP_PERFMON and "
			      "CAP_SYS_ADMIN",
			      name);
	if (off < 0)
		return reject(v, -EACCES, "R%u is %s invalid negative access: off=%d", r, name,
			      off);
	if (how != ACCESS_READ)
		return reject(v, -EACCES, "only read from %s is supported", name);
	return check_ptr_off(v, p, r);
}

/* Loads through a map pointer: the kernel's structure of that type of map, of which skep has an image (map/image.h).
 * Sound because: rewrite.c makes it a probe load from the image. */
int access_map_ptr(struct verifier *v, u32 r, s32 off, u32 size, enum access how, int dst,
		   bool sign)
{
	const struct value p = *reg(v, r);
	const char *name = p.map->type->kernel_struct;
	struct place found = { 0 };
	struct walk w = { v, NULL, off, size, &found };
	struct btf *b;
	struct value *d;
	int id;

	TRY(check_map_access(v, r, &p, off, how));
	TRY(kernel_btf(v, &b));
	id = btf_find(b, name, BTF_KIND_STRUCT);
	if (id < 0)
		return reject(v, -ENOTSUPP, "map_ptr access not supported for map type %u",
			      p.map->type->type);
	w.btf = b;
	TRY(walk_struct(&w, btf_type(b, (u32)id), off));
	TRY(v->env->show_maps(v->env->arg));
	if (dst < 0)
		return 0;
	if (!found.is_ptr) {
		load_number(v, dst, size, sign);
		return 0;
	}
	d = reg(v, (u32)dst);
	set_pointer(d, V_BTF);
	d->btf = b;
	d->btf_id = found.id;
	d->flags = found.tags & (VF_UNTRUSTED | VF_USER | VF_PERCPU);
	return 0;
}

/* Same type, or the same name in two BTFs. */
static bool same_struct(const struct btf *a, u32 ia, const struct btf *b, u32 ib)
{
	if (a == b && ia == ib)
		return true;
	return BTF_INFO_KIND(btf_type(a, ia)->info) == BTF_INFO_KIND(btf_type(b, ib)->info) &&
	       *btf_type_name(a, ia) && !strcmp(btf_type_name(a, ia), btf_type_name(b, ib)) &&
	       btf_type(a, ia)->size == btf_type(b, ib)->size;
}

/* Is a structure `want` at `off` in structure id? strict: it must be all of it. */
bool btf_ids_match(const struct btf *b, u32 id, s64 off, const struct btf *want_in, u32 want,
		   bool strict)
{
	for (u32 depth = 0; depth < 16; depth++) {
		const struct btf_type *t = btf_type(b, id);
		u32 n;

		if (!off && same_struct(b, id, want_in, want))
			return true;
		if (strict || !btf_is_struct(t) || off < 0 || off >= t->size)
			return false;
		for (n = 0; n < BTF_INFO_VLEN(t->info); n++) {
			s64 start = btf_member_bit_off(t, n) / 8;
			u32 inner;
			const struct btf_type *mt = btf_strip(b, btf_members_of(t)[n].type, &inner);

			if (btf_member_bits(t, n) || !btf_is_struct(mt) || off < start ||
			    off >= start + mt->size)
				continue;
			id = inner;
			off -= start;
			break;
		}
		if (n == BTF_INFO_VLEN(t->info))
			return false;
	}
	return false;
}
