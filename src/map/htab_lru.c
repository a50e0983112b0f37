/* Which element an LRU hash gives up: a clock. A hand goes round all elements; one that was used
 * since the hand last came by (`referenced`) is spared once, the first other is evicted. So a look-up
 * costs a store at most, and inserting is cheap: on average the hand moves a few elements.
 *
 * New elements start unreferenced: what is inserted and never used goes before what is used. */
#include "map/htab.h"

/* Take element i out of its bucket, if it is in one and was not used lately (or `force`). */
static bool evict(struct htab *h, u32 i, bool force)
{
	struct elem *e = htab_elem(h, i);
	u32 hash = atomic_load_explicit(&e->hash, memory_order_relaxed);
	_Atomic u64 *b = htab_bucket(h, hash);
	u64 word;
	u32 prev = 0, k;

	if (!force && atomic_load_explicit(&e->referenced, memory_order_relaxed)) {
		atomic_store_explicit(&e->referenced, 0, memory_order_relaxed);
		return false;
	}
	/* The hash was a hint; the locked chain tells whether the element is there. */
	word = bucket_lock(b);
	for (k = bucket_head(word); k && k != i; prev = k, k = atomic_load(&htab_elem(h, k)->next))
		;
	if (!k) {
		bucket_unlock(b, word);
		return false;
	}
	bucket_unlink_unlock(h, b, word, prev, e);
	return true;
}

static u32 next_in_turn(struct htab *h)
{
	return atomic_fetch_add_explicit(&h->hand, 1, memory_order_relaxed) % h->nr_elems + 1;
}

/* Two rounds find an unreferenced element unless others keep using all of them; then any will do. */
u32 htab_evict(struct htab *h)
{
	for (u64 n = 0; n < 3 * (u64)h->nr_elems; n++) {
		u32 i = next_in_turn(h);

		if (evict(h, i, n >= 2 * (u64)h->nr_elems))
			return i;
	}
	return 0;
}
