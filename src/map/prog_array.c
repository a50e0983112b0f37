/* BPF_MAP_TYPE_PROG_ARRAY: programs to tail-call.
 *
 * Invariants: a slot holds a reference; what a slot held is released only after every program that
 * could still be jumping there has ended (runtime_synchronize). All programs that ever were in the
 * array, or were loaded to jump through it, agree with its owner, the first of them, in what their
 * engine and context need. The owner's description never changes while the map lives. */
#include "map/map.h"
#include "map/array.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "exec/prog.h"

struct owner {
	const struct skep_prog_type *type;
	u32 expected_attach_type;
	bool xdp_has_frags, jited;
};

struct prog_array {
	pthread_mutex_t lock; /* owner, and slots against each other's updates */
	bool owned;
	struct owner owner;
	struct skep_prog *_Atomic slot[];
};

static int prog_array_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || a->key_size != 4 || a->value_size != 4)
		return fail(-EINVAL, "prog_array: key and value have 4 bytes, not %u and %u",
			    a->key_size, a->value_size);
	return 0;
}

static int prog_array_init(struct skep_map *m, const struct map_attr *a)
{
	struct prog_array *p = calloc(1, sizeof(*p) + (u64)m->max_entries * sizeof(p->slot[0]));

	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	m->priv = p;
	return 0;
}

static void prog_array_done(struct skep_map *m)
{
	struct prog_array *p = m->priv;

	if (!p)
		return;
	for (u32 i = 0; i < m->max_entries; i++)
		prog_unref(atomic_load_explicit(&p->slot[i], memory_order_relaxed));
	pthread_mutex_destroy(&p->lock);
	free(p);
}

struct skep_prog *prog_array_get(struct skep_map *m, u32 index)
{
	struct prog_array *p = m->priv;

	if (index >= m->max_entries)
		return NULL;
	return atomic_load_explicit(&p->slot[index], memory_order_acquire);
}

static struct owner describe(const struct skep_prog *prog)
{
	return (struct owner){
		.type = prog->type,
		.expected_attach_type = prog->expected_attach_type,
		.xdp_has_frags = prog->flags & BPF_F_XDP_HAS_FRAGS,
		.jited = prog->engine && prog->engine->is_jit,
	};
}

static int prog_array_may_hold(struct skep_map *m, struct object *o)
{
	struct prog_array *p = m->priv;
	struct owner d = describe(container_of(o, struct skep_prog, obj));
	bool same;

	pthread_mutex_lock(&p->lock);
	if (!p->owned) {
		p->owned = true;
		p->owner = d;
	}
	same = p->owner.type == d.type && p->owner.expected_attach_type == d.expected_attach_type &&
	       p->owner.xdp_has_frags == d.xdp_has_frags;
	pthread_mutex_unlock(&p->lock);
	return same ? 0 : fail(-EINVAL, "prog_array: the program is unlike those it was made for");
}

static int set_slot(struct skep_map *m, u32 index, struct skep_prog *new)
{
	struct prog_array *p = m->priv;
	struct skep_prog *old;

	pthread_mutex_lock(&p->lock); /* get_id may be looking at the old one */
	old = atomic_exchange(&p->slot[index], new);
	pthread_mutex_unlock(&p->lock);
	if (!old)
		return new ? 0 : -ENOENT;
	runtime_synchronize(m->rt);
	prog_unref(old);
	return 0;
}

static int prog_array_set(struct skep_map *m, const void *key, struct object *o, u64 flags)
{
	if (flags)
		return -EINVAL;
	if (index_of_key(key) >= m->max_entries)
		return -E2BIG;
	if (!o)
		return set_slot(m, index_of_key(key), NULL);
	TRY(prog_array_may_hold(m, o));
	return set_slot(m, index_of_key(key), container_of(o, struct skep_prog, obj));
}

static int prog_array_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return run ? -EINVAL
		   : prog_array_set(m, key, NULL, 0); /* programs may not: we would wait */
}

static int prog_array_get_id(struct skep_map *m, const void *key, u32 *id)
{
	struct prog_array *p = m->priv;
	u32 i = index_of_key(key);
	struct skep_prog *prog;

	if (i >= m->max_entries)
		return -ENOENT;
	/* We are not inside a run: the lock is what keeps it from being released. */
	pthread_mutex_lock(&p->lock);
	prog = atomic_load_explicit(&p->slot[i], memory_order_acquire);
	*id = prog ? prog->obj.id : 0;
	pthread_mutex_unlock(&p->lock);
	return prog ? 0 : -ENOENT;
}

static void prog_array_release(struct skep_map *m)
{
	for (u32 i = 0; i < m->max_entries; i++)
		if (prog_array_get(m, i))
			set_slot(m, i, NULL);
}

static u64 prog_array_memory(const struct skep_map *m)
{
	return sizeof(struct prog_array) + (u64)m->max_entries * sizeof(void *);
}

static void prog_array_fdinfo(struct skep_map *m, struct buf *out)
{
	struct prog_array *p = m->priv;

	pthread_mutex_lock(&p->lock);
	if (p->owned)
		buf_printf(out, "owner_prog_type:\t%u\nowner_jited:\t%u\n", p->owner.type->type,
			   p->owner.jited);
	pthread_mutex_unlock(&p->lock);
}

static const u32 prog_array_helpers[] = { BPF_FUNC_tail_call, 0 };

/* A slot is loaded as one word; what it points to stays while the run lasts. */
static void prog_array_layout(const struct skep_map *m, struct map_layout *out)
{
	const struct prog_array *p = m->priv;

	out->kind = MAP_PROGS;
	out->base = (uintptr_t)p->slot;
	out->stride = sizeof(p->slot[0]);
}

const struct skep_map_type map_prog_array = {
	.type = BPF_MAP_TYPE_PROG_ARRAY,
	.name = "prog_array",
	.kernel_struct = "bpf_array",
	.describe = array_describe,
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY,
	.holds = OBJECT_PROG,
	.no_inner = true,
	.helpers = prog_array_helpers,
	.indexed = true,
	.check_attr = prog_array_check_attr,
	.init = prog_array_init,
	.done = prog_array_done,
	.remove = prog_array_remove,
	.next_key = index_next_key,
	.set_object = prog_array_set,
	.get_object_id = prog_array_get_id,
	.layout = prog_array_layout,
	.may_hold = prog_array_may_hold,
	.memory = prog_array_memory,
	.fdinfo = prog_array_fdinfo,
	.release_objects = prog_array_release,
};
