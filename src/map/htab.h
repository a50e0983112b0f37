/* The hash table behind HASH, LRU_HASH and their per-CPU kinds: fixed memory, 32-bit links, look-ups
 * without locks.
 *
 * Memory. One segment: free stacks | buckets | elements | cells (per-CPU kinds). An element is named
 * by its index, from 1; 0 ends a chain. Pages are committed on first touch: elements that were never
 * used are counted off (`fresh`), used ones are on free stacks, one per CPU slot, and never unmapped.
 *
 * Writers hold their bucket's lock: bit 0 of the bucket's word, which also holds a version and the
 * chain's first element, so that the store that changes the head or unlocks does both.
 *
 * Lives. An element begins a life when it is taken to hold a key and ends it when the next one
 * begins. `life` is odd while key and value are written, then even and unlike before. Rules:
 *   R1 a linked element's key, hash and life do not change;
 *   R2 an element that was unlinked keeps its `next` until its next life begins;
 *   R3 the bucket's version changes after an element was unlinked from it and before the element is
 *      offered for reuse; the unlocking store does it.
 *
 * Why a look-up for key K in bucket B, holding nothing, is right:
 *  - Hit: it read an even life, then an equal key, then the same life again, so by R1 the key and
 *    value belong together. The element was in the table at some moment during the look-up: it was
 *    reached through a link; either the life began later than the look-up (then it was linked during
 *    it), or the element was linked when the link was read or when its predecessor was unlinked (R2),
 *    and, by induction from the bucket's head, that was during the look-up too.
 *  - Miss: it reached the end of a chain and then found B's version as at the start. Suppose an
 *    element that it walked through had begun another life meanwhile: then it was unlinked from B
 *    before, and B's version was changed before that (R3); the look-up read something written after
 *    (acquire), so it would see the change. So it walked only through elements of B in the lives in
 *    which they were linked there, each of whose `next` was B's chain behind it, at that moment or
 *    at the moment of its unlinking. An element of key K that was there all the time is never behind
 *    the walk: insertions are made at the head, replacements in place. So K was not there all the
 *    time, and a miss is a right answer.
 *  - Otherwise it starts again; somebody made progress. After MAX_RETRIES it takes the lock.
 *
 * What a program may see, as in Linux: the value it holds a pointer to stays memory of the map, but
 * after deletion it may become another key's value. */
#ifndef SKEP_MAP_HTAB_H
#define SKEP_MAP_HTAB_H

#include <pthread.h>

#include "map/copy.h"
#include "map/map.h"
#include "map/percpu.h"

struct elem {
	_Atomic u32 next, life, hash;
	_Atomic u32 free_next;	/* on a free stack: the element below */
	_Atomic u32 referenced; /* LRU: used since the hand last came by */
	u32 unused;
	_Atomic u64 key[]; /* zero-padded; the value follows, if it is not per CPU */
};
/* Types without LRU save the last two words: their elements begin ELEM_PLAIN bytes later, as it
 * were. Only `key` has another place; elem_key() knows. */
#define ELEM_PLAIN offsetof(struct elem, referenced)

/* Lock-free stack of free elements. word: index in the low half, a count of changes above it, so that
 * a pop that was overtaken by pops and pushes fails. */
struct free_stack {
	_Atomic u64 word;
} __attribute__((aligned(64)));

struct htab {
	/* hot: read by every look-up */
	_Atomic u64 *buckets; /* head << 32 | version << 1 | lock */
	char *elems;	      /* element 0 would be here */
	u64 seed[2];
	u32 mask;
	u32 stride; /* bytes of an element */
	u32 key_size;
	u32 key_words; /* 8-byte words of a key, padded */
	u32 key_off;
	u32 value_off;
	bool lru, per_cpu;
	/* writers */
	u32 nr_elems;	   /* in use or free: max_entries, plus the spares */
	u32 nr_regular;	   /* elements 1 … nr_regular are counted off by fresh */
	u32 batch_buckets; /* as Linux has them: what clients get to see */
	u32 nr_slots;	   /* CPU slots, plus one for the syscall layer */
	struct cells cells;
	struct free_stack *free; /* nr_slots of them */
	/* A replaced value needs a new element even in a full map: each slot keeps one aside, and gets
	 * the replaced one for it. Belongs to the slot's thread; the last one is guarded by sys_lock. */
	u32 *spare;
	pthread_mutex_t sys_lock;
	_Atomic u32 fresh __attribute__((aligned(64))); /* first regular element never used */
	_Atomic u32 hand;				/* LRU: next element to look at */
};

static inline struct elem *htab_elem(const struct htab *h, u32 i)
{
	return (struct elem *)(void *)(h->elems + (u64)i * h->stride);
}
static inline _Atomic u64 *elem_key(const struct htab *h, const struct elem *e)
{
	return (_Atomic u64 *)(uintptr_t)((const char *)e + h->key_off);
}
static inline void *elem_value(const struct htab *h, const struct elem *e)
{
	return (char *)(uintptr_t)e + h->value_off;
}
static inline u32 elem_index(const struct htab *h, const struct elem *e)
{
	return (u32)(((u64)((const char *)e - h->elems)) / h->stride);
}

/* The operations of the hash types (map.h); look-ups take no lock. */
void *htab_lookup(struct skep_map *m, const void *key, struct skep_run *run);
/* struct skep_map_type's lookup_for() of HASH. */
map_lookup_fn *htab_lookup_for(const struct skep_map *m);
void *htab_lru_lookup(struct skep_map *m, const void *key, struct skep_run *run);
void *htab_percpu_lookup(struct skep_map *m, const void *key, struct skep_run *run);
#define HTAB_FLAGS                                                                                 \
	(BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_ZERO_SEED | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
int lru_check_attr(const struct map_attr *a);
int lru_init(struct skep_map *m, bool per_cpu);
int htab_check_attr(const struct map_attr *a);
int htab_init(struct skep_map *m, bool lru, bool per_cpu);
void htab_done(struct skep_map *m);
void htab_each_value(struct skep_map *m, void (*fn)(struct skep_map *m, void *value));
void htab_values(const struct skep_map *m, struct map_layout *out);
void htab_describe(const struct skep_map *m, const struct image *i);
u64 htab_memory(const struct skep_map *m);

int htab_update(struct skep_map *m, const void *key, const void *value, u64 flags,
		struct skep_run *run);
int htab_percpu_update(struct skep_map *m, const void *key, const void *value, u64 flags,
		       struct skep_run *run);
int htab_percpu_sys_update(struct skep_map *m, const void *key, const void *value, u64 flags);
int htab_remove(struct skep_map *m, const void *key, struct skep_run *run);
int htab_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags);
int htab_sys_lookup_remove(struct skep_map *m, const void *key, void *value, u64 flags);
int htab_next_key(struct skep_map *m, const void *key, void *next);
const void *htab_key_of(const struct skep_map *m, const void *value, u32 *index);
s64 htab_for_each(struct skep_map *m, u64 callback, u64 ctx, u64 flags, struct skep_run *run);

/* struct skep_map_type's bucket(). */
int htab_bucket_batch(struct skep_map *m, u32 no, void *keys, void *values, u32 room, bool remove,
		      u32 *n);
#define HTAB_BATCHES (MAP_BATCH_UPDATE | MAP_BATCH_DELETE)

/* --- between htab.c and htab_lru.c, htab_alloc.c --- */

#define BUCKET_LOCK    1ull
#define BUCKET_VERSION 2ull /* added for a new version; wraps inside the low half */

static inline u32 bucket_head(u64 word)
{
	return word >> 32;
}
static inline u64 bucket_word(u32 head, u64 word, u64 bump)
{
	return (u64)head << 32 | (u32)((word & ~BUCKET_LOCK) + bump);
}
static inline _Atomic u64 *htab_bucket(const struct htab *h, u32 hash)
{
	return &h->buckets[hash & h->mask];
}

void htab_free_values(struct skep_map *m, u32 i);
/* Copy e's value out as bpf(2) moves it. flags: BPF_F_LOCK or 0. */
void htab_value_out(struct skep_map *m, struct elem *e, void *out, u64 flags);
u64 bucket_lock(_Atomic u64 *b); /* returns the word, without the lock bit */
static inline void bucket_unlock(_Atomic u64 *b, u64 word)
{
	atomic_store_explicit(b, word, memory_order_release);
}
/* With the bucket locked and word what bucket_lock() returned: take e out of the chain and unlock.
 * prev is the element before it, 0 if e is the first. */
void bucket_unlink_unlock(struct htab *h, _Atomic u64 *b, u64 word, u32 prev, const struct elem *e);

/* A free element, or 0. slot: whose stack to try first. */
u32 htab_alloc(struct htab *h, u32 slot);
void htab_release(struct htab *h, u32 slot, u32 i);
int htab_alloc_init(struct htab *h, u32 max_entries);

/* LRU: unlink an element that was not used lately and return it; 0 if none is linked. */
u32 htab_evict(struct htab *h);

#endif
