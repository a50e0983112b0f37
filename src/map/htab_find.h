/* Finding a key in a hash table, by look-ups without locks and by writers. Why that is right stands in htab.h. */
#ifndef SKEP_MAP_HTAB_FIND_H
#define SKEP_MAP_HTAB_FIND_H

#include "map/htab.h"

#define MAX_RETRIES 64
#define LONG_WALK   64 /* steps after which a look-up asks whether it has been led astray */

/* --- hashing: keyed folded multiplication, so that clients cannot aim at one bucket --- */

static inline u64 fold(u64 a, u64 b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (u64)p ^ (u64)(p >> 64);
}

static inline u64 load64(const void *p)
{
	u64 w;

	memcpy(&w, p, 8);
	return w;
}

/* n < 8 bytes as the low bytes of a word. */
static inline u64 load_tail(const char *p, u32 n)
{
	u64 w = 0;
	u32 w32;
	u16 w16;

	if (n & 4) {
		memcpy(&w32, p, 4);
		w = w32;
	}
	if (n & 2) {
		memcpy(&w16, p + (n & 4), 2);
		w |= (u64)w16 << (n & 4) * 8;
	}
	if (n & 1)
		w |= (u64)(u8)p[n - 1] << (n - 1) * 8;
	return w;
}

/* Word i of a key, zero-padded. */
static inline u64 key_word(const struct htab *h, const void *key, u32 i)
{
	const char *p = (const char *)key + (u64)i * 8;

	return likely(i < h->key_size / 8) ? load64(p) : load_tail(p, h->key_size % 8);
}

static inline u64 key_first_word(const struct htab *h, const void *key)
{
	u32 w;

	if (h->key_size != 4)
		return key_word(h, key, 0);
	memcpy(&w, key, 4);
	return w;
}

static inline u64 hash_words(const struct htab *h, const void *key)
{
	u64 x = h->seed[0];
	u32 i = 0;

	for (; i + 1 < h->key_words; i += 2)
		x = fold(key_word(h, key, i) ^ x, key_word(h, key, i + 1) ^ h->seed[1]);
	if (i < h->key_words)
		x = fold(key_word(h, key, i) ^ x, h->seed[1]);
	return x;
}

static inline u32 hash_key(const struct htab *h, const void *key)
{
	u64 x = h->key_words == 1 ? fold(key_first_word(h, key) ^ h->seed[0], h->seed[1])
				  : hash_words(h, key);

	return (u32)(x >> 32) ^ (u32)x;
}

static inline bool key_equal(const struct htab *h, const struct elem *e, const void *key)
{
	_Atomic u64 *k = elem_key(h, e);

	if (atomic_load_explicit(&k[0], memory_order_acquire) != key_first_word(h, key))
		return false;
	for (u32 i = 1; i < h->key_words; i++)
		if (atomic_load_explicit(&k[i], memory_order_acquire) != key_word(h, key, i))
			return false;
	return true;
}

/* --- finding --- */

/* With the bucket locked: index of the element with this key and of the one before it; 0 if none. */
static inline u32 chain_find(const struct htab *h, u64 word, u32 hash, const void *key, u32 *prev)
{
	u32 i = bucket_head(word);

	for (*prev = 0; i;) {
		struct elem *e = htab_elem(h, i);

		if (atomic_load_explicit(&e->hash, memory_order_relaxed) == hash &&
		    key_equal(h, e, key))
			break;
		*prev = i;
		i = atomic_load_explicit(&e->next, memory_order_relaxed);
	}
	return i;
}

static inline bool same_version(_Atomic u64 *b, u64 word)
{
	u64 now = atomic_load_explicit(b, memory_order_acquire);

	return ((u32)now | BUCKET_LOCK) == ((u32)word | BUCKET_LOCK);
}

static inline struct elem *find_locked(const struct htab *h, const void *key, u32 hash, u32 *life)
{
	_Atomic u64 *b = htab_bucket(h, hash);
	u64 word = bucket_lock(b);
	u32 prev;
	u32 i = chain_find(h, word, hash, key, &prev);

	*life = i ? atomic_load_explicit(&htab_elem(h, i)->life, memory_order_relaxed) : 0;
	bucket_unlock(b, word);
	return i ? htab_elem(h, i) : NULL;
}

enum find { FOUND, MISSING, RETRY };

/* One walk through a bucket. Every load that a later one must not overtake acquires. */
static inline enum find try_find(const struct htab *h, _Atomic u64 *b, u32 hash, const void *key,
				 struct elem **ret, u32 *life)
{
	u64 word = atomic_load_explicit(b, memory_order_acquire);
	u32 steps = 0;

	for (u32 i = bucket_head(word); i;) {
		struct elem *e = htab_elem(h, i);

		*life = atomic_load_explicit(&e->life, memory_order_acquire);
		if (atomic_load_explicit(&e->hash, memory_order_acquire) == hash &&
		    key_equal(h, e, key)) {
			*ret = e;
			if (*life & 1)
				return RETRY;
			return atomic_load_explicit(&e->life, memory_order_relaxed) == *life
				       ? FOUND
				       : RETRY;
		}
		i = atomic_load_explicit(&e->next, memory_order_acquire);
		if (unlikely(++steps % LONG_WALK == 0) && !same_version(b, word))
			return RETRY;
	}
	return likely(same_version(b, word)) ? MISSING : RETRY;
}

static inline struct elem *find(const struct htab *h, const void *key, u32 hash, u32 *life)
{
	_Atomic u64 *b = htab_bucket(h, hash);
	struct elem *e = NULL;

	for (u32 n = 0; n < MAX_RETRIES; n++) {
		enum find f = try_find(h, b, hash, key, &e, life);

		if (likely(f == FOUND))
			return e;
		if (f == MISSING)
			return NULL;
	}
	return find_locked(h, key, hash, life);
}

/* A use spares the element once from eviction; stored only if needed, to keep the line shared. */
static inline void mark_used(struct elem *e)
{
	if (!atomic_load_explicit(&e->referenced, memory_order_relaxed))
		atomic_store_explicit(&e->referenced, 1, memory_order_relaxed);
}

#endif
