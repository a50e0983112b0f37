/* See local.h. */
#include "map/local.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/spin.h"

struct header { /* before each object; programs cannot reach it */
	struct local_pool *pool;
	struct header *next; /* free, or waiting to be freed */
};

#define CHUNK (64u << 10)

struct chunk {
	struct segment seg;
	struct chunk *next;
};

struct local_pool {
	struct runtime *rt;
	struct btf *btf;
	u32 id, size; /* of an object, or of one for every CPU */
	bool per_cpu;
	const struct btf_record *record;
	_Atomic u32 lock; /* free, chunks */
	struct header *free;
	struct chunk *chunks;
	struct local_pool *next;
};

int local_pool_find(struct runtime *rt, struct btf *btf, u32 id, bool per_cpu,
		    struct local_pool **out)
{
	struct local_pool *p;

	pthread_mutex_lock(&rt->pools_lock);
	for (p = rt->pools; p && (p->btf != btf || p->id != id || p->per_cpu != per_cpu);
	     p = p->next)
		;
	if (!p && (p = calloc(1, sizeof(*p)))) {
		*p = (struct local_pool){ .rt = rt,
					  .btf = btf,
					  .id = id,
					  .per_cpu = per_cpu,
					  .size = local_cpu_stride(btf_type(btf, id)->size) *
						  (per_cpu ? rt->nr_cpus : 1),
					  .record = btf_record_of(btf, id),
					  .next = rt->pools };
		btf_ref(btf);
		rt->pools = p;
	}
	pthread_mutex_unlock(&rt->pools_lock);
	*out = p;
	return p ? 0 : -ENOMEM;
}

void local_pools_free(struct runtime *rt)
{
	while (rt->pools) {
		struct local_pool *p = rt->pools;

		rt->pools = p->next;
		while (p->chunks) {
			struct chunk *c = p->chunks;

			p->chunks = c->next;
			segment_free(&c->seg);
			free(c);
		}
		btf_unref(p->btf);
		free(p);
	}
}

/* With the lock held. */
static void add_chunk(struct local_pool *p)
{
	u64 stride = sizeof(struct header) + p->size, n = MAX(CHUNK / stride, 1ull);
	struct chunk *c = calloc(1, sizeof(*c));

	if (!c || segment_new(p->rt->va, n * stride, "bpf-objects", &c->seg)) {
		free(c);
		return;
	}
	c->next = p->chunks;
	p->chunks = c;
	for (u64 i = n; i-- > 0;) {
		struct header *h = (void *)((char *)c->seg.base + i * stride);

		h->pool = p;
		h->next = p->free;
		p->free = h;
	}
}

static _Atomic u32 *refcount(const struct btf_record *r, void *object)
{
	return (_Atomic u32 *)(void *)((char *)object + r->refcount_off);
}

void *local_new(struct local_pool *p)
{
	struct header *h;

	spin_lock(&p->lock);
	if (!p->free)
		add_chunk(p);
	h = p->free;
	if (h)
		p->free = h->next;
	spin_unlock(&p->lock);
	if (!h)
		return NULL;
	memset(h + 1, 0, p->size);
	if (record_has(p->record, FIELD_REFCOUNT))
		atomic_store(refcount(p->record, h + 1), 1);
	return h + 1;
}

bool local_ref(void *object)
{
	const struct local_pool *p = ((struct header *)object)[-1].pool;
	_Atomic u32 *n = refcount(p->record, object);
	u32 old = atomic_load(n);

	while (old)
		if (atomic_compare_exchange_weak(n, &old, old + 1))
			return true;
	return false;
}

static void put(void *object, struct header **todo)
{
	struct header *h = (struct header *)object - 1;
	const struct btf_record *r = h->pool->record;

	if (record_has(r, FIELD_REFCOUNT) && atomic_fetch_sub(refcount(r, object), 1) != 1)
		return;
	h->next = *todo;
	*todo = h;
}

static void free_pointer(const struct btf_field *f, void *at, struct header **todo)
{
	void *object = (void *)(uintptr_t)atomic_exchange((_Atomic u64 *)at, 0);

	if (object && !f->kernel)
		put(object, todo);
}

static void free_field(const struct btf_record *r, const struct btf_field *f, void *value,
		       struct header **todo)
{
	void *at = (char *)value + f->off, *node;
	_Atomic u32 *lock = NULL;

	switch (f->kind) {
	case FIELD_KPTR_REF:
	case FIELD_KPTR_PERCPU: free_pointer(f, at, todo); return;
	case FIELD_LIST_HEAD:
	case FIELD_RB_ROOT: break;
	default: return;
	}
	if (r->spin_lock_off >= 0 || r->res_spin_lock_off >= 0)
		lock = (_Atomic u32 *)(void *)((char *)value +
					       MAX(r->spin_lock_off, r->res_spin_lock_off));
	for (;;) {
		if (lock)
			spin_lock(lock);
		node = f->kind == FIELD_LIST_HEAD ? list_pop(at, false)
						  : tree_remove(at, tree_first(at));
		if (lock)
			spin_unlock(lock);
		if (!node)
			return;
		put((char *)node - f->node_off, todo);
	}
}

static void free_fields(const struct btf_record *r, void *value, struct header **todo)
{
	for (u32 n = 0; r && n < r->nr; n++)
		free_field(r, &r->field[n], value, todo);
}

/* Without recursion: a chain of objects may be as long as memory is. */
static void free_all(struct header *todo)
{
	while (todo) {
		struct header *h = todo;

		todo = h->next;
		free_fields(h->pool->record, h + 1, &todo);
		spin_lock(&h->pool->lock);
		h->next = h->pool->free;
		h->pool->free = h;
		spin_unlock(&h->pool->lock);
	}
}

void local_drop(void *object)
{
	struct header *todo = NULL;

	put(object, &todo);
	free_all(todo);
}

void fields_free(const struct btf_record *r, void *value)
{
	struct header *todo = NULL;

	free_fields(r, value, &todo);
	free_all(todo);
}
