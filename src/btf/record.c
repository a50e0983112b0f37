/* Finding the fields that are not data. See record.h.
 *
 * A field is known by the name of its structure or, for pointers, by the type tag right behind the pointer.
 * Structures and arrays are walked into, unions are not. */
#include "btf/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define MAX_NESTING 32 /* structures in structures (Linux) */
#define POINTERS    (FIELD_KPTRS | FIELD_UPTR)
/* Records may have arrays of these. */
#define REPEATABLE (POINTERS | FIELD_ROOTS)

static const struct {
	const char *name;
	u32 size, align;
	bool many;
} fields[] = {
#define FIELD(name, text, size, align, many) { text, size, align, many },
#include "btf/record.def"
};

static u32 nr_of(u32 kind)
{
	return (u32)__builtin_ctz(kind);
}

const char *field_name(u32 kind)
{
	return fields[nr_of(kind)].name;
}

u32 field_size(u32 kind)
{
	return fields[nr_of(kind)].size;
}

struct search {
	const struct btf *b;
	u32 allowed, seen;
	struct btf_record *r;
};

static u32 kind_by_name(const char *name, u32 allowed)
{
	if (strncmp(name, "bpf_", 4))
		return 0;
	for (u32 n = 0; n < ARRAY_SIZE(fields); n++)
		if (allowed >> n & 1 && !(POINTERS >> n & 1) && !strcmp(name, fields[n].name))
			return 1u << n;
	return 0;
}

static u32 kind_by_tag(const char *tag)
{
	static const struct {
		const char *tag;
		u32 kind;
	} tags[] = { { "kptr_untrusted", FIELD_KPTR_UNREF },
		     { "kptr", FIELD_KPTR_REF },
		     { "percpu_kptr", FIELD_KPTR_PERCPU },
		     { "uptr", FIELD_UPTR } };

	for (u32 n = 0; n < ARRAY_SIZE(tags); n++)
		if (!strcmp(tag, tags[n].tag))
			return tags[n].kind;
	return 0;
}

static u32 info_kind(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

/* A pointer with a tag of ours. 1: f is filled, 0: none. */
static int find_pointer(const struct search *s, const struct btf_type *t, struct btf_field *f)
{
	const struct btf_type *tag, *to;

	if (info_kind(t) != BTF_KIND_PTR)
		return 0;
	tag = btf_type(s->b, t->type);
	if (!tag || info_kind(tag) != BTF_KIND_TYPE_TAG || BTF_INFO_KFLAG(tag->info))
		return 0;
	to = btf_type(s->b, tag->type);
	if (to && info_kind(to) == BTF_KIND_TYPE_TAG)
		return fail(-EINVAL, "BTF: a pointer with two type tags");
	f->kind = kind_by_tag(btf_string(s->b, tag->name_off));
	if (!f->kind)
		return fail(-EINVAL, "BTF: type tag '%s' is unknown",
			    btf_string(s->b, tag->name_off));
	if (!(f->kind & s->allowed))
		return 0;
	to = btf_strip(s->b, tag->type, &f->btf_id);
	if (!to || info_kind(to) != BTF_KIND_STRUCT)
		return fail(-EINVAL, "BTF: a %s must point to a structure", field_name(f->kind));
	return 1;
}

/* The value of the tag "contains:VALUE" on member (or variable, idx -1) of type id. */
static const char *contains_tag(const struct btf *b, u32 id, int idx)
{
	const char *found = NULL;

	for (u32 n = 1; n < b->nr_types; n++) {
		const struct btf_type *t = b->types[n];
		const char *name;

		if (info_kind(t) != BTF_KIND_DECL_TAG || t->type != id ||
		    ((const struct btf_decl_tag *)(t + 1))->component_idx != idx)
			continue;
		name = btf_string(b, t->name_off);
		if (strncmp(name, "contains:", 9))
			continue;
		if (found)
			return NULL;
		found = name + 9;
	}
	return found;
}

static int find_struct(const struct btf *b, const char *name, size_t len)
{
	for (u32 id = 1; id < b->nr_types; id++) {
		const char *s;

		if (info_kind(b->types[id]) != BTF_KIND_STRUCT)
			continue;
		s = btf_string(b, b->types[id]->name_off);
		if (!strncmp(s, name, len) && !s[len])
			return (int)id;
	}
	return -ENOENT;
}

/* A root says what it contains: "contains:STRUCT:MEMBER". */
static int find_contents(const struct btf *b, u32 parent, int idx, struct btf_field *f)
{
	const char *tag = contains_tag(b, parent, idx), *colon = tag ? strchr(tag, ':') : NULL;
	u32 node = f->kind == FIELD_LIST_HEAD ? FIELD_LIST_NODE : FIELD_RB_NODE;
	const struct btf_type *t;
	int id;

	if (!colon)
		return fail(-EINVAL, "BTF: a %s without one contains: tag", field_name(f->kind));
	id = find_struct(b, tag, (size_t)(colon - tag));
	if (id < 0)
		return fail(id, "BTF: a %s contains an unknown structure", field_name(f->kind));
	f->btf_id = (u32)id;
	t = b->types[id];
	for (u32 n = 0; n < BTF_INFO_VLEN(t->info); n++) {
		const struct btf_member *m = &btf_members_of(t)[n];
		const struct btf_type *mt = btf_type(b, m->type);

		if (strcmp(btf_string(b, m->name_off), colon + 1))
			continue;
		if (!mt || info_kind(mt) != BTF_KIND_STRUCT ||
		    strcmp(btf_string(b, mt->name_off), field_name(node)) ||
		    btf_member_bit_off(t, n) % 64)
			return fail(-EINVAL, "BTF: member '%s' is no %s", colon + 1,
				    field_name(node));
		f->node_off = btf_member_bit_off(t, n) / 8;
		return 0;
	}
	return fail(-ENOENT, "BTF: '%s' is no member of what a root contains", colon + 1);
}

static int add(struct search *s, struct btf_field f, u32 off)
{
	if (s->r->nr == BTF_RECORD_MAX)
		return fail(-E2BIG, "BTF: more than %u special fields", BTF_RECORD_MAX);
	f.off = off;
	f.size = field_size(f.kind);
	f.btf = s->b;
	s->r->field[s->r->nr++] = f;
	return 0;
}

static int search_struct(struct search *s, u32 id, u32 off, u32 level);

/* The elements of an array have what the first one has, at distances of stride. */
static int repeat(struct search *s, u32 from, u32 nelems, u32 stride)
{
	u32 nr = s->r->nr - from;

	for (u32 n = 0; nelems > 1 && n < nr; n++)
		if (!(s->r->field[from + n].kind & REPEATABLE))
			return fail(-EINVAL, "BTF: an array of %s",
				    field_name(s->r->field[from + n].kind));
	for (u32 i = 1; nr && i < nelems; i++)
		for (u32 n = 0; n < nr; n++)
			TRY(add(s, s->r->field[from + n], s->r->field[from + n].off + i * stride));
	return 0;
}

/* One member, variable or the value itself: type id at off. expected: bytes that it must have, 0: any.
 * parent and idx: where a contains: tag would be. */
static int search_one(struct search *s, u32 id, u32 parent, int idx, u32 off, u32 expected,
		      u32 level)
{
	const struct btf_type *t = btf_strip(s->b, id, &id);
	u32 nelems = 1, from = s->r->nr, kind, size;
	struct btf_field f = { 0 };
	int found;

	for (; t && info_kind(t) == BTF_KIND_ARRAY; t = btf_strip(s->b, btf_array_of(t)->type, &id))
		nelems *= btf_array_of(t)->nelems;
	if (!t || !nelems)
		return 0;
	kind = info_kind(t) == BTF_KIND_STRUCT || info_kind(t) == BTF_KIND_UNION
		       ? kind_by_name(btf_string(s->b, t->name_off), s->allowed)
		       : 0;
	if (!kind && info_kind(t) == BTF_KIND_STRUCT) {
		if (expected && expected != t->size * nelems)
			return 0;
		TRY(search_struct(s, id, off, level + 1));
		return repeat(s, from, nelems, t->size);
	}
	if (kind && !fields[nr_of(kind)].many && (s->seen & kind))
		return fail(-E2BIG, "BTF: more than one %s", field_name(kind));
	s->seen |= kind;
	size = kind ? field_size(kind) : 8;
	if (expected && expected != size * nelems)
		return 0;
	if (off % (kind ? fields[nr_of(kind)].align : 8))
		return kind ? fail(-EINVAL, "BTF: %s at byte %u", field_name(kind), off) : 0;
	f.kind = kind;
	if (!kind) {
		found = find_pointer(s, t, &f);
		if (found <= 0)
			return found;
	} else if (t->size != size || info_kind(t) != BTF_KIND_STRUCT) {
		return 0;
	} else if (kind & FIELD_ROOTS) {
		TRY(find_contents(s->b, parent, idx, &f));
	}
	TRY(add(s, f, off));
	return repeat(s, from, nelems, size);
}

static int search_struct(struct search *s, u32 id, u32 off, u32 level)
{
	const struct btf_type *t = btf_type(s->b, id);

	if (level >= MAX_NESTING)
		return fail(-E2BIG, "BTF: structures are nested too deep");
	for (u32 n = 0; n < BTF_INFO_VLEN(t->info); n++) {
		u32 bits = btf_member_bit_off(t, n);

		if (bits % 8 || btf_member_bits(t, n))
			continue;
		TRY(search_one(s, btf_members_of(t)[n].type, id, (int)n, off + bits / 8, 0, level));
	}
	return 0;
}

static int search_datasec(struct search *s, const struct btf_type *t)
{
	for (u32 n = 0; n < BTF_INFO_VLEN(t->info); n++) {
		const struct btf_var_secinfo *v = &btf_secinfos_of(t)[n];

		TRY(search_one(s, btf_type(s->b, v->type)->type, v->type, -1, v->offset, v->size,
			       0));
	}
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct btf_field *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

static void note_unique(struct btf_record *r, const struct btf_field *f)
{
	s32 off = (s32)f->off;

	switch (f->kind) {
	case FIELD_SPIN_LOCK: r->spin_lock_off = off; break;
	case FIELD_RES_SPIN_LOCK: r->res_spin_lock_off = off; break;
	case FIELD_TIMER: r->timer_off = off; break;
	case FIELD_WORKQUEUE: r->wq_off = off; break;
	case FIELD_TASK_WORK: r->task_work_off = off; break;
	case FIELD_REFCOUNT: r->refcount_off = off; break;
	default: break;
	}
}

static int finish(struct btf_record *r, u32 size)
{
	u32 next = 0;

	for (u32 n = 0; n < r->nr; n++) {
		const struct btf_field *f = &r->field[n];

		if ((u64)f->off + f->size > size)
			return fail(-EFAULT, "BTF: %s behind the end of the value",
				    field_name(f->kind));
		if (f->off < next)
			return fail(-EEXIST, "BTF: special fields overlap");
		next = f->off + f->size;
		r->kinds |= f->kind;
		note_unique(r, f);
	}
	if ((r->kinds & FIELD_LOCKS) == FIELD_LOCKS)
		return fail(-EINVAL, "BTF: two kinds of locks");
	if ((r->kinds & FIELD_ROOTS) && !(r->kinds & FIELD_LOCKS))
		return fail(-EINVAL, "BTF: a list or tree without a lock");
	if ((r->kinds & FIELD_NODES) == FIELD_NODES && !(r->kinds & FIELD_REFCOUNT))
		return fail(-EINVAL, "BTF: nodes of a list and a tree without a bpf_refcount");
	qsort(r->field, r->nr, sizeof(r->field[0]), by_offset);
	return 0;
}

int btf_record_new(const struct btf *b, u32 id, u32 allowed, u32 size, struct btf_record **out)
{
	const struct btf_type *t = btf_strip(b, id, &id);
	struct btf_record *r;
	struct search s = { .b = b, .allowed = allowed };
	int err = 0;

	*out = NULL;
	if (!t || (info_kind(t) != BTF_KIND_STRUCT && info_kind(t) != BTF_KIND_DATASEC))
		return 0;
	r = s.r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->spin_lock_off = r->res_spin_lock_off = r->timer_off = r->wq_off = r->task_work_off =
		r->refcount_off = -1;
	err = info_kind(t) == BTF_KIND_STRUCT ? search_struct(&s, id, 0, 0) : search_datasec(&s, t);
	if (!err)
		err = finish(r, size);
	if (err || !r->nr) {
		free(r);
		return err;
	}
	*out = r;
	return 0;
}

const struct btf_field *record_field(const struct btf_record *r, u32 off, u32 kinds)
{
	for (u32 n = 0; r && n < r->nr; n++)
		if (r->field[n].off == off && (r->field[n].kind & kinds))
			return &r->field[n];
	return NULL;
}

/* --- pointers to the kernel's objects --- */

/* Structures that the kernel can release on its own when the value that points to one goes away. */
static bool can_be_released(const char *name)
{
	static const char *const names[] = { "task_struct",	"cgroup",  "bpf_cpumask",
					     "bpf_crypto_ctx",	"sk_buff", "prog_test_ref_kfunc",
					     "prog_test_member" };

	for (u32 n = 0; n < ARRAY_SIZE(names); n++)
		if (!strcmp(name, names[n]))
			return true;
	return false;
}

int btf_record_bind(struct btf_record *r, const struct btf *kernel)
{
	for (u32 n = 0; n < r->nr; n++) {
		struct btf_field *f = &r->field[n];
		const char *name;
		int id;

		if (!(f->kind & FIELD_KPTRS) || f->btf == kernel)
			continue;
		name = btf_type_name(f->btf, f->btf_id);
		id = btf_find(kernel, name, BTF_KIND_STRUCT);
		if (id < 0) /* the program's own */
			continue;
		if (f->kind != FIELD_KPTR_UNREF && !can_be_released(name))
			return fail(-ENOENT, "map: nobody can release a struct %s", name);
		f->btf = kernel;
		f->btf_id = (u32)id;
		f->kernel = true;
	}
	return 0;
}

/* --- structures that programs allocate --- */

struct btf_records {
	u32 nr;
	struct {
		u32 id;
		struct btf_record *rec;
	} at[];
};

#define STRUCT_FIELDS                                                                              \
	(FIELD_LOCKS | FIELD_ROOTS | FIELD_NODES | FIELD_REFCOUNT | FIELD_KPTR_UNREF |             \
	 FIELD_KPTR_REF | FIELD_KPTR_PERCPU)

const struct btf_record *btf_record_of(const struct btf *b, u32 id)
{
	const struct btf_records *rs = b->records;
	u32 lo = 0, hi = rs ? rs->nr : 0;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (rs->at[mid].id == id)
			return rs->at[mid].rec;
		if (rs->at[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

void btf_free_records(struct btf *b)
{
	for (u32 n = 0; b->records && n < b->records->nr; n++)
		free(b->records->at[n].rec);
	free(b->records);
	b->records = NULL;
}

static bool names_field(const struct btf *b, u32 id)
{
	const struct btf_type *t = btf_type(b, id);

	return t && info_kind(t) == BTF_KIND_STRUCT &&
	       kind_by_name(btf_string(b, t->name_off),
			    FIELD_LOCKS | FIELD_ROOTS | FIELD_NODES | FIELD_REFCOUNT);
}

/* Does the structure have such a member itself? Others have no record. */
static bool has_fields(const struct btf *b, const struct btf_type *t)
{
	for (u32 n = 0; n < BTF_INFO_VLEN(t->info); n++)
		if (names_field(b, btf_members_of(t)[n].type))
			return true;
	return false;
}

static bool has_kptrs(const struct btf *b)
{
	for (u32 id = 1; id < b->nr_types; id++)
		if (info_kind(b->types[id]) == BTF_KIND_TYPE_TAG &&
		    kind_by_tag(btf_string(b, b->types[id]->name_off)))
			return true;
	return false;
}

static int make_records(struct btf *b, bool kptrs)
{
	struct btf_records *rs;

	for (u32 id = 1; id < b->nr_types; id++) {
		const struct btf_type *t = b->types[id];
		struct btf_record *r;
		bool must;
		int err;

		if (info_kind(t) != BTF_KIND_STRUCT)
			continue;
		must = has_fields(b, t);
		if (!must && !kptrs)
			continue;
		err = btf_record_new(b, id, STRUCT_FIELDS, t->size, &r);
		if (err && must)
			return err;
		if (err || !r)
			continue;
		rs = realloc(b->records, sizeof(*rs) + ((b->records ? b->records->nr : 0) + 1) *
							       sizeof(rs->at[0]));
		if (!rs) {
			free(r);
			return -ENOMEM;
		}
		if (!b->records)
			rs->nr = 0;
		b->records = rs;
		rs->at[rs->nr].id = id;
		rs->at[rs->nr++].rec = r;
	}
	return 0;
}

int btf_record_check_roots(const struct btf *b, const struct btf_record *r)
{
	for (u32 n = 0; r && n < r->nr; n++) {
		const struct btf_record *in;

		if (!(r->field[n].kind & FIELD_ROOTS))
			continue;
		in = btf_record_of(b, r->field[n].btf_id);
		if (!in)
			return fail(-EFAULT, "BTF: what a root contains has no node");
		if ((r->kinds & FIELD_NODES) && record_has(in, FIELD_ROOTS))
			return fail(-ELOOP, "BTF: lists and trees that may own each other");
	}
	return 0;
}

int btf_make_records(struct btf *b)
{
	bool kptrs = false, any = false;

	for (u32 id = 1; id < b->nr_types && !any; id++)
		any = names_field(b, id);
	kptrs = has_kptrs(b);
	if (!any && !kptrs)
		return 0;
	TRY(make_records(b, kptrs));
	for (u32 n = 0; b->records && n < b->records->nr; n++)
		TRY(btf_record_check_roots(b, b->records->at[n].rec));
	return 0;
}

/* What nobody can release stays a pointer to the program's own structure of that name: nothing fits there. */
void btf_bind_records(struct btf *b, const struct btf *kernel)
{
	for (u32 n = 0; b->records && n < b->records->nr; n++)
		if (record_has(b->records->at[n].rec, FIELD_KPTRS))
			(void)!btf_record_bind(b->records->at[n].rec, kernel);
}
