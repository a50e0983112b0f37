/* BPF_MAP_TYPE_BLOOM_FILTER: a set that is asked "was this value pushed?" and may err towards yes.
 *
 * A value sets (and asks for) nr_hashes bits of a power of two of them: the i-th is h + i * step, both
 * from one keyed hash (Kirsch and Mitzenmacher, "Less Hashing, Same Performance", 2006).
 * Invariant: bits are only ever set, so a value once pushed is always found; no lock. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "map/map.h"

#define MAX_VALUE      ((u32)1 << 22) /* Linux: one kmalloc() */
#define HASHES_MASK    15u	      /* map_extra: how many hashes, 0 for the default */
#define DEFAULT_HASHES 5
#define MAX_BITS       ((u64)1 << 32)

struct bloom {
	u64 seed[2];
	u64 mask; /* bits - 1 */
	u32 nr_hashes;
};

static int bloom_check_attr(const struct map_attr *a)
{
	if (a->value_size > MAX_VALUE)
		return fail(-E2BIG, "bloom_filter: a value of %u bytes", a->value_size);
	if (!a->max_entries || a->key_size || !a->value_size || (a->extra & ~(u64)HASHES_MASK))
		return fail(-EINVAL,
			    "bloom_filter: key size %u (must be 0), value size %u, %u entries, "
			    "map_extra %llu (at most 15)",
			    a->key_size, a->value_size, a->max_entries,
			    (unsigned long long)a->extra);
	return 0;
}

static int choose_seed(const struct skep_map *m, struct bloom *b)
{
	const u64 odd = 0x9e3779b97f4a7c15ull;

	if (m->rt->fixed_seed)
		b->seed[0] = b->seed[1] = m->rt->seed * odd;
	else if (!(m->flags & BPF_F_ZERO_SEED) &&
		 getrandom(b->seed, sizeof(b->seed), 0) != sizeof(b->seed))
		return -EIO;
	b->seed[0] ^= odd >> 1;
	b->seed[1] = (b->seed[1] ^ odd) | 1;
	return 0;
}

/* With n * k / ln 2 bits half of them are set when n values are in, which errs least: 7/5 is close
 * to 1 / ln 2. */
static u64 bits_for(u32 entries, u32 hashes)
{
	u64 want = (u64)entries * hashes * 7 / 5, bits = 64;

	while (bits < want && bits < MAX_BITS)
		bits *= 2;
	return bits;
}

static int bloom_init(struct skep_map *m, const struct map_attr *a)
{
	struct bloom *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	m->priv = b;
	b->nr_hashes = m->extra ? (u32)m->extra : DEFAULT_HASHES;
	b->mask = bits_for(m->max_entries, b->nr_hashes) - 1;
	TRY(choose_seed(m, b));
	return segment_new(m->rt->va, (b->mask + 1) / 8, "bpf-map", &m->seg);
}

static void bloom_done(struct skep_map *m)
{
	free(m->priv);
}

static u64 fold(u64 a, u64 b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (u64)p ^ (u64)(p >> 64);
}

static u64 hash_value(const struct skep_map *m, const struct bloom *b, const void *value)
{
	u64 x = b->seed[0], w;
	const char *p = value;
	u32 left = m->value_size;

	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&w, p, 8);
		x = fold(x ^ w, b->seed[1]);
	}
	if (left) {
		w = 0;
		memcpy(&w, p, left);
		x = fold(x ^ w, b->seed[1]);
	}
	return fold(x, b->seed[1] ^ b->seed[0]);
}

struct bit {
	_Atomic u64 *word;
	u64 mask;
};

static struct bit bit_no(const struct skep_map *m, const struct bloom *b, u64 hash, u32 i)
{
	u64 step = (hash >> 32 | hash << 32) | 1, n = (hash + i * step) & b->mask;

	return (struct bit){ (_Atomic u64 *)m->seg.base + n / 64, 1ull << n % 64 };
}

static int bloom_push(struct skep_map *m, const void *value, u64 flags)
{
	const struct bloom *b = m->priv;
	u64 hash;

	if (flags != BPF_ANY)
		return -EINVAL;
	hash = hash_value(m, b, value);
	for (u32 i = 0; i < b->nr_hashes; i++) {
		struct bit s = bit_no(m, b, hash, i);

		/* Release: who finds the value sees what its pusher wrote before. */
		if (!(atomic_load_explicit(s.word, memory_order_relaxed) & s.mask))
			atomic_fetch_or_explicit(s.word, s.mask, memory_order_release);
	}
	return 0;
}

static int bloom_peek(struct skep_map *m, void *value)
{
	const struct bloom *b = m->priv;
	u64 hash = hash_value(m, b, value);

	for (u32 i = 0; i < b->nr_hashes; i++) {
		struct bit s = bit_no(m, b, hash, i);

		if (!(atomic_load_explicit(s.word, memory_order_acquire) & s.mask))
			return -ENOENT;
	}
	return 0;
}

static int bloom_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return -EOPNOTSUPP;
}

static int bloom_next_key(struct skep_map *m, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

static u64 bloom_memory(const struct skep_map *m)
{
	return sizeof(struct bloom);
}

static const u32 bloom_helpers[] = { BPF_FUNC_map_push_elem, BPF_FUNC_map_peek_elem, 0 };

const struct skep_map_type map_bloom_filter = {
	.type = BPF_MAP_TYPE_BLOOM_FILTER,
	.name = "bloom_filter",
	.kernel_struct = "bpf_bloom_filter",
	.flags = BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | BPF_F_RDONLY | BPF_F_WRONLY |
		 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
	.has_extra = true,
	.peek_asks = true,
	.helpers = bloom_helpers,
	.check_attr = bloom_check_attr,
	.init = bloom_init,
	.done = bloom_done,
	.remove = bloom_remove,
	.next_key = bloom_next_key,
	.push = bloom_push,
	.peek = bloom_peek,
	.memory = bloom_memory,
};
