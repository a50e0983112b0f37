/* Look-ups by programs. Keys of one word, which most are, have look-ups of their own. */
#include "map/htab_find.h"

void *htab_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	const struct htab *h = m->priv;
	u32 life;
	struct elem *e = find(h, key, hash_key(h, key), &life);

	return e ? elem_value(h, e) : NULL;
}

void *htab_lru_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	const struct htab *h = m->priv;
	u32 life;
	struct elem *e = find(h, key, hash_key(h, key), &life);

	if (!e)
		return NULL;
	mark_used(e);
	return elem_value(h, e);
}

void *htab_percpu_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	const struct htab *h = m->priv;
	u32 life;
	struct elem *e = find(h, key, hash_key(h, key), &life);

	if (!e)
		return NULL;
	if (h->lru)
		mark_used(e);
	return cell(&h->cells, elem_index(h, e), run->cpu);
}

/* --- keys of one word, elements with nothing beside --- */

static inline struct elem *first_of(const struct htab *h, u64 bucket)
{
	u32 i = bucket_head(bucket);

	return i ? htab_elem(h, i) : NULL;
}

/* Apart, so that the fast way needs no frame. */
static __attribute__((noinline, cold)) void *find_slowly(struct skep_map *m, const void *key,
							 struct skep_run *run)
{
	return htab_lookup(m, key, run);
}

/* As try_find(), but the key says it all: an equal key has an equal hash. Gives up early, to what does not. */
static __always_inline void *find_word(struct skep_map *m, u64 word, const void *key,
				       struct skep_run *run)
{
	const struct htab *h = m->priv;
	u64 x = fold(word ^ h->seed[0], h->seed[1]);
	_Atomic u64 *b = htab_bucket(h, (u32)(x >> 32) ^ (u32)x);
	u64 bucket = atomic_load_explicit(b, memory_order_acquire);
	struct elem *e = first_of(h, bucket);

	for (u32 steps = 0; e && steps < LONG_WALK; steps++) {
		u32 life = atomic_load_explicit(&e->life, memory_order_acquire), next;
		_Atomic u64 *k = (_Atomic u64 *)(uintptr_t)((char *)e + ELEM_PLAIN);

		if (likely(atomic_load_explicit(k, memory_order_acquire) == word)) {
			if (unlikely(life & 1 ||
				     atomic_load_explicit(&e->life, memory_order_relaxed) != life))
				break;
			return k + 1;
		}
		next = atomic_load_explicit(&e->next, memory_order_acquire);
		e = next ? htab_elem(h, next) : NULL;
	}
	if (likely(!e && same_version(b, bucket)))
		return NULL;
	return find_slowly(m, key, run);
}

static void *lookup_4(struct skep_map *m, const void *key, struct skep_run *run)
{
	u32 word;

	memcpy(&word, key, sizeof(word));
	return find_word(m, word, key, run);
}

static void *lookup_8(struct skep_map *m, const void *key, struct skep_run *run)
{
	u64 word;

	memcpy(&word, key, sizeof(word));
	return find_word(m, word, key, run);
}

map_lookup_fn *htab_lookup_for(const struct skep_map *m)
{
	const struct htab *h = m->priv;

	skep_assert(h->key_off == ELEM_PLAIN);
	return m->key_size == 4 ? lookup_4 : m->key_size == 8 ? lookup_8 : htab_lookup;
}
