/* LPM trie: finding, changing, walking. The design and its proof are in lpm.h. */
#include "map/lpm.h"

#include <sched.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/spin.h"

#define MAX_RETRIES 64
#define LOCK	    1ull
#define VERSION	    2ull
/* Linux: one kmalloc() of 4 MiB for the longest key, and what it keeps beside. */
#define MAX_VALUE 4194024u
#define MAX_DEPTH (LPM_MAX_DATA * 8 + 1)

struct key { /* a prefix, or what is looked up */
	u32 len;
	u64 w[LPM_MAX_WORDS];
};

static inline struct lpm_node *node(const struct lpm *t, u32 i)
{
	return (struct lpm_node *)(void *)(t->nodes + (u64)i * t->stride);
}

static inline void *node_value(const struct lpm *t, u32 i)
{
	return (char *)node(t, i) + t->value_off;
}

static inline u32 node_len(const struct lpm_node *n)
{
	return atomic_load_explicit(&n->info, memory_order_relaxed) >> 1;
}

static inline u32 load_child(const struct lpm_node *n, u32 side)
{
	return atomic_load_explicit(&((struct lpm_node *)(uintptr_t)n)->child[side],
				    memory_order_acquire);
}

/* --- keys --- */

static u64 load_padded(const u8 *p, u32 n)
{
	u64 w = 0;

	memcpy(&w, p, n);
	return __builtin_bswap64(w);
}

/* false: longer than the map's keys. */
static inline bool read_key(const struct lpm *t, const void *key, struct key *k)
{
	const u8 *data = (const u8 *)key + sizeof(u32);
	u32 bytes = t->data_bits / 8, w32;

	memcpy(&k->len, key, sizeof(k->len));
	if (unlikely(k->len > t->data_bits))
		return false;
	if (bytes == 4) {
		memcpy(&w32, data, 4);
		k->w[0] = (u64)__builtin_bswap32(w32) << 32;
		return true;
	}
	k->w[0] = load_padded(data, MIN(bytes, 8));
	for (u32 i = 1; i < t->words; i++)
		k->w[i] = load_padded(data + i * 8, MIN(bytes - i * 8, 8));
	return true;
}

/* What next_key hands out. Bits behind the prefix are as they were stored. */
static void write_key(const struct lpm *t, u32 i, void *key)
{
	u8 *data = (u8 *)key + sizeof(u32);
	u32 len = node_len(node(t, i)), bytes = t->data_bits / 8;

	memcpy(key, &len, sizeof(len));
	for (u32 k = 0; k < t->words; k++, data += 8, bytes -= MIN(bytes, 8)) {
		u64 w = __builtin_bswap64(
			atomic_load_explicit(&node(t, i)->bits[k], memory_order_relaxed));

		memcpy(data, &w, MIN(bytes, 8));
	}
}

static inline u32 bit_of(const u64 *w, u32 i)
{
	return w[i / 64] >> (63 - i % 64) & 1;
}

static inline u32 top_of(const struct lpm *t, const struct key *k)
{
	return (u32)(k->w[0] >> (64 - t->top_bits));
}

/* Are the first len bits of the node those of the key? The words before `from` are known to be. */
static inline bool same_bits(const struct lpm_node *n, const struct key *k, u32 len, u32 from)
{
	u32 i = from;

	for (; i < len / 64; i++)
		if (atomic_load_explicit(&n->bits[i], memory_order_acquire) != k->w[i])
			return false;
	return !(len % 64) ||
	       !((atomic_load_explicit(&n->bits[i], memory_order_acquire) ^ k->w[i]) >>
		 (64 - len % 64));
}

/* Length of what the node's and the key's first max bits have in common. */
static u32 common_bits(const struct lpm_node *n, const struct key *k, u32 max)
{
	for (u32 i = 0; i * 64 < max; i++) {
		u64 d = atomic_load_explicit(&n->bits[i], memory_order_relaxed) ^ k->w[i];

		if (d)
			return MIN(max, i * 64 + (u32)__builtin_clzll(d));
	}
	return max;
}

/* --- words with a version --- */

static u64 word_lock(_Atomic u64 *b)
{
	for (u32 spins = 1;; spins++) {
		u64 w = atomic_load_explicit(b, memory_order_relaxed);

		if (!(w & LOCK) &&
		    atomic_compare_exchange_weak_explicit(b, &w, w | LOCK, memory_order_acquire,
							  memory_order_relaxed))
			return w;
		/* Held for a few dozen instructions, unless its holder lost the processor. */
		if (spins % 128 == 0)
			sched_yield();
	}
}

static void word_unlock(_Atomic u64 *b, u64 word)
{
	atomic_store_explicit(b, word, memory_order_release);
}

static u64 word_changed(u64 word, u32 head)
{
	return (u64)head << 32 | (u32)(word + VERSION);
}

static inline bool same_version(_Atomic u64 *b, u64 word)
{
	u64 now = atomic_load_explicit(b, memory_order_acquire);

	return ((u32)now | LOCK) == ((u32)word | LOCK);
}

static inline _Atomic u64 *slot_of(const struct lpm *t, const struct key *k)
{
	return &t->slots[top_of(t, k)];
}

/* --- finding --- */

/* The longest match below a slot; 0 if there is none. */
static inline u32 walk_slot(const struct lpm *t, u64 word, const struct key *k)
{
	u32 best = 0, last = 0;

	for (u32 i = word >> 32; i;) {
		const struct lpm_node *n = node(t, i);
		u32 info = atomic_load_explicit(&n->info, memory_order_acquire), len = info >> 1;

		if (len > k->len || len <= last || !same_bits(n, k, len, last / 64))
			break;
		if (info & LPM_VALUE)
			best = i;
		if (len == t->data_bits)
			break;
		i = load_child(n, bit_of(k->w, len));
		last = len;
	}
	return best;
}

static u32 walk_shorts(const struct lpm *t, const struct key *k)
{
	u32 lens = atomic_load_explicit(&t->short_lens, memory_order_acquire);

	if (k->len < t->top_bits)
		lens &= (2u << k->len) - 1;
	while (lens) {
		u32 len = 31 - (u32)__builtin_clz(lens);
		u32 i = atomic_load_explicit(
			&t->shorts[1u << len | top_of(t, k) >> (t->top_bits - len)],
			memory_order_acquire);

		if (i)
			return i;
		lens ^= 1u << len;
	}
	return 0;
}

/* false: start again. */
static inline bool try_find(struct lpm *t, _Atomic u64 *b, const struct key *k, u32 *ret, u64 *word)
{
	u64 shorts;

	*word = atomic_load_explicit(b, memory_order_acquire);
	*ret = walk_slot(t, *word, k);
	if (*ret)
		return same_version(b, *word);
	shorts = atomic_load_explicit(&t->short_word, memory_order_acquire);
	*ret = walk_shorts(t, k);
	return same_version(&t->short_word, shorts) && same_version(b, *word);
}

static u32 find_locked(struct lpm *t, _Atomic u64 *b, const struct key *k)
{
	u64 word = word_lock(b);
	u32 i = walk_slot(t, word, k);

	if (!i) {
		u64 shorts = word_lock(&t->short_word);

		i = walk_shorts(t, k);
		word_unlock(&t->short_word, shorts);
	}
	word_unlock(b, word);
	return i;
}

static void *lpm_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	struct lpm *t = m->priv;
	_Atomic u64 *b;
	struct key k;
	u64 word;
	u32 i;

	if (!read_key(t, key, &k))
		return NULL;
	b = slot_of(t, &k);
	for (u32 n = 0; n < MAX_RETRIES; n++)
		if (likely(try_find(t, b, &k, &i, &word)))
			return i ? node_value(t, i) : NULL;
	i = find_locked(t, b, &k);
	return i ? node_value(t, i) : NULL;
}

/* With the locks held, so that the value is not given to another prefix while it is copied. */
static int lpm_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	struct lpm *t = m->priv;
	u64 word, shorts;
	struct key k;
	u32 i;

	if (!read_key(t, key, &k))
		return -ENOENT;
	word = word_lock(slot_of(t, &k));
	shorts = word_lock(&t->short_word);
	i = walk_slot(t, word, &k) ?: walk_shorts(t, &k);
	if (i)
		map_value_out(m, value, node_value(t, i));
	word_unlock(&t->short_word, shorts);
	word_unlock(slot_of(t, &k), word);
	return i ? 0 : -ENOENT;
}

/* --- nodes --- */

static u32 take_node(struct lpm *t)
{
	u32 i = t->free;

	if (i)
		t->free = node(t, i)->free_next;
	return i ?: t->fresh++;
}

/* Up to two nodes at once. grow: an entry more, -ENOSPC if there are enough. Nodes there are always
 * enough of: see place(). */
static int take_nodes(struct skep_map *m, u32 *a, u32 *b, bool grow)
{
	struct lpm *t = m->priv;
	int err = 0;

	spin_lock(&t->lock);
	if (grow && t->nr_entries == m->max_entries)
		err = -ENOSPC;
	else {
		t->nr_entries += grow;
		*a = take_node(t);
		if (b)
			*b = take_node(t);
	}
	spin_unlock(&t->lock);
	return err;
}

static void give_node(struct lpm *t, u32 i)
{
	if (!i)
		return;
	node(t, i)->free_next = t->free;
	t->free = i;
}

static void give_nodes(struct lpm *t, u32 a, u32 b, bool shrink)
{
	spin_lock(&t->lock);
	give_node(t, a);
	give_node(t, b);
	t->nr_entries -= shrink;
	spin_unlock(&t->lock);
}

/* Make a node that nobody can reach: the first len bits of k, and k's rest behind them. */
static void fill(const struct lpm *t, u32 i, const struct key *k, u32 info, u32 left, u32 right)
{
	struct lpm_node *n = node(t, i);

	atomic_store_explicit(&n->child[0], left, memory_order_release);
	atomic_store_explicit(&n->child[1], right, memory_order_release);
	atomic_store_explicit(&n->info, info, memory_order_release);
	for (u32 w = 0; w < t->words; w++)
		atomic_store_explicit(&n->bits[w], k->w[w], memory_order_release);
}

/* --- changing a slot --- */

struct place { /* where a walk for one prefix ended */
	_Atomic u64 *b;
	u64 word;
	u32 grand, parent, at; /* the last three nodes; 0: none */
	u32 grand_side, side;  /* of the links grand → parent, parent → at */
	u32 common;	       /* bits of the prefix that `at` has */
	bool exact;	       /* at is the prefix, with a value or without */
};

/* With the slot locked. */
static void find_place(const struct lpm *t, const struct key *k, struct place *p)
{
	p->grand = p->parent = p->grand_side = p->side = p->common = 0;
	p->exact = false;
	p->at = p->word >> 32;
	while (p->at) {
		const struct lpm_node *n = node(t, p->at);
		u32 len = node_len(n);

		p->common = common_bits(n, k, MIN(len, k->len));
		p->exact = p->common == len && len == k->len;
		if (p->exact || p->common < len)
			return;
		p->grand = p->parent;
		p->grand_side = p->side;
		p->parent = p->at;
		p->side = bit_of(k->w, len);
		p->at = load_child(n, p->side);
	}
}

/* The change itself (R1), and the lock back: let the link below parent lead to `to`. */
static void relink_unlock(struct lpm *t, const struct place *p, u32 parent, u32 side, u32 to)
{
	u32 head = p->word >> 32;

	if (parent)
		atomic_store_explicit(&node(t, parent)->child[side], to, memory_order_release);
	else
		head = to;
	word_unlock(p->b, word_changed(p->word, head));
}

static bool has_value(const struct lpm *t, u32 i)
{
	return atomic_load_explicit(&node(t, i)->info, memory_order_relaxed) & LPM_VALUE;
}

static int check_exists(bool exists, u64 flags)
{
	if (exists && flags == BPF_NOEXIST)
		return -EEXIST;
	return !exists && flags == BPF_EXIST ? -ENOENT : 0;
}

/* Replace p->at, which has the same bits. */
static int replace(struct skep_map *m, const struct key *k, const void *value, struct place *p)
{
	struct lpm *t = m->priv;
	bool grow = !has_value(t, p->at);
	const struct lpm_node *old = node(t, p->at);
	u32 n;

	TRY(take_nodes(m, &n, NULL, grow));
	fill(t, n, k, k->len << 1 | LPM_VALUE, load_child(old, 0), load_child(old, 1));
	map_value_in(m, node_value(t, n), value);
	relink_unlock(t, p, p->parent, p->side, n);
	give_nodes(t, p->at, 0, false);
	return 0;
}

/* p->at does not begin with the prefix and is none of its beginnings: join both. Or it lies below. */
static int insert_above(struct skep_map *m, const struct key *k, const void *value, struct place *p)
{
	struct lpm *t = m->priv;
	bool join = p->common < k->len;
	u32 n, j = 0, side, children[2] = { 0, 0 };
	u64 w = atomic_load_explicit(&node(t, p->at)->bits[p->common / 64], memory_order_relaxed);

	TRY(take_nodes(m, &n, join ? &j : NULL, true));
	side = w >> (63 - p->common % 64) & 1; /* where p->at goes */
	children[side] = p->at;
	fill(t, n, k, k->len << 1 | LPM_VALUE, join ? 0 : children[0], join ? 0 : children[1]);
	map_value_in(m, node_value(t, n), value);
	if (join) {
		children[!side] = n;
		fill(t, j, k, p->common << 1, children[0], children[1]);
	}
	relink_unlock(t, p, p->parent, p->side, join ? j : n);
	return 0;
}

static int insert_leaf(struct skep_map *m, const struct key *k, const void *value, struct place *p)
{
	struct lpm *t = m->priv;
	u32 n;

	TRY(take_nodes(m, &n, NULL, true));
	fill(t, n, k, k->len << 1 | LPM_VALUE, 0, 0);
	map_value_in(m, node_value(t, n), value);
	relink_unlock(t, p, p->parent, p->side, n);
	return 0;
}

static int update_slot(struct skep_map *m, const struct key *k, const void *value, u64 flags)
{
	struct lpm *t = m->priv;
	struct place p = { .b = slot_of(t, k) };
	int err;

	p.word = word_lock(p.b);
	find_place(t, k, &p);
	err = check_exists(p.exact && has_value(t, p.at), flags);
	if (!err && p.exact)
		err = replace(m, k, value, &p);
	else if (!err)
		err = p.at ? insert_above(m, k, value, &p) : insert_leaf(m, k, value, &p);
	if (err)
		word_unlock(p.b, p.word);
	return err;
}

/* Take p->at out. With two children it stays, without its value; a parent without a value that would
 * have one child left goes with it. */
static void unlink_unlock(struct lpm *t, const struct place *p)
{
	struct lpm_node *n = node(t, p->at);
	u32 left = load_child(n, 0), right = load_child(n, 1);

	if (left && right) {
		atomic_store_explicit(&n->info, node_len(n) << 1, memory_order_release);
		word_unlock(p->b, word_changed(p->word, p->word >> 32));
		give_nodes(t, 0, 0, true);
	} else if (!left && !right && p->parent && !has_value(t, p->parent)) {
		relink_unlock(t, p, p->grand, p->grand_side,
			      load_child(node(t, p->parent), !p->side));
		give_nodes(t, p->at, p->parent, true);
	} else {
		relink_unlock(t, p, p->parent, p->side, left ?: right);
		give_nodes(t, p->at, 0, true);
	}
}

static int remove_slot(struct lpm *t, const struct key *k)
{
	struct place p = { .b = slot_of(t, k) };

	p.word = word_lock(p.b);
	find_place(t, k, &p);
	if (!p.exact || !has_value(t, p.at)) {
		word_unlock(p.b, p.word);
		return -ENOENT;
	}
	unlink_unlock(t, &p);
	return 0;
}

/* --- changing short prefixes --- */

static u32 short_index(const struct lpm *t, const struct key *k)
{
	return 1u << k->len | top_of(t, k) >> (t->top_bits - k->len);
}

/* A bit of short_lens without entries changes no answer, so it may come before and go after. */
static void count_short(struct lpm *t, u32 len, bool more)
{
	u32 lens = atomic_load_explicit(&t->short_lens, memory_order_relaxed);

	t->short_count[len] += more ? 1 : -1u;
	lens = t->short_count[len] ? lens | 1u << len : lens & ~(1u << len);
	atomic_store_explicit(&t->short_lens, lens, memory_order_release);
}

static int update_short(struct skep_map *m, const struct key *k, const void *value, u64 flags)
{
	struct lpm *t = m->priv;
	_Atomic u32 *at = &t->shorts[short_index(t, k)];
	u64 word = word_lock(&t->short_word);
	u32 old = atomic_load_explicit(at, memory_order_relaxed), n = 0;
	int err = check_exists(old, flags) ?: take_nodes(m, &n, NULL, !old);

	if (err) {
		word_unlock(&t->short_word, word);
		return err;
	}
	fill(t, n, k, k->len << 1 | LPM_VALUE, 0, 0);
	map_value_in(m, node_value(t, n), value);
	if (!old)
		count_short(t, k->len, true);
	atomic_store_explicit(at, n, memory_order_release);
	word_unlock(&t->short_word, word_changed(word, 0));
	give_nodes(t, old, 0, false);
	return 0;
}

static int remove_short(struct lpm *t, const struct key *k)
{
	_Atomic u32 *at = &t->shorts[short_index(t, k)];
	u64 word = word_lock(&t->short_word);
	u32 old = atomic_load_explicit(at, memory_order_relaxed);

	if (!old) {
		word_unlock(&t->short_word, word);
		return -ENOENT;
	}
	atomic_store_explicit(at, 0, memory_order_release);
	count_short(t, k->len, false);
	word_unlock(&t->short_word, word_changed(word, 0));
	give_nodes(t, old, 0, true);
	return 0;
}

static int lpm_update(struct skep_map *m, const void *key, const void *value, u64 flags,
		      struct skep_run *run)
{
	struct lpm *t = m->priv;
	struct key k;

	if (flags > BPF_EXIST || !read_key(t, key, &k))
		return -EINVAL;
	return k.len < t->top_bits ? update_short(m, &k, value, flags)
				   : update_slot(m, &k, value, flags);
}

static int lpm_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	struct lpm *t = m->priv;
	struct key k;

	if (!read_key(t, key, &k))
		return -EINVAL;
	return k.len < t->top_bits ? remove_short(t, &k) : remove_slot(t, &k);
}

/* --- walking: Linux's order, longer prefixes before those that contain them, then by bits --- */

/* The first node with a value in that order at or below i. */
static u32 first_below(const struct lpm *t, u32 i)
{
	while (i) {
		u32 left = load_child(node(t, i), 0);

		if (!left && !load_child(node(t, i), 1))
			break;
		i = left ?: load_child(node(t, i), 1);
	}
	return i;
}

/* In a locked slot: the prefix after k in that slot, 0 if k is the last one; k must be there. */
static u32 next_in_slot(const struct lpm *t, u64 word, const struct key *k)
{
	u32 path[MAX_DEPTH], depth = 0;

	for (u32 i = word >> 32; node_len(node(t, i)) < k->len;) {
		path[depth++] = i;
		i = load_child(node(t, i), bit_of(k->w, node_len(node(t, i))));
	}
	while (depth--) {
		u32 right = load_child(node(t, path[depth]), 1);

		if (right && !bit_of(k->w, node_len(node(t, path[depth]))))
			return first_below(t, right);
		if (has_value(t, path[depth]))
			return path[depth];
	}
	return 0;
}

/* The short prefixes that end with this slot, longest first: those of fewer than `below` bits. */
static bool next_short(struct lpm *t, u32 slot, u32 below, void *next)
{
	u64 word = word_lock(&t->short_word);
	bool found = false;

	for (u32 len = below; len-- && !found;) {
		u32 rest = t->top_bits - len, i;

		if (~slot & ((1u << rest) - 1))
			continue;
		i = atomic_load_explicit(&t->shorts[1u << len | slot >> rest],
					 memory_order_relaxed);
		if (i)
			write_key(t, i, next);
		found = i;
	}
	word_unlock(&t->short_word, word);
	return found;
}

static bool first_in_slot(struct lpm *t, u32 slot, void *next)
{
	u64 word;
	u32 i;

	if (!(atomic_load_explicit(&t->slots[slot], memory_order_acquire) >> 32))
		return false;
	word = word_lock(&t->slots[slot]);
	i = first_below(t, word >> 32);
	if (i)
		write_key(t, i, next);
	word_unlock(&t->slots[slot], word);
	return i;
}

static int first_from(struct lpm *t, u32 slot, void *next)
{
	for (; slot < 1u << t->top_bits; slot++)
		if (first_in_slot(t, slot, next) || next_short(t, slot, t->top_bits, next))
			return 0;
	return -ENOENT;
}

static int next_after_long(struct lpm *t, const struct key *k, void *next)
{
	struct place p = { .b = slot_of(t, k) };
	bool there;
	u32 i = 0;

	p.word = word_lock(p.b);
	find_place(t, k, &p);
	there = p.exact && has_value(t, p.at);
	if (there)
		i = next_in_slot(t, p.word, k);
	if (i)
		write_key(t, i, next);
	word_unlock(p.b, p.word);
	if (i)
		return 0;
	if (!there)
		return first_from(t, 0, next);
	return next_short(t, top_of(t, k), t->top_bits, next)
		       ? 0
		       : first_from(t, top_of(t, k) + 1, next);
}

static int next_after_short(struct lpm *t, const struct key *k, void *next)
{
	u32 slot = top_of(t, k) | ((1u << (t->top_bits - k->len)) - 1);

	if (!atomic_load_explicit(&t->shorts[short_index(t, k)], memory_order_acquire))
		return first_from(t, 0, next);
	return next_short(t, slot, k->len, next) ? 0 : first_from(t, slot + 1, next);
}

static int lpm_next_key(struct skep_map *m, const void *key, void *next)
{
	struct lpm *t = m->priv;
	struct key k;

	if (!key || !read_key(t, key, &k))
		return first_from(t, 0, next);
	return k.len < t->top_bits ? next_after_short(t, &k, next) : next_after_long(t, &k, next);
}

/* --- making one --- */

static int lpm_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || !(a->flags & BPF_F_NO_PREALLOC) || a->key_size <= sizeof(u32) ||
	    a->key_size > sizeof(u32) + LPM_MAX_DATA || !a->value_size || a->value_size > MAX_VALUE)
		return fail(
			-EINVAL,
			"lpm_trie: key size %u (5 to 260), value size %u, %u entries, flags 0x%x"
			" (must have BPF_F_NO_PREALLOC)",
			a->key_size, a->value_size, a->max_entries, a->flags);
	return 0;
}

static void layout(const struct skep_map *m, struct lpm *t)
{
	u32 bits = m->max_entries < 2 ? 1 : 32 - (u32)__builtin_clz(m->max_entries - 1);

	t->data_bits = (m->key_size - (u32)sizeof(u32)) * 8;
	t->words = (t->data_bits + 63) / 64;
	t->top_bits = MIN(bits, MIN(t->data_bits, (u32)LPM_MAX_TOP));
	t->value_off = (u32)sizeof(struct lpm_node) + t->words * 8;
	t->stride = t->value_off + m->value_stride;
	t->fresh = 1;
}

/* Nodes: every entry may need one to join it, and every writer holds one more while it replaces: slots
 * and shorts have a lock each, but no more writers than CPU slots and the syscall layer's threads are
 * at work; 2^16 of those are more than there can be locks held. */
static int place(struct skep_map *m, struct lpm *t)
{
	u64 slots = ALIGN_UP(sizeof(u64) << t->top_bits, (u64)64);
	u64 shorts = ALIGN_UP(sizeof(u32) << t->top_bits, (u64)64);
	u64 nodes = ((u64)m->max_entries * 2 + (1u << t->top_bits) + 2) * t->stride;
	char *p;

	TRY(segment_new(m->rt->va, slots + shorts + nodes, "bpf-map", &m->seg));
	p = m->seg.base;
	t->slots = (_Atomic u64 *)(void *)p;
	t->shorts = (_Atomic u32 *)(void *)(p + slots);
	t->nodes = p + slots + shorts - t->stride;
	return 0;
}

static int lpm_init(struct skep_map *m, const struct map_attr *a)
{
	struct lpm *t = aligned_alloc(64, ALIGN_UP(sizeof(*t), (size_t)64));

	if (!t)
		return -ENOMEM;
	memset(t, 0, sizeof(*t));
	m->priv = t;
	layout(m, t);
	return place(m, t);
}

static void lpm_done(struct skep_map *m)
{
	free(m->priv);
}

static u64 lpm_memory(const struct skep_map *m)
{
	return sizeof(struct lpm);
}

const struct skep_map_type map_lpm_trie = {
	.type = BPF_MAP_TYPE_LPM_TRIE,
	.name = "lpm_trie",
	.kernel_struct = "lpm_trie",
	.flags = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY |
		 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
	.check_attr = lpm_check_attr,
	.init = lpm_init,
	.done = lpm_done,
	.lookup = lpm_lookup,
	.update = lpm_update,
	.remove = lpm_remove,
	.next_key = lpm_next_key,
	.sys_lookup = lpm_sys_lookup,
	.batches = MAP_BATCH_LOOKUP | MAP_BATCH_UPDATE | MAP_BATCH_DELETE,
	.memory = lpm_memory,
};
