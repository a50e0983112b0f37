/* BPF_OBJ_GET_INFO_BY_FD: what an object says of itself. The client passes a struct of the size that
 * it knows, with pointers and capacities filled in; it gets back as much as both sides know, with the
 * true sizes. Programs are in info_prog.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "map/struct_ops.h"
#include "object/link.h"
#include "syscall/info.h"

int info_read(struct info_call *i, void *info, u32 size)
{
	const struct attr_info *a = &i->c->attr.info;

	TRY(check_tail_zero(i->c, a->info, size, a->info_len));
	i->len = MIN(a->info_len, size);
	memset(info, 0, size);
	return client_read(i->c->client, info, a->info, i->len);
}

int info_write(struct info_call *i, const void *info)
{
	return client_write(i->c->client, i->c->attr.info.info, info, i->len)
		       ?: PUT_ATTR(i->c, info.info_len, i->len);
}

static int map_info(struct call *c, struct skep_map *m)
{
	struct info_call i = { .c = c };
	struct abi_map_info info;

	TRY(info_read(&i, &info, sizeof(info)));
	info = (struct abi_map_info){
		.type = m->type->type,
		.id = m->obj.id,
		.key_size = m->key_size,
		.value_size = m->value_size,
		.max_entries = m->max_entries,
		.map_flags = m->flags,
		.map_extra = m->extra,
		.hash = info.hash,
		.hash_size = info.hash_size,
	};
	memcpy(info.name, m->name, sizeof(info.name));
	if (m->btf) {
		info.btf_id = m->btf->obj.id;
		info.btf_key_type_id = m->btf_key_id;
		info.btf_value_type_id = m->btf_value_id;
	}
	if (struct_ops_of(m)) {
		info.btf_vmlinux_value_type_id = struct_ops_of(m)->value_id;
		info.btf_vmlinux_id = struct_ops_of(m)->kernel->obj.id;
	}
	return info_write(&i, &info);
}

/* Copy a string into a client's buffer of `room` bytes, cut if need be: -ENOSPC then. */
static int put_string(struct call *c, u64 addr, u32 room, const char *s)
{
	u32 len = (u32)strlen(s);
	char nul = '\0';

	if (room > len)
		return client_write(c->client, addr, s, len + 1);
	TRY(client_write(c->client, addr, s, room - 1));
	TRY(client_write(c->client, addr + room - 1, &nul, 1));
	return -ENOSPC;
}

static int btf_info(struct call *c, struct btf *b)
{
	struct info_call i = { .c = c };
	struct abi_btf_info info;
	u32 room;
	int err = 0;

	TRY(info_read(&i, &info, sizeof(info)));
	TRY(client_write(c->client, info.btf, b->data, MIN(info.btf_size, b->size)));
	if (!info.name != !info.name_len)
		return -EINVAL;
	info.id = b->obj.id;
	info.btf_size = b->size;
	info.kernel_btf = b->kernel;
	room = info.name_len;
	info.name_len = (u32)strlen(b->name);
	if (info.name)
		err = put_string(c, info.name, room, b->name);
	if (err && err != -ENOSPC)
		return err;
	return info_write(&i, &info) ?: err;
}

/* The name that some links have. `in` is what the client gave: where to, and how much room there is. */
static int put_link_name(struct call *c, struct abi_link_info *info, const struct abi_link_info *in,
			 const char *name, u32 need)
{
	bool perf = info->type == BPF_LINK_TYPE_PERF_EVENT;
	u64 addr = perf ? in->perf_event.name : in->raw_tracepoint.tp_name;
	u32 room = perf ? in->perf_event.name_len : in->raw_tracepoint.tp_name_len;

	if (!addr != !room)
		return -EINVAL;
	if (perf) {
		info->perf_event.name = addr;
		info->perf_event.name_len = need;
	} else {
		info->raw_tracepoint.tp_name = addr;
		info->raw_tracepoint.tp_name_len = need;
	}
	return addr ? put_string(c, addr, room, name) : 0;
}

static int link_info(struct call *c, struct link *l)
{
	struct info_call i = { .c = c };
	struct abi_link_info info, in;
	char name[256];
	u32 need = 0;
	int err = 0;

	TRY(info_read(&i, &in, sizeof(in)));
	memset(&info, 0, sizeof(info));
	info.type = l->type;
	info.id = l->obj.id;
	pthread_mutex_lock(&l->lock);
	info.prog_id = l->prog ? l->prog->obj.id : 0;
	pthread_mutex_unlock(&l->lock);
	if (l->ops->info)
		need = l->ops->info(l, &info, name, sizeof(name));
	if (need)
		err = put_link_name(c, &info, &in, name, need);
	if (err && err != -ENOSPC)
		return err;
	return info_write(&i, &info) ?: err;
}

static int object_info(struct call *c, struct object *o)
{
	switch (o->kind) {
	case OBJECT_PROG: return prog_info(c, (struct skep_prog *)o);
	case OBJECT_MAP: return map_info(c, (struct skep_map *)o);
	case OBJECT_BTF: return btf_info(c, (struct btf *)o);
	case OBJECT_LINK: return link_info(c, (struct link *)o);
	default: return -EINVAL;
	}
}

long sys_obj_get_info(struct call *c)
{
	struct object *o;
	int err;

	err = client_object(c->client, (int)c->attr.info.bpf_fd, OBJECT_NONE, NULL, &o);
	if (err)
		return err == -EBADF ? -EBADFD : err; /* this command alone says it so */
	err = object_info(c, o);
	object_unref(o);
	return err;
}
