/* BPF_MAP_TYPE_PERF_EVENT_ARRAY: perf events that programs write samples to, usually one per CPU.
 *
 * Invariant: a slot holds a reference; what it held is released only after every program that could
 * still be writing to it has ended. Without BPF_F_PRESERVE_ELEMS the events go when the last file of
 * the map does. */
#include "map/map.h"
#include "map/array.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"

struct perf_event_array {
	pthread_mutex_t lock; /* updates among each other */
	struct perf_event *_Atomic slot[];
};

static int perf_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || a->key_size != 4 || a->value_size != 4)
		return fail(-EINVAL, "perf_event_array: key and value have 4 bytes, not %u and %u",
			    a->key_size, a->value_size);
	return 0;
}

static int perf_init(struct skep_map *m, const struct map_attr *a)
{
	struct perf_event_array *p = calloc(1, sizeof(*p) + (u64)m->max_entries * sizeof(void *));

	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	m->priv = p;
	return 0;
}

static struct perf_event *exchange(struct skep_map *m, u32 i, struct perf_event *new)
{
	struct perf_event_array *p = m->priv;
	struct perf_event *old;

	pthread_mutex_lock(&p->lock);
	old = atomic_exchange(&p->slot[i], new);
	pthread_mutex_unlock(&p->lock);
	return old;
}

static int perf_set(struct skep_map *m, const void *key, struct object *o, u64 flags)
{
	u32 i = index_of_key(key);
	struct perf_event *old;

	if (flags)
		return -EINVAL;
	if (i >= m->max_entries)
		return -E2BIG;
	old = exchange(m, i, o ? container_of(o, struct perf_event, obj) : NULL);
	if (!old)
		return o ? 0 : -ENOENT;
	runtime_synchronize(m->rt);
	object_unref(&old->obj);
	return 0;
}

static int perf_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return run ? -EINVAL : perf_set(m, key, NULL, 0); /* programs may not: we would wait */
}

static void perf_release(struct skep_map *m)
{
	struct perf_event_array *p = m->priv;

	if (m->flags & BPF_F_PRESERVE_ELEMS)
		return;
	for (u32 i = 0; i < m->max_entries; i++)
		if (atomic_load(&p->slot[i]))
			perf_set(m, &i, NULL, 0);
}

static void perf_done(struct skep_map *m)
{
	struct perf_event_array *p = m->priv;

	if (!p)
		return;
	for (u32 i = 0; i < m->max_entries; i++) {
		struct perf_event *e = atomic_load_explicit(&p->slot[i], memory_order_relaxed);

		if (e)
			object_unref(&e->obj);
	}
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int perf_event_array_output(struct skep_map *m, u64 flags, const void *a, u32 a_len, const void *b,
			    u32 b_len, struct skep_run *run)
{
	struct perf_event_array *p = m->priv;
	u64 i = flags & BPF_F_INDEX_MASK;
	struct perf_event *e;

	if (flags & ~(u64)(BPF_F_INDEX_MASK | BPF_F_CTXLEN_MASK))
		return -EINVAL;
	if (i == BPF_F_CURRENT_CPU)
		i = run->cpu;
	if (i >= m->max_entries)
		return -E2BIG;
	e = atomic_load_explicit(&p->slot[i], memory_order_acquire);
	if (!e)
		return -ENOENT;
	if (e->cpu != run->cpu)
		return -EOPNOTSUPP;
	return e->output(e, a, a_len, b, b_len, run);
}

static u64 perf_memory(const struct skep_map *m)
{
	return sizeof(struct perf_event_array) + (u64)m->max_entries * sizeof(void *);
}

static const u32 perf_helpers[] = {
	BPF_FUNC_perf_event_read, BPF_FUNC_perf_event_output, BPF_FUNC_perf_event_read_value,
	BPF_FUNC_skb_output,	  BPF_FUNC_xdp_output,	      0,
};

const struct skep_map_type map_perf_event_array = {
	.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	.name = "perf_event_array",
	.kernel_struct = "bpf_array",
	.describe = array_describe,
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PRESERVE_ELEMS,
	.holds = OBJECT_PERF,
	.no_btf = true,
	.helpers = perf_helpers,
	.indexed = true,
	.check_attr = perf_check_attr,
	.init = perf_init,
	.done = perf_done,
	.remove = perf_remove,
	.next_key = index_next_key,
	.set_object = perf_set,
	.memory = perf_memory,
	.release_objects = perf_release,
};
