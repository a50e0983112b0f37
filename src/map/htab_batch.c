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

static void release_chain(struct skep_map *m, u32 i)
{
	struct htab *h = m->priv;

	while (i) {
		u32 next = chain_next(h, i); /* its next life may begin as soon as it is released */

		htab_free_values(m, i);
		htab_release(h, h->nr_slots - 1, i);
		i = next;
	}
}

/* What a client counts as a bucket, as many as in Linux, is two of ours (or one in the largest maps). Who locks more than
 * one locks them in this order. */
static u32 lock_chains(struct htab *h, u32 no, u64 word[2])
{
	u32 n = 0;

	for (; no <= h->mask; no += h->batch_buckets)
		word[n++] = bucket_lock(&h->buckets[no]);
	return n;
}

static void unlock_chains(struct htab *h, u32 no, const u64 word[2], bool empty)
{
	for (u32 n = 0; no <= h->mask; no += h->batch_buckets, n++)
		bucket_unlock(&h->buckets[no],
			      empty ? bucket_word(0, word[n], BUCKET_VERSION) : word[n]);
}

static void copy_chains(struct skep_map *m, const u64 word[2], u32 n, char *keys, char *values)
{
	struct htab *h = m->priv;

	for (u32 k = 0; k < n; k++) {
		u32 length = chain_length(h, word[k]);

		copy_chain(m, word[k], keys, values);
		keys += length * h->key_size;
		values += length * map_user_value_size(m);
	}
}

int htab_bucket_batch(struct skep_map *m, u32 no, void *keys, void *values, u32 room, bool remove,
		      u32 *n)
{
	struct htab *h = m->priv;
	bool empty;
	u64 word[2];
	u32 chains;

	if (no >= h->batch_buckets)
		return -ENOENT;
	chains = lock_chains(h, no, word);
	*n = 0;
	for (u32 k = 0; k < chains; k++)
		*n += chain_length(h, word[k]);
	empty = remove && *n && *n <= room;
	if (*n <= room)
		copy_chains(m, word, chains, keys, values);
	unlock_chains(h, no, word, empty);
	for (u32 k = 0; empty && k < chains; k++)
		release_chain(m, bucket_head(word[k]));
	return *n > room ? -ENOSPC : 0;
}
