/* BPF_MAP_CREATE: what all map types have in common is checked here, the rest by the type. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "abi/kernels.h"
#include "btf/record.h"
#include "map/async.h"
#include "map/map_btf.h"
#include "object/instance.h"
#include "syscall/privilege.h"
#include "syscall/sys.h"

static int check_combination(const struct attr_map_create *a)
{
	char device[IF_NAMESIZE];

	if (a->btf_vmlinux_value_type_id) {
		if (a->map_type != BPF_MAP_TYPE_STRUCT_OPS || a->btf_key_type_id ||
		    a->btf_value_type_id)
			return fail(-EINVAL, "map: btf_vmlinux_value_type_id is for struct_ops");
	} else if (a->btf_key_type_id && !a->btf_value_type_id) {
		return fail(-EINVAL, "map: a BTF key type needs a value type");
	}
	if (a->map_type != BPF_MAP_TYPE_BLOOM_FILTER && a->map_type != ABI_MAP_TYPE_ARENA &&
	    a->map_extra)
		return fail(-EINVAL, "map: map_extra is not zero");
	if ((a->map_flags & BPF_F_NUMA_NODE) && a->numa_node != 0 && a->numa_node != (u32)-1)
		return fail(-EINVAL, "map: there is no NUMA node %u", a->numa_node);
	if (a->map_ifindex)
		return fail(if_indextoname(a->map_ifindex, device) ? -EOPNOTSUPP : -EINVAL,
			    "map: no device can hold maps");
	return 0;
}

/* Maps for one program alone, named by its hash. */
static int check_exclusive(struct call *c, const struct attr_map_create *a)
{
	u8 hash[32];

	if (!a->excl_prog_hash && !a->excl_prog_hash_size)
		return 0;
	if (!a->excl_prog_hash || a->excl_prog_hash_size != sizeof(hash))
		return fail(-EINVAL, "map: excl_prog_hash is a SHA-256");
	TRY(client_read(c->client, hash, a->excl_prog_hash, sizeof(hash)));
	return fail(-EOPNOTSUPP, "map: excl_prog_hash is not possible");
}

static int check_extensions(struct call *c, const struct attr_map_create *a)
{
	struct object *o;

	if (a->map_flags & ABI_F_TOKEN_FD) {
		TRY(client_object(c->client, a->map_token_fd, OBJECT_NONE, NULL, &o));
		object_unref(o);
		return -EINVAL; /* it is no token: there are none */
	}
	return check_exclusive(c, a);
}

/* References to what the attributes name by descriptor. */
static int resolve(struct call *c, const struct attr_map_create *a, struct map_attr *m)
{
	if (a->btf_key_type_id || a->btf_value_type_id) {
		TRY(call_btf(c, a->btf_fd, &m->btf));
		if (m->btf->kernel)
			return fail(-EACCES, "map: the kernel's BTF cannot describe a map");
	}
	if (a->btf_vmlinux_value_type_id && skep_has_vmlinux())
		TRY(skep_vmlinux(c->skep, &m->kernel));
	return 0;
}

static int resolve_inner(struct call *c, const struct attr_map_create *a, struct map_attr *m)
{
	if (map_type_find(a->map_type)->holds != OBJECT_MAP)
		return 0;
	return call_map(c, a->inner_map_fd, NULL, &m->inner);
}

/* A map whose value the kernel's BTF describes names the program's, too. */
static int name_btf(struct call *c, const struct attr_map_create *a, struct skep_map *m)
{
	struct btf *b;

	TRY(call_btf(c, a->btf_fd, &b));
	if (b->kernel) {
		btf_unref(b);
		return fail(-EACCES, "map: the kernel's BTF cannot describe a map");
	}
	m->btf = b;
	return 0;
}

static int create(struct call *c, struct map_attr *m, struct skep_map **out)
{
	const struct attr_map_create *a = &c->attr.map_create;
	int err;

	*m = (struct map_attr){
		.type = a->map_type,
		.key_size = a->key_size,
		.value_size = a->value_size,
		.max_entries = a->max_entries,
		.flags = a->map_flags & ~ABI_F_TOKEN_FD,
		.numa_node = a->numa_node,
		.extra = a->map_extra,
		.btf_key_id = a->btf_key_type_id,
		.btf_value_id = a->btf_value_type_id,
		.kernel_value_id = a->btf_vmlinux_value_type_id,
	};
	if (!map_type_find(a->map_type) ||
	    kernel_lacks(c->skep->rt.kernel, COUNT_MAP_TYPES, a->map_type))
		return fail(-EINVAL, "map: there is no type %u", a->map_type);
	TRY(resolve_inner(c, a, m));
	TRY(map_check_attr(m)); /* before anything else that a descriptor names is looked at */
	TRY(check_extensions(c, a));
	TRY(check_name(m->name, a->map_name));
	TRY(resolve(c, a, m));
	TRY(map_new(&c->skep->rt, m, out));
	if (!a->btf_vmlinux_value_type_id)
		return 0;
	err = name_btf(c, a, *out);
	if (err)
		map_unref(*out);
	return err;
}

/* A program in an array may hold the array: without clients, neither can be used any more. */
static void abandoned(struct object *o)
{
	struct skep_map *m = (struct skep_map *)o;

	if (m->type->release_objects)
		m->type->release_objects(m);
	async_forget_all(m);
}

/* Pointers to structures that the kernel has are to the kernel's objects. */
static int bind_kptrs(struct call *c, struct skep_map *m)
{
	struct btf *kernel;
	int err;

	if (!record_has(m->record, FIELD_KPTRS) || !skep_has_vmlinux())
		return 0;
	TRY(skep_vmlinux(c->skep, &kernel));
	err = btf_record_bind(m->record, kernel);
	btf_unref(kernel); /* the instance keeps it */
	return err;
}

static long publish(struct call *c, struct skep_map *m, int access)
{
	long fd;

	map_ref(m);
	fd = call_publish(c, &m->obj, access);
	if (fd >= 0)
		map_published(c->skep, m);
	map_unref(m);
	return fd;
}

long sys_map_create(struct call *c)
{
	struct map_attr m = { 0 };
	struct skep_map *map;
	int access, err;

	TRY(check_combination(&c->attr.map_create));
	if (map_type_find(c->attr.map_create.map_type))
		TRY(privilege_map(c, c->attr.map_create.map_type));
	TRY(access = access_from_flags(c->attr.map_create.map_flags));
	err = create(c, &m, &map);
	btf_unref(m.btf);
	btf_unref(m.kernel);
	map_unref(m.inner);
	if (err)
		return err;
	err = bind_kptrs(c, map);
	if (err) {
		map_unref(map);
		return err;
	}
	if (map->type->user_mmap)
		map->obj.backing = map->seg.fd;
	if (map->type->release_objects || record_has(map->record, FIELD_ASYNC))
		map->obj.abandoned = abandoned;
	return publish(c, map, access);
}
