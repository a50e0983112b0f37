/* The element commands of maps: lookup, update, delete, next key, lookup-and-delete, freeze.
 * Values of types that hold objects (prog arrays …) are descriptors when written, ids when read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "btf/record.h"
#include "syscall/map_elem.h"
#include "syscall/struct_ops.h"
#include "syscall/sys.h"

#define ELEM_LOCAL 128 /* keys and values up to this size need no allocation */

/* Memory for a key or value: small ones on the stack. */
struct elem {
	void *p;
	u64 local[ELEM_LOCAL / 8];
};

static int elem_init(struct elem *e, size_t size)
{
	e->p = size <= sizeof(e->local) ? e->local : malloc(size);
	return e->p ? 0 : -ENOMEM;
}

static void elem_done(struct elem *e)
{
	if (e->p != e->local)
		free(e->p);
}

/* The map, a copy of the key and room for a value: what most commands need. */
struct op {
	struct call *c;
	struct skep_map *map;
	int access;
	bool has_key;
	struct elem key, value;
	u32 value_size;
};

static void op_done(struct op *op)
{
	elem_done(&op->key);
	elem_done(&op->value);
	map_unref(op->map);
}

static int op_init(struct op *op, struct call *c)
{
	op->c = c;
	op->has_key = false;
	op->key.p = op->key.local;
	op->value.p = op->value.local;
	op->map = NULL;
	TRY(call_map(c, c->attr.map_elem.map_fd, &op->access, &op->map));
	op->value_size = map_user_value_size(op->map);
	return 0;
}

/* Maps without keys (queues) want a null pointer. */
static int op_key(struct op *op)
{
	u64 addr = op->c->attr.map_elem.key;

	if (!op->map->key_size)
		return addr ? -EINVAL : 0;
	op->has_key = true;
	TRY(elem_init(&op->key, op->map->key_size));
	return client_read(op->c->client, op->key.p, addr, op->map->key_size);
}

/* Keys that are descriptors become what they refer to. */
static int op_owner(struct op *op)
{
	int fd, own, err;
	u64 id;

	if (!op->map->type->owner)
		return 0;
	memcpy(&fd, op->key.p, sizeof(fd));
	own = op->c->client->ops->fd_get(op->c->client, fd);
	if (own < 0)
		return -EBADF;
	err = owner_of_fd(op->map->rt, op->map->type->owner, own, &id);
	close(own);
	if (!err)
		memcpy(op->key.p, &id, sizeof(id)); /* there is room: ELEM_LOCAL */
	return err;
}

/* In one go, where the client can. */
static int op_key_and_value(struct op *op)
{
	const struct attr_map_elem *a = &op->c->attr.map_elem;
	struct client_piece v[] = { { NULL, a->key, op->map->key_size },
				    { NULL, a->value, op->value_size } };

	if (!op->map->key_size && a->key)
		return -EINVAL;
	op->has_key = op->map->key_size;
	TRY(elem_init(&op->key, op->map->key_size));
	TRY(elem_init(&op->value, op->value_size));
	v[0].dst = op->key.p;
	v[1].dst = op->value.p;
	return client_read_pieces(op->c->client, v, 2);
}

static int op_check_lock(const struct op *op)
{
	if ((op->c->attr.map_elem.flags & BPF_F_LOCK) && op->map->spin_lock_off < 0)
		return fail(-EINVAL, "BPF_F_LOCK: the map's values have no bpf_spin_lock");
	return 0;
}

static const void *op_key_ptr(const struct op *op)
{
	return op->has_key ? op->key.p : NULL;
}

int map_lookup_any(struct skep_map *m, const void *key, void *value, u64 flags)
{
	if (m->type->holds == OBJECT_NONE)
		return map_sys_lookup(m, key, value, flags);
	return m->type->get_object_id ? m->type->get_object_id(m, key, value) : -ENOTSUPP;
}

/* Linux looks at the index before it looks at the descriptor. */
static int check_index(const struct skep_map *m, const void *key)
{
	u32 i;

	if (!m->type->indexed)
		return 0;
	memcpy(&i, key, sizeof(i));
	return i < m->max_entries ? 0 : -E2BIG;
}

/* value: a descriptor of the client's. */
static int store_object(struct skep_client *c, struct skep_map *m, const void *key, u32 fd,
			u64 flags)
{
	struct object *o;
	int err;

	if (flags != BPF_ANY && m->type->indexed)
		return -EINVAL;
	TRY(check_index(m, key));
	TRY(client_object(c, (int)fd, m->type->holds, NULL, &o));
	err = m->type->may_hold ? m->type->may_hold(m, o) : 0;
	if (!err)
		err = m->type->set_object(m, key, o, flags); /* our reference moves in */
	if (err)
		object_unref(o);
	return err;
}

int map_update_any(struct skep_client *c, struct skep_map *m, const void *key, const void *value,
		   u64 flags)
{
	u32 fd;

	if (struct_ops_of(m))
		return struct_ops_update(c, m, key, value, flags);
	if (m->type->holds == OBJECT_NONE)
		return map_sys_update(m, key, value, flags);
	memcpy(&fd, value, sizeof(fd));
	return store_object(c, m, key, fd, flags);
}

int map_delete_any(struct skep_map *m, const void *key)
{
	if (m->type->holds == OBJECT_NONE)
		return map_sys_delete(m, key);
	return m->type->set_object(m, key, NULL, 0);
}

bool map_write_begin(struct skep_map *m)
{
	/* seq_cst pairs with freeze: either it sees this writer or the writer sees it frozen. */
	atomic_fetch_add(&m->writers, 1);
	if (!atomic_load(&m->frozen))
		return true;
	map_write_end(m);
	return false;
}

void map_write_end(struct skep_map *m)
{
	atomic_fetch_sub(&m->writers, 1);
}

static int lookup(struct op *op)
{
	const struct attr_map_elem *a = &op->c->attr.map_elem;

	if (!can_read(op->access))
		return -EPERM;
	TRY(op_check_lock(op));
	TRY(op_key(op));
	TRY(op_owner(op));
	TRY(elem_init(&op->value, op->value_size));
	if (op->map->type->peek_asks) {
		TRY(client_read(op->c->client, op->value.p, a->value, op->value_size));
		return map_lookup_any(op->map, op_key_ptr(op), op->value.p, a->flags);
	}
	TRY(map_lookup_any(op->map, op_key_ptr(op), op->value.p, a->flags));
	return client_write(op->c->client, a->value, op->value.p, op->value_size);
}

static int update(struct op *op)
{
	const struct attr_map_elem *a = &op->c->attr.map_elem;

	TRY(op_check_lock(op));
	TRY(op_key_and_value(op));
	TRY(op_owner(op));
	return map_update_any(op->c->client, op->map, op_key_ptr(op), op->value.p, a->flags);
}

static int delete (struct op *op)
{
	TRY(op_key(op));
	TRY(op_owner(op));
	if (struct_ops_of(op->map))
		return struct_ops_delete(op->c->skep, op->map, op_key_ptr(op));
	return map_delete_any(op->map, op_key_ptr(op));
}

static int lookup_delete(struct op *op)
{
	const struct attr_map_elem *a = &op->c->attr.map_elem;
	int err;

	if (a->flags && op->map->type->pop)
		return -EINVAL;
	TRY(op_check_lock(op));
	TRY(op_key(op));
	TRY(elem_init(&op->value, op->value_size));
	if (op->map->type->pop)
		err = op->map->type->pop(op->map, op->value.p);
	else
		err = map_sys_lookup_delete(op->map, op_key_ptr(op), op->value.p, a->flags);
	return err ?: client_write(op->c->client, a->value, op->value.p, op->value_size);
}

static int next_key(struct op *op)
{
	const struct attr_map_elem *a = &op->c->attr.map_elem;

	if (!can_read(op->access))
		return -EPERM;
	if (a->key)
		TRY(op_key(op));
	TRY(elem_init(&op->value, op->map->key_size));
	TRY(map_sys_next_key(op->map, op_key_ptr(op), op->value.p));
	return client_write(op->c->client, a->next_key, op->value.p, op->map->key_size);
}

static long run_op(struct call *c, int (*fn)(struct op *))
{
	struct op op;
	int err = op_init(&op, c);

	if (!err)
		err = fn(&op);
	op_done(&op);
	return err;
}

/* As run_op(), for commands that change the map: not a read-only file, not a frozen map. */
static long run_write_op(struct call *c, int (*fn)(struct op *), bool also_read)
{
	struct op op;
	int err = op_init(&op, c);

	if (!err && (!can_write(op.access) || (also_read && !can_read(op.access))))
		err = -EPERM;
	if (!err && !map_write_begin(op.map))
		err = -EPERM;
	if (!err) {
		err = fn(&op);
		map_write_end(op.map);
	}
	op_done(&op);
	return err;
}

long sys_map_lookup(struct call *c)
{
	return c->attr.map_elem.flags & ~(u64)BPF_F_LOCK ? -EINVAL : run_op(c, lookup);
}

long sys_map_update(struct call *c)
{
	return run_write_op(c, update, false);
}

long sys_map_delete(struct call *c)
{
	return run_write_op(c, delete, false);
}

long sys_map_lookup_delete(struct call *c)
{
	if (c->attr.map_elem.flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	return run_write_op(c, lookup_delete, true);
}

long sys_map_next_key(struct call *c)
{
	return run_op(c, next_key);
}

static int freeze(struct op *op)
{
	struct object *o = &op->map->obj;
	struct file_id file = { o->dev, o->ino };

	if (record_has(op->map->record, FIELD_ASYNC))
		return -ENOTSUPP;
	if (!can_write(op->access) || atomic_load(&op->map->frozen))
		return -EPERM;
	if (op->map->type->user_mmap && op->c->client->ops->maps_writable(op->c->client, &file))
		return fail(-EBUSY, "freeze: the client has the map mapped writable");
	return map_freeze(op->map);
}

long sys_map_freeze(struct call *c)
{
	return run_op(c, freeze);
}
