/* What BTF says about a map: sizes must agree, and some members of a value are not data. */
#include "map/map.h"

#include "base/err.h"
#include "btf/record.h"
#include "map/map_btf.h"

static bool is_array(u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int check_size(const struct btf *b, u32 id, u32 size, const char *what)
{
	s64 n = btf_type_size(b, id);

	if (n <= 0 || n != size)
		return fail(-EINVAL, "map: BTF type %u of the %s has %lld bytes, not %u", id, what,
			    (long long)n, size);
	return 0;
}

/* Types that say what a key's BTF must be, after the value was looked at; the others want some. */
static bool checks_own_key(u32 type)
{
	return is_array(type) || type == BPF_MAP_TYPE_LPM_TRIE || type == BPF_MAP_TYPE_BLOOM_FILTER;
}

/* Only global data, an array of one section, may leave its key without a type. */
static int check_no_key(const struct btf *b, const struct map_attr *a)
{
	const struct btf_type *t = btf_strip(b, a->btf_value_id, NULL);

	if (a->type == BPF_MAP_TYPE_BLOOM_FILTER)
		return 0; /* there is no key */
	if (a->type != BPF_MAP_TYPE_ARRAY || a->max_entries != 1 || !t ||
	    BTF_INFO_KIND(t->info) != BTF_KIND_DATASEC)
		return fail(-EINVAL, "map: BTF without a type for the key");
	return 0;
}

static int check_index(const struct btf *b, u32 id)
{
	const struct btf_type *t = btf_strip(b, id, NULL);

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_INT || BTF_INT_BITS(btf_int_info(t)) != 32 ||
	    BTF_INT_OFFSET(btf_int_info(t)))
		return fail(-EINVAL,
			    "map: an array's key, and a local storage's, is an integer of 32 bits");
	return 0;
}

static int check_sizes(const struct btf *b, const struct map_attr *a)
{
	if (a->btf_key_id)
		TRY(check_size(b, a->btf_key_id, a->key_size, "key"));
	return check_size(b, a->btf_value_id, a->value_size, "value");
}

/* A prefix is a length and bits: a structure. */
static int check_prefix(const struct btf *b, u32 id)
{
	const struct btf_type *t = btf_strip(b, id, NULL);

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT)
		return fail(-EINVAL, "map: an LPM trie's key is a structure");
	return 0;
}

static bool is_int(const struct btf *b, u32 id, u32 bits)
{
	const struct btf_type *t = btf_strip(b, id, NULL);

	return t && BTF_INFO_KIND(t->info) == BTF_KIND_INT &&
	       BTF_INT_BITS(btf_int_info(t)) == bits && !BTF_INT_OFFSET(btf_int_info(t));
}

/* A control group's number, or struct bpf_cgroup_storage_key: that and an attach type. */
static int check_cgroup_key(const struct btf *b, u32 id, u32 size)
{
	const struct btf_type *t = btf_strip(b, id, NULL);
	const struct btf_member *m = t && btf_is_struct(t) ? btf_members_of(t) : NULL;
	bool fits = size == 8 ? is_int(b, id, 64)
			      : m && BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT &&
					BTF_INFO_VLEN(t->info) == 2 && is_int(b, m[0].type, 64) &&
					is_int(b, m[1].type, 32) && !btf_member_bit_off(t, 0) &&
					btf_member_bit_off(t, 1) == 64;

	if (!fits)
		return fail(-EINVAL, "map: a cgroup storage's key is struct "
				     "bpf_cgroup_storage_key or an integer of 64 bits");
	return 0;
}

static int check_key(const struct btf *b, const struct map_attr *a)
{
	if (!a->btf_key_id)
		return check_no_key(b, a);
	if (a->type == BPF_MAP_TYPE_LPM_TRIE)
		return check_prefix(b, a->btf_key_id);
	if (a->type == BPF_MAP_TYPE_BLOOM_FILTER)
		return fail(-EINVAL, "map: a Bloom filter has no key");
	if (a->type == BPF_MAP_TYPE_CGROUP_STORAGE || a->type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE)
		return check_cgroup_key(b, a->btf_key_id, a->key_size);
	return is_array(a->type) || map_type_find(a->type)->owner ? check_index(b, a->btf_key_id)
								  : 0;
}

#define VALUE_FIELDS                                                                               \
	(FIELD_LOCKS | FIELD_ASYNC | FIELD_KPTRS | FIELD_ROOTS | FIELD_REFCOUNT | FIELD_UPTR)

static int set_record(struct skep_map *m, const struct map_attr *a)
{
	struct btf_record *r;
	int err = btf_record_new(a->btf, a->btf_value_id, VALUE_FIELDS, a->value_size, &r);

	if (err == -ENOMEM)
		return err;
	if (err) /* the map is made all the same: all of its values are data, fields that BTF gets wrong, too */
		clear_last_error();
	if (err || !r)
		return 0;
	m->record = r; /* the map's to free */
	m->spin_lock_off = r->spin_lock_off;
	if (m->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return fail(-EACCES, "map: %s in values that programs may not read and write",
			    field_name(r->field[0].kind));
	for (u32 n = 0; n < r->nr; n++)
		if (!(r->field[n].kind & m->type->fields))
			return fail(-EOPNOTSUPP, "map: this type's values cannot hold %s",
				    field_name(r->field[n].kind));
	return btf_record_check_roots(a->btf, r);
}

int map_set_btf(struct skep_map *m, const struct map_attr *a)
{
	const struct skep_map_type *t = m->type;

	if (!a->btf)
		return 0;
	if (a->btf_value_id) {
		TRY(check_sizes(a->btf, a));
		if (!a->btf_key_id && !checks_own_key(a->type) && !t->no_btf)
			return fail(-EINVAL, "%s map: BTF without a type for the key", t->name);
		TRY(set_record(m, a));
		if (t->no_btf)
			return fail(-ENOTSUPP, "%s maps have no BTF", t->name);
		TRY(check_key(a->btf, a));
	}
	btf_ref(a->btf);
	m->btf = a->btf;
	m->btf_key_id = a->btf_key_id;
	m->btf_value_id = a->btf_value_id;
	return 0;
}
