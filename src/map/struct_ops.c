/* See struct_ops.h. */
#include "map/struct_ops.h"

#include <stdlib.h>
#include <string.h>

#include "abi/abi.h"
#include "base/err.h"
#include "exec/prog.h"

#define PREFIX "bpf_struct_ops_"

static int struct_ops_check_attr(const struct map_attr *a)
{
	if (a->key_size != sizeof(u32) || a->max_entries != 1 ||
	    (a->flags & ~(ABI_F_LINK | ABI_F_VTYPE_BTF_OBJ_FD)) || !a->kernel_value_id)
		return fail(-EINVAL,
			    "struct_ops: a key of %u bytes (4), %u entries (1), value type %u of "
			    "the kernel's BTF",
			    a->key_size, a->max_entries, a->kernel_value_id);
	return 0;
}

static bool is_struct(const struct btf_type *t)
{
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT;
}

/* struct bpf_struct_ops_NAME { struct bpf_struct_ops_common_value common; struct NAME data; } */
static int find_types(struct struct_ops *o, const struct btf *b, u32 value_id)
{
	const struct btf_type *t = btf_type(b, value_id);
	const char *name = t ? btf_string(b, t->name_off) : "";
	const struct btf_member *data;

	if (!is_struct(t) || strncmp(name, PREFIX, strlen(PREFIX)) || BTF_INFO_VLEN(t->info) != 2)
		return fail(-ENOTSUPP, "struct_ops: type %u holds no functions", value_id);
	o->kind = ops_kind_find(name + strlen(PREFIX));
	data = &btf_members_of(t)[1];
	o->ops = btf_strip(b, data->type, &o->ops_id);
	if (!o->kind || !is_struct(o->ops))
		return fail(-ENOTSUPP, "struct_ops: struct %s is not supported", name);
	o->value_id = value_id;
	o->data_off = btf_member_bit_off(t, 1) / 8;
	return 0;
}

static u32 nr_members(const struct struct_ops *o)
{
	return BTF_INFO_VLEN(o->ops->info);
}

static int struct_ops_init(struct skep_map *m, const struct map_attr *a)
{
	struct struct_ops *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	pthread_mutex_init(&o->lock, NULL);
	m->priv = o;
	if (!a->kernel)
		return fail(-ENOTSUPP, "struct_ops: no BTF of a kernel");
	TRY(find_types(o, a->kernel, a->kernel_value_id));
	if (m->value_size != btf_type(a->kernel, a->kernel_value_id)->size)
		return fail(-EINVAL, "struct_ops: values have %u bytes, not %u",
			    btf_type(a->kernel, a->kernel_value_id)->size, m->value_size);
	o->kernel = a->kernel;
	btf_ref(o->kernel);
	o->value = calloc(1, m->value_size);
	o->progs = calloc(nr_members(o), sizeof(*o->progs));
	return o->value && o->progs ? 0 : -ENOMEM;
}

static void struct_ops_done(struct skep_map *m)
{
	struct struct_ops *o = m->priv;

	if (!o)
		return;
	if (o->progs)
		struct_ops_clear(m);
	free(o->progs);
	free(o->value);
	btf_unref(o->kernel);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

/* --- filling --- */

static const char *member_name(const struct struct_ops *o, u32 n)
{
	return btf_string(o->kernel, btf_members_of(o->ops)[n].name_off);
}

static bool is_function(const struct struct_ops *o, u32 n)
{
	const struct btf_type *t = btf_strip(o->kernel, btf_members_of(o->ops)[n].type, NULL);

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return false;
	t = btf_strip(o->kernel, t->type, NULL);
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC_PROTO;
}

static bool is_zero(const char *p, size_t size)
{
	return !size || (!*p && !memcmp(p, p + 1, size - 1));
}

static bool has_function(const void *arg, const char *name)
{
	const struct struct_ops *o = arg;

	for (u32 n = 0; n < nr_members(o); n++)
		if (o->progs[n] && !strcmp(member_name(o, n), name))
			return true;
	return false;
}

/* Between its members a structure must be zero, and so must the state before it. */
static int check_holes(const struct skep_map *m, const struct struct_ops *o, const char *value)
{
	const char *data = value + o->data_off;
	u64 at = 0;

	if (!is_zero(value, o->data_off))
		return -EINVAL;
	for (u32 n = 0; n < nr_members(o); n++) {
		u64 off = btf_member_bit_off(o->ops, n) / 8;
		s64 size = btf_type_size(o->kernel, btf_members_of(o->ops)[n].type);

		if (off > at && !is_zero(data + at, off - at))
			return -EINVAL;
		at = off + (u64)MAX(size, (s64)0);
	}
	at += o->data_off;
	return is_zero(value + at, m->value_size - MIN(at, (u64)m->value_size)) ? 0 : -EINVAL;
}

/* A descriptor becomes the program's id. */
static int fill_function(struct struct_ops *o, u32 n, char *at,
			 int (*prog_of)(void *arg, u32 fd, struct skep_prog **out), void *arg)
{
	struct skep_prog *p;
	u64 fd, id;

	memcpy(&fd, at, sizeof(fd));
	if (!fd)
		return 0;
	TRY(prog_of(arg, (u32)fd, &p));
	o->progs[n] = p;
	if (p->type->type != BPF_PROG_TYPE_STRUCT_OPS || p->attach_btf_id != o->ops_id ||
	    p->expected_attach_type != n)
		return fail(-EINVAL, "struct_ops: the program is not for member %s",
			    member_name(o, n));
	id = p->obj.id;
	memcpy(at, &id, sizeof(id));
	return 0;
}

static int fill_member(struct struct_ops *o, u32 n,
		       int (*prog_of)(void *arg, u32 fd, struct skep_prog **out), void *arg)
{
	s64 size = btf_type_size(o->kernel, btf_members_of(o->ops)[n].type);
	char *at = (char *)o->value + o->data_off + btf_member_bit_off(o->ops, n) / 8;
	int taken;

	if (size < 0)
		return -EINVAL;
	TRY(taken = o->kind->member(member_name(o, n), at, (u32)size));
	if (taken)
		return 0;
	if (is_function(o, n))
		return fill_function(o, n, at, prog_of, arg);
	if (!is_zero(at, (size_t)size))
		return fail(-EINVAL, "struct_ops: member %s is not zero", member_name(o, n));
	return 0;
}

static int fill(struct struct_ops *o, int (*prog_of)(void *arg, u32 fd, struct skep_prog **out),
		void *arg)
{
	for (u32 n = 0; n < nr_members(o); n++)
		TRY(fill_member(o, n, prog_of, arg));
	return o->kind->check ? o->kind->check(has_function, o) : 0;
}

int struct_ops_fill(struct skep_map *m, const void *value,
		    int (*prog_of)(void *arg, u32 fd, struct skep_prog **out), void *arg)
{
	struct struct_ops *o = m->priv;
	int err;

	TRY(check_holes(m, o, value));
	if (atomic_load(&o->state) != OPS_INIT)
		return -EBUSY;
	memcpy(o->value, value, m->value_size);
	err = fill(o, prog_of, arg);
	if (err)
		struct_ops_clear(m);
	return err;
}

void struct_ops_clear(struct skep_map *m)
{
	struct struct_ops *o = m->priv;

	for (u32 n = 0; n < nr_members(o); n++) {
		prog_unref(o->progs[n]);
		o->progs[n] = NULL;
	}
	memset(o->value, 0, m->value_size);
}

const char *struct_ops_name(const struct struct_ops *o)
{
	for (u32 n = 0; n < nr_members(o); n++)
		if (!strcmp(member_name(o, n), "name"))
			return (const char *)o->value + o->data_off +
			       btf_member_bit_off(o->ops, n) / 8;
	return "";
}

/* --- reading --- */

/* The state, and how many use it beside its descriptors. */
static int struct_ops_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	struct struct_ops *o = m->priv;
	u32 common[2];

	if (index_of_key(key))
		return -ENOENT;
	pthread_mutex_lock(&o->lock);
	common[1] = atomic_load(&o->state);
	common[0] = o->registered;
	memcpy(value, o->value, m->value_size);
	if (common[1] == OPS_INIT)
		memset(value, 0, m->value_size);
	else
		memcpy(value, common, sizeof(common));
	pthread_mutex_unlock(&o->lock);
	return 0;
}

static int struct_ops_next_key(struct skep_map *m, const void *key, void *next)
{
	const u32 first = 0;

	if (key && !index_of_key(key))
		return -ENOENT;
	memcpy(next, &first, sizeof(first));
	return 0;
}

static u64 struct_ops_memory(const struct skep_map *m)
{
	return sizeof(struct struct_ops) + m->value_size;
}

static const u32 no_helpers[] = { 0 };

const struct skep_map_type map_struct_ops = {
	.type = BPF_MAP_TYPE_STRUCT_OPS,
	.name = "struct_ops",
	.kernel_struct = "bpf_struct_ops_map",
	.flags = ABI_F_LINK | ABI_F_VTYPE_BTF_OBJ_FD,
	.no_inner = true,
	.no_btf = true,
	.helpers = no_helpers,
	.check_attr = struct_ops_check_attr,
	.init = struct_ops_init,
	.done = struct_ops_done,
	.next_key = struct_ops_next_key,
	.sys_lookup = struct_ops_sys_lookup,
	.memory = struct_ops_memory,
};
