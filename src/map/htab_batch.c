/* Hash tables by bucket, for the batch commands. The bucket's lock makes its entries one snapshot;
 * taking them all out is one store, and what was taken out is offered for reuse after it (htab.h, R3). */
#include "map/htab.h"

#include "base/err.h"

static u32 chain_next(struct htab *h, u32 i)
{
	return atomic_load_explicit(&htab_elem(h, i)->next, memory_order_relaxed);
}

static u32 chain_length(struct htab *h, u64 word)
{
	u32 n = 0;

	for (u32 i = bucket_head(word); i; i = chain_next(h, i))
		n++;
	return n;
}

static void copy_chain(struct skep_map *m, u64 word, char *keys, char *values)
{
	struct htab *h = m->priv;
	u32 value_size = map_user_value_size(m);

	for (u32 i = bucket_head(word); i; i = chain_next(h, i)) {
		copy_out(keys, elem_key(h, htab_elem(h, i)), h->key_size);
		htab_value_out(m, htab_elem(h, i), values, 0);
		keys += h->key_size;
		values += value_size;
	}
}

static void release_chain(struct htab *h, u32 i)
{
	while (i) {
		u32 next = chain_next(h, i); /* its next life may begin as soon as it is released */

		htab_release(h, h->nr_slots - 1, i);
		i = next;
	}
}

int htab_bucket_batch(struct skep_map *m, u32 no, void *keys, void *values, u32 room, bool remove,
		      u32 *n)
{
	struct htab *h = m->priv;
	_Atomic u64 *b;
	u64 word;

	if (no > h->mask)
		return -ENOENT;
	b = &h->buckets[no];
	word = bucket_lock(b);
	*n = chain_length(h, word);
	if (*n <= room)
		copy_chain(m, word, keys, values);
	if (*n > room || !remove || !*n) {
		bucket_unlock(b, word);
		return *n > room ? -ENOSPC : 0;
	}
	bucket_unlock(b, bucket_word(0, word, BUCKET_VERSION));
	release_chain(h, bucket_head(word));
	return 0;
}
