/* BPF_MAP_TYPE_QUEUE and BPF_MAP_TYPE_STACK: values without keys, in a ring of max_entries places.
 *
 * Invariant: count values lie in the ring from `oldest` on, at most max_entries; place i is at
 * seg.base + i * value_stride. A queue gives the oldest first, a stack the newest.
 * Locking: the lock guards all of it and is held for one copy. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/spin.h"
#include "map/map.h"

#define MAX_VALUE ((u32)1 << 22) /* Linux: one kmalloc() */

struct ring {
	_Atomic u32 lock;
	u32 oldest, count;
};

static int ring_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || a->key_size || !a->value_size)
		return fail(-EINVAL,
			    "queue, stack: key size %u (must be 0), value size %u, %u entries",
			    a->key_size, a->value_size, a->max_entries);
	return a->value_size > MAX_VALUE ? -E2BIG : 0;
}

static int ring_init(struct skep_map *m, const struct map_attr *a)
{
	m->priv = calloc(1, sizeof(struct ring));
	if (!m->priv)
		return -ENOMEM;
	return segment_new(m->rt->va, (u64)m->max_entries * m->value_stride, "bpf-map", &m->seg);
}

static void ring_done(struct skep_map *m)
{
	free(m->priv);
}

/* The n-th value from the oldest on; n <= max_entries. */
static void *ring_at(const struct skep_map *m, const struct ring *r, u32 n)
{
	u64 i = (u64)r->oldest + n;

	return (char *)m->seg.base +
	       (i < m->max_entries ? i : i - m->max_entries) * m->value_stride;
}

/* The value to make room for a new one is the oldest, in a stack too. */
static void drop_oldest(const struct skep_map *m, struct ring *r)
{
	r->oldest = r->oldest + 1 == m->max_entries ? 0 : r->oldest + 1;
	r->count--;
}

static int ring_push(struct skep_map *m, const void *value, u64 flags)
{
	struct ring *r = m->priv;
	int err = 0;

	if (flags != BPF_ANY && flags != BPF_EXIST)
		return -EINVAL;
	spin_lock(&r->lock);
	if (r->count == m->max_entries && flags == BPF_EXIST)
		drop_oldest(m, r);
	if (r->count == m->max_entries)
		err = -E2BIG;
	else
		memcpy(ring_at(m, r, r->count++), value, m->value_size);
	spin_unlock(&r->lock);
	return err;
}

/* In an empty map the caller's memory becomes zero, as in Linux: programs may read it afterwards. */
static int ring_take(struct skep_map *m, void *value, bool newest, bool remove)
{
	struct ring *r = m->priv;
	int err = 0;

	spin_lock(&r->lock);
	if (!r->count) {
		memset(value, 0, m->value_size);
		err = -ENOENT;
	} else {
		memcpy(value, ring_at(m, r, newest ? r->count - 1 : 0), m->value_size);
		if (remove && newest)
			r->count--;
		else if (remove)
			drop_oldest(m, r);
	}
	spin_unlock(&r->lock);
	return err;
}

static int queue_pop(struct skep_map *m, void *value)
{
	return ring_take(m, value, false, true);
}

static int queue_peek(struct skep_map *m, void *value)
{
	return ring_take(m, value, false, false);
}

static int stack_pop(struct skep_map *m, void *value)
{
	return ring_take(m, value, true, true);
}

static int stack_peek(struct skep_map *m, void *value)
{
	return ring_take(m, value, true, false);
}

static int ring_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return -EINVAL;
}

static int ring_next_key(struct skep_map *m, const void *key, void *next)
{
	return -EINVAL;
}

static u64 ring_memory(const struct skep_map *m)
{
	return sizeof(struct ring);
}

static const u32 ring_helpers[] = { BPF_FUNC_map_push_elem, BPF_FUNC_map_pop_elem,
				    BPF_FUNC_map_peek_elem, 0 };

#define RING_FLAGS                                                                                 \
	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

const struct skep_map_type map_queue = {
	.type = BPF_MAP_TYPE_QUEUE,
	.name = "queue",
	.kernel_struct = "bpf_queue_stack",
	.flags = RING_FLAGS,
	.helpers = ring_helpers,
	.check_attr = ring_check_attr,
	.init = ring_init,
	.done = ring_done,
	.remove = ring_remove,
	.next_key = ring_next_key,
	.push = ring_push,
	.pop = queue_pop,
	.peek = queue_peek,
	.memory = ring_memory,
};

const struct skep_map_type map_stack = {
	.type = BPF_MAP_TYPE_STACK,
	.name = "stack",
	.kernel_struct = "bpf_queue_stack",
	.flags = RING_FLAGS,
	.helpers = ring_helpers,
	.check_attr = ring_check_attr,
	.init = ring_init,
	.done = ring_done,
	.remove = ring_remove,
	.next_key = ring_next_key,
	.push = ring_push,
	.pop = stack_pop,
	.peek = stack_peek,
	.memory = ring_memory,
};
