/* Hash table: changing, walking. The design and its proof are in htab.h. */
#include "map/htab_find.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/err.h"
#include "btf/image.h"

#define MAX_BUCKETS ((u64)1 << 27)
#define MAX_ELEMENT ((u64)1 << 22) /* Linux: one kmalloc() */
#define KERNEL_ELEM 48		   /* bytes that Linux's limit counts beside key and value */

/* --- buckets --- */

u64 bucket_lock(_Atomic u64 *b)
{
	for (u32 spins = 1;; spins++) {
		u64 w = atomic_load_explicit(b, memory_order_relaxed);

		if (!(w & BUCKET_LOCK) &&
		    atomic_compare_exchange_weak_explicit(
			    b, &w, w | BUCKET_LOCK, memory_order_acquire, memory_order_relaxed))
			return w;
		/* Held for a few dozen instructions, unless its holder lost the processor. */
		if (spins % 128 == 0)
			sched_yield();
	}
}

/* Change what leads to the chain behind prev, and unlock. */
static void relink_unlock(struct htab *h, _Atomic u64 *b, u64 word, u32 prev, u32 to)
{
	if (!prev) {
		bucket_unlock(b, bucket_word(to, word, BUCKET_VERSION));
		return;
	}
	atomic_store_explicit(&htab_elem(h, prev)->next, to, memory_order_release);
	bucket_unlock(b, bucket_word(bucket_head(word), word, BUCKET_VERSION));
}

void bucket_unlink_unlock(struct htab *h, _Atomic u64 *b, u64 word, u32 prev, const struct elem *e)
{
	relink_unlock(h, b, word, prev, atomic_load_explicit(&e->next, memory_order_relaxed));
}

/* --- lives --- */

/* Write a key into an element that nobody can find. */
static void life_begin(struct htab *h, struct elem *e, const void *key, u32 hash)
{
	_Atomic u64 *k = elem_key(h, e);
	u32 life = atomic_load_explicit(&e->life, memory_order_relaxed);

	atomic_store_explicit(&e->life, life + 1, memory_order_relaxed);
	atomic_store_explicit(&e->hash, hash, memory_order_release);
	atomic_store_explicit(&k[0], key_first_word(h, key), memory_order_release);
	for (u32 i = 1; i < h->key_words; i++)
		atomic_store_explicit(&k[i], key_word(h, key, i), memory_order_release);
}

/* Link it where prev leads (in place of an old element, whose next is given) or at the head. Must be
 * the last store before the one that links it. */
static void life_ready(struct elem *e, u32 next)
{
	u32 life = atomic_load_explicit(&e->life, memory_order_relaxed);

	atomic_store_explicit(&e->next, next, memory_order_release);
	atomic_store_explicit(&e->life, life + 1, memory_order_release);
}

/* A life that nobody saw is over: nothing to undo but the odd number. */
static void life_cancel(struct elem *e)
{
	life_ready(e, atomic_load_explicit(&e->next, memory_order_relaxed));
}

/* --- changing --- */

/* An element has left its bucket: what its values own goes. */
void htab_free_values(struct skep_map *m, u32 i)
{
	struct htab *h = m->priv;

	if (likely(!m->record))
		return;
	for (u32 cpu = 0; h->per_cpu && cpu < h->cells.nr_cpus; cpu++)
		map_value_free(m, cell(&h->cells, i, cpu));
	if (!h->per_cpu)
		map_value_free(m, elem_value(h, htab_elem(h, i)));
}

/* The slot whose free stack and spare this caller may use. The syscall layer shares the last. */
static u32 writer_slot(struct htab *h, struct skep_run *run)
{
	if (run)
		return run->cpu;
	pthread_mutex_lock(&h->sys_lock);
	return h->nr_slots - 1;
}

static void writer_done(struct htab *h, struct skep_run *run)
{
	if (!run)
		pthread_mutex_unlock(&h->sys_lock);
}

static int check_exists(bool exists, u64 flags)
{
	if (exists && (flags & BPF_NOEXIST))
		return -EEXIST;
	return !exists && (flags & BPF_EXIST) ? -ENOENT : 0;
}

/* In the locked bucket: write into the existing value, which stays where it is. */
static void update_in_place(struct skep_map *m, struct elem *e, const void *value)
{
	void *v = elem_value(m->priv, e);

	map_lock_value(m, v);
	map_value_in(m, v, value);
	map_unlock_value(m, v);
}

/* Put the spare in the place of `old` (or at the head, for a new key); the slot gets another spare.
 * 1: no free element, the bucket is unlocked, evict and try again. */
static int link_spare(struct htab *h, u32 slot, _Atomic u64 *b, u64 word, u32 prev, u32 old)
{
	u32 n = h->spare[slot];
	struct elem *new = htab_elem(h, n);
	u32 got;

	if (old) {
		h->spare[slot] = old;
		if (h->lru) /* a write to what is there is a use */
			atomic_store_explicit(&new->referenced, 1, memory_order_relaxed);
		life_ready(new,
			   atomic_load_explicit(&htab_elem(h, old)->next, memory_order_relaxed));
		relink_unlock(h, b, word, prev, n);
		return 0;
	}
	got = htab_alloc(h, slot);
	if (!got) {
		bucket_unlock(b, word);
		return h->lru ? 1 : -E2BIG;
	}
	h->spare[slot] = got;
	if (h->lru)
		atomic_store_explicit(&new->referenced, 0, memory_order_relaxed);
	life_ready(new, bucket_head(word));
	bucket_unlock(b, bucket_word(n, word, 0));
	return 0;
}

/* The spare holds key and value; find its place. */
static int try_insert(struct skep_map *m, u32 slot, u32 hash, const void *key, const void *value,
		      u64 flags)
{
	struct htab *h = m->priv;
	_Atomic u64 *b = htab_bucket(h, hash);
	u64 word = bucket_lock(b);
	u32 prev, old = chain_find(h, word, hash, key, &prev);
	int err = check_exists(old, flags);

	if (!err && old && (flags & BPF_F_LOCK)) {
		update_in_place(m, htab_elem(h, old), value);
		err = 2; /* done, the spare was not needed */
	}
	if (err) {
		bucket_unlock(b, word);
		return err;
	}
	return link_spare(h, slot, b, word, prev, old);
}

/* A full LRU map: make room. If all elements are in other writers' hands, they will link them. */
static void make_room(struct skep_map *m, u32 slot)
{
	struct htab *h = m->priv;
	u32 i = htab_evict(h);

	if (!i) {
		sched_yield();
		return;
	}
	htab_free_values(m, i);
	htab_release(h, slot, i);
}

int htab_update(struct skep_map *m, const void *key, const void *value, u64 flags,
		struct skep_run *run)
{
	struct htab *h = m->priv;
	u32 hash = hash_key(h, key), slot;
	struct elem *new;
	int err;

	TRY(map_check_update_flags(m, flags));
	slot = writer_slot(h, run);
	new = htab_elem(h, h->spare[slot]);
	life_begin(h, new, key, hash);
	map_value_in(m, elem_value(h, new), value);
	map_value_init(m, elem_value(h, new));
	while ((err = try_insert(m, slot, hash, key, value, flags)) == 1)
		make_room(m, slot);
	if (err)
		life_cancel(new);
	else /* the value that was replaced is the spare now */
		map_value_free(m, elem_value(h, htab_elem(h, h->spare[slot])));
	writer_done(h, run);
	return err < 0 ? err : 0;
}

/* One cell and zero for the others, or all of them. */
static void fill_new_cells(struct skep_map *m, u32 i, const void *value, struct skep_run *run)
{
	struct htab *h = m->priv;

	for (u32 cpu = 0; m->record && cpu < h->cells.nr_cpus; cpu++)
		map_value_init(m, cell(&h->cells, i, cpu));
	if (!run) {
		cells_in(m, &h->cells, i, value);
		return;
	}
	for (u32 cpu = 0; cpu < h->cells.nr_cpus; cpu++)
		if (cpu != run->cpu)
			copy_zero(cell(&h->cells, i, cpu), h->cells.stride);
	map_value_in(m, cell(&h->cells, i, run->cpu), value);
}

/* A key of a per-CPU map that is there: its cells are written in place. */
static void write_cells(struct skep_map *m, u32 i, const void *value, struct skep_run *run)
{
	struct htab *h = m->priv;

	if (run)
		map_value_in(m, cell(&h->cells, i, run->cpu), value);
	else
		cells_in(m, &h->cells, i, value);
	if (h->lru)
		mark_used(htab_elem(h, i));
}

static int percpu_insert(struct skep_map *m, u32 slot, u32 hash, const void *key, const void *value,
			 u64 flags, struct skep_run *run)
{
	struct htab *h = m->priv;
	_Atomic u64 *b = htab_bucket(h, hash);
	u64 word = bucket_lock(b);
	u32 prev, old = chain_find(h, word, hash, key, &prev), i = 0;
	int err = check_exists(old, flags);
	struct elem *e;

	if (!err && old)
		write_cells(m, old, value, run);
	else if (!err && !(i = htab_alloc(h, slot)))
		err = h->lru ? 1 : -E2BIG;
	if (err || old) {
		bucket_unlock(b, word);
		return err;
	}
	e = htab_elem(h, i);
	life_begin(h, e, key, hash);
	fill_new_cells(m, i, value, run);
	if (h->lru)
		atomic_store_explicit(&e->referenced, 0, memory_order_relaxed);
	life_ready(e, bucket_head(word));
	bucket_unlock(b, bucket_word(i, word, 0));
	return 0;
}

int htab_percpu_update(struct skep_map *m, const void *key, const void *value, u64 flags,
		       struct skep_run *run)
{
	struct htab *h = m->priv;
	u32 hash = hash_key(h, key), slot = run ? run->cpu : h->nr_slots - 1;
	int err;

	TRY(map_check_update_flags(m, flags));
	while ((err = percpu_insert(m, slot, hash, key, value, flags, run)) == 1)
		make_room(m, slot);
	return err;
}

int htab_percpu_sys_update(struct skep_map *m, const void *key, const void *value, u64 flags)
{
	return htab_percpu_update(m, key, value, flags, NULL);
}

void htab_value_out(struct skep_map *m, struct elem *e, void *out, u64 flags)
{
	struct htab *h = m->priv;

	if (flags & BPF_F_LOCK)
		map_lock_value(m, elem_value(h, e));
	if (h->per_cpu)
		cells_out(m, &h->cells, elem_index(h, e), out);
	else
		map_value_out(m, out, elem_value(h, e));
	if (flags & BPF_F_LOCK)
		map_unlock_value(m, elem_value(h, e));
}

/* out: where the value goes first, or NULL. */
static int remove_key(struct skep_map *m, const void *key, u32 slot, void *out, u64 flags)
{
	struct htab *h = m->priv;
	u32 hash = hash_key(h, key), prev, i;
	_Atomic u64 *b = htab_bucket(h, hash);
	u64 word = bucket_lock(b);

	i = chain_find(h, word, hash, key, &prev);
	if (!i) {
		bucket_unlock(b, word);
		return -ENOENT;
	}
	if (out)
		htab_value_out(m, htab_elem(h, i), out, flags);
	bucket_unlink_unlock(h, b, word, prev, htab_elem(h, i));
	htab_free_values(m, i);
	htab_release(h, slot, i);
	return 0;
}

int htab_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	struct htab *h = m->priv;

	return remove_key(m, key, run ? run->cpu : h->nr_slots - 1, NULL, 0);
}

int htab_sys_lookup_remove(struct skep_map *m, const void *key, void *value, u64 flags)
{
	struct htab *h = m->priv;

	return remove_key(m, key, h->nr_slots - 1, value, flags);
}

/* --- reading from the syscall layer --- */

int htab_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	struct htab *h = m->priv;
	u32 hash = hash_key(h, key), life;
	struct elem *e;

	do {
		e = find(h, key, hash, &life);
		if (!e)
			return -ENOENT;
		htab_value_out(m, e, value, flags);
		/* The copy is the key's value if the element was in that life to the end. */
	} while (atomic_load_explicit(&e->life, memory_order_relaxed) != life);
	return 0;
}

/* The first key in bucket n or a later one. The lock keeps the element what it is while it is read. */
static int first_key_from(struct htab *h, u64 n, void *next)
{
	for (; n <= h->mask; n++) {
		_Atomic u64 *b = &h->buckets[n];
		u64 word;

		if (!bucket_head(atomic_load_explicit(b, memory_order_relaxed)))
			continue;
		word = bucket_lock(b);
		if (bucket_head(word))
			copy_out(next, elem_key(h, htab_elem(h, bucket_head(word))), h->key_size);
		bucket_unlock(b, word);
		if (bucket_head(word))
			return 0;
	}
	return -ENOENT;
}

/* A key that is not there (any more) starts the walk anew, as Linux does. */
int htab_next_key(struct skep_map *m, const void *key, void *next)
{
	struct htab *h = m->priv;
	u32 hash, prev, found, i = 0;
	_Atomic u64 *b;
	u64 word;

	if (!key)
		return first_key_from(h, 0, next);
	hash = hash_key(h, key);
	b = htab_bucket(h, hash);
	word = bucket_lock(b);
	found = chain_find(h, word, hash, key, &prev);
	if (found)
		i = atomic_load_explicit(&htab_elem(h, found)->next, memory_order_relaxed);
	if (i)
		copy_out(next, elem_key(h, htab_elem(h, i)), h->key_size);
	bucket_unlock(b, word);
	if (i)
		return 0;
	return first_key_from(h, found ? (u64)(hash & h->mask) + 1 : 0, next);
}

const void *htab_key_of(const struct skep_map *m, const void *value, u32 *index)
{
	const struct htab *h = m->priv;

	(void)index;
	return (const char *)value - h->value_off + h->key_off;
}

/* --- bpf_for_each_map_elem --- */

#define CHAIN_SNAPSHOT 32

struct seen {
	u32 i, life;
};

/* The bucket's elements from the skip-th on, as they are now: the callback may change the chain. */
static u32 snapshot(struct htab *h, u32 n, u32 skip, struct seen s[CHAIN_SNAPSHOT])
{
	_Atomic u64 *b = &h->buckets[n];
	u64 word;
	u32 count = 0;

	if (!bucket_head(atomic_load_explicit(b, memory_order_relaxed)))
		return 0;
	word = bucket_lock(b);
	for (u32 i = bucket_head(word); i && count < CHAIN_SNAPSHOT;) {
		struct elem *e = htab_elem(h, i);

		if (skip)
			skip--;
		else
			s[count++] = (struct seen){ i, atomic_load(&e->life) };
		i = atomic_load_explicit(&e->next, memory_order_relaxed);
	}
	bucket_unlock(b, word);
	return count;
}

static bool call_for(struct skep_map *m, const struct seen *s, u64 callback, u64 ctx,
		     struct skep_run *run, s64 *visited)
{
	struct htab *h = m->priv;
	struct elem *e = htab_elem(h, s->i);
	void *value = h->per_cpu ? cell(&h->cells, s->i, run->cpu) : elem_value(h, e);

	if (atomic_load_explicit(&e->life, memory_order_acquire) != s->life)
		return true; /* replaced or gone */
	++*visited;
	return !run->callback(run, callback, (uintptr_t)m, (uintptr_t)elem_key(h, e),
			      (uintptr_t)value, ctx, 0);
}

s64 htab_for_each(struct skep_map *m, u64 callback, u64 ctx, u64 flags, struct skep_run *run)
{
	struct htab *h = m->priv;
	struct seen s[CHAIN_SNAPSHOT];
	s64 visited = 0;

	if (flags)
		return -EINVAL;
	for (u64 n = 0; n <= h->mask; n++) {
		u32 count, skip = 0;

		do {
			count = snapshot(h, n, skip, s);
			for (u32 k = 0; k < count; k++)
				if (!call_for(m, &s[k], callback, ctx, run, &visited))
					return visited;
			skip += count;
		} while (count == CHAIN_SNAPSHOT);
	}
	return visited;
}

/* --- making one --- */

int htab_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || !a->key_size || !a->value_size)
		return fail(-EINVAL, "hash: key size %u, value size %u, %u entries", a->key_size,
			    a->value_size, a->max_entries);
	if ((u64)a->key_size + a->value_size >= MAX_ELEMENT - KERNEL_ELEM)
		return fail(-E2BIG, "hash: an element of %llu bytes",
			    (unsigned long long)a->key_size + a->value_size);
	return a->max_entries > MAX_BUCKETS ? -E2BIG : 0;
}

static u64 round_up_pow2(u64 n)
{
	return n < 2 ? 1 : (u64)1 << (64 - __builtin_clzll(n - 1));
}

static int choose_seed(struct skep_map *m, struct htab *h)
{
	/* Odd and dense, so that fold() mixes even with a zero seed. */
	const u64 odd = 0x9e3779b97f4a7c15ull;

	if (m->rt->fixed_seed)
		h->seed[0] = h->seed[1] = m->rt->seed * odd;
	else if (!(m->flags & BPF_F_ZERO_SEED) &&
		 getrandom(h->seed, sizeof(h->seed), 0) != sizeof(h->seed))
		return -EIO;
	h->seed[0] ^= odd >> 1;
	h->seed[1] = (h->seed[1] ^ odd) | 1;
	return 0;
}

static void layout(struct skep_map *m, struct htab *h)
{
	h->key_size = m->key_size;
	h->key_words = (m->key_size + 7) / 8;
	h->key_off = h->lru ? sizeof(struct elem) : ELEM_PLAIN;
	h->value_off = h->key_off + h->key_words * 8;
	h->stride = h->value_off + (h->per_cpu ? 0 : m->value_stride);
	/* Two for each element: most are the first in their chain, which processors then guess. */
	h->batch_buckets = (u32)round_up_pow2(m->max_entries);
	h->mask = (u32)MIN(2 * (u64)h->batch_buckets, MAX_BUCKETS) - 1;
	h->nr_slots = m->rt->nr_cpus + 1;
	h->nr_elems = m->max_entries + (h->per_cpu ? 0 : h->nr_slots);
	h->cells.nr_cpus = m->rt->nr_cpus;
	h->cells.stride = m->value_stride;
}

static int place(struct skep_map *m, struct htab *h)
{
	u64 stacks = h->nr_slots * sizeof(struct free_stack);
	u64 buckets = ALIGN_UP(((u64)h->mask + 1) * sizeof(u64), (u64)64);
	u64 elems = ALIGN_UP(((u64)h->nr_elems + 1) * h->stride, (u64)4096), cells = 0;
	char *p;

	if (h->per_cpu) {
		h->cells.cpu_stride = cells_cpu_stride(h->nr_elems + 1, h->cells.stride);
		cells = h->cells.cpu_stride * h->cells.nr_cpus;
	}
	TRY(segment_new(m->rt->va, ALIGN_UP(stacks + buckets + elems, (u64)4096) + cells, "bpf-map",
			&m->seg));
	p = m->seg.base;
	h->free = (struct free_stack *)(void *)p;
	h->buckets = (_Atomic u64 *)(void *)(p + stacks);
	h->elems = p + stacks + buckets;
	h->cells.base = p + ALIGN_UP(stacks + buckets + elems, (u64)4096);
	return 0;
}

int htab_init(struct skep_map *m, bool lru, bool per_cpu)
{
	struct htab *h = aligned_alloc(64, ALIGN_UP(sizeof(*h), (size_t)64));

	if (!h)
		return -ENOMEM;
	memset(h, 0, sizeof(*h));
	m->priv = h;
	pthread_mutex_init(&h->sys_lock, NULL);
	h->lru = lru;
	h->per_cpu = per_cpu;
	layout(m, h);
	TRY(choose_seed(m, h));
	TRY(place(m, h));
	return htab_alloc_init(h, m->max_entries);
}

void htab_done(struct skep_map *m)
{
	struct htab *h = m->priv;

	if (!h)
		return;
	pthread_mutex_destroy(&h->sys_lock);
	free(h->spare);
	free(h);
}

void htab_each_value(struct skep_map *m, void (*fn)(struct skep_map *m, void *value))
{
	struct htab *h = m->priv;

	for (u32 i = 1; h && h->elems && i <= h->nr_elems; i++) {
		for (u32 cpu = 0; h->per_cpu && cpu < h->cells.nr_cpus; cpu++)
			fn(m, cell(&h->cells, i, cpu));
		if (!h->per_cpu)
			fn(m, elem_value(h, htab_elem(h, i)));
	}
}

void htab_values(const struct skep_map *m, struct map_layout *out)
{
	const struct htab *h = m->priv;
	const struct elem *first = htab_elem(h, 1);

	out->base = h->per_cpu ? (uintptr_t)cell(&h->cells, 1, 0) : (uintptr_t)elem_value(h, first);
	out->stride = h->per_cpu ? h->cells.stride : h->stride;
	out->cpu_stride = h->per_cpu ? h->cells.cpu_stride : 0;
	out->max = h->nr_elems;
}

/* As Linux lays its elements out. */
void htab_describe(const struct skep_map *m, const struct image *i)
{
	int id = btf_find(i->btf, "htab_elem", BTF_KIND_STRUCT);
	u32 head = id < 0 ? 0 : btf_type(i->btf, (u32)id)->size, buckets = 1;

	while (buckets < m->max_entries && buckets < 1u << 31)
		buckets <<= 1;
	image_set(i, "n_buckets", buckets);
	image_set(i, "elem_size",
		  head + ALIGN_UP(m->key_size, 8) +
			  (m->type->per_cpu ? 8 : ALIGN_UP(m->value_size, 8)));
}

u64 htab_memory(const struct skep_map *m)
{
	const struct htab *h = m->priv;

	return sizeof(*h) + h->nr_slots * sizeof(*h->spare);
}
