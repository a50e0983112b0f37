/* The batch commands of maps. Most types go element by element; types that give their entries by
 * bucket (hash tables) do so here too, because there the position that a client keeps between two
 * calls is a bucket number, which stays meaningful when elements come and go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "syscall/map_elem.h"
#include "syscall/sys.h"

struct batch {
	struct call *c;
	const struct attr_batch *a;
	struct skep_map *map;
	u32 value_size;
	char *key, *prev, *value; /* one of each */
	u32 done;
};

static int check_lock(const struct batch *b)
{
	u64 flags = b->a->elem_flags;

	if ((flags & ~(u64)BPF_F_LOCK) || (flags && b->map->spin_lock_off < 0))
		return fail(-EINVAL, "batch: only BPF_F_LOCK is possible, for values with a lock");
	return 0;
}

static int alloc_element(struct batch *b)
{
	u32 key = ALIGN_UP(b->map->key_size, 8);

	b->key = malloc(2 * (size_t)key + b->value_size);
	if (!b->key)
		return -ENOMEM;
	b->prev = b->key + key;
	b->value = b->prev + key;
	return 0;
}

static int read_key(struct batch *b)
{
	u32 size = b->map->key_size;

	return client_read(b->c->client, b->key, b->a->keys + (u64)b->done * size, size);
}

static int read_value(struct batch *b)
{
	return client_read(b->c->client, b->value, b->a->values + (u64)b->done * b->value_size,
			   b->value_size);
}

static int write_element(struct batch *b)
{
	u32 size = b->map->key_size;

	return client_write(b->c->client, b->a->keys + (u64)b->done * size, b->key, size)
		       ?: client_write(b->c->client, b->a->values + (u64)b->done * b->value_size,
				       b->value, b->value_size);
}

/* Read elements from the one after b->prev (first: the first one) on. An element that is deleted
 * between finding its key and reading its value is skipped. */
static int lookup_elements(struct batch *b, bool first)
{
	int err;

	while (b->done < b->a->count) {
		TRY(map_sys_next_key(b->map, first ? NULL : b->prev, b->key));
		err = map_lookup_any(b->map, b->key, b->value, b->a->elem_flags);
		if (!err)
			err = write_element(b);
		if (err && err != -ENOENT)
			return err;
		b->done += !err;
		first = false;
		memcpy(b->prev, b->key, b->map->key_size);
	}
	return 0;
}

/* in_batch and out_batch are the key of the last element read. */
static int lookup_generic(struct batch *b)
{
	u32 size = b->map->key_size;
	int err;

	TRY(check_lock(b));
	if (!b->a->count)
		return 0;
	TRY(PUT_ATTR(b->c, batch.count, 0));
	TRY(alloc_element(b));
	if (b->a->in_batch)
		TRY(client_read(b->c->client, b->prev, b->a->in_batch, size));
	err = lookup_elements(b, !b->a->in_batch);
	if (err == -EFAULT)
		return err;
	TRY(PUT_ATTR(b->c, batch.count, b->done));
	if (b->done)
		TRY(client_write(b->c->client, b->a->out_batch, b->prev, size));
	return err;
}

static int update_generic(struct batch *b)
{
	int err = 0;

	TRY(check_lock(b));
	if (!b->a->count)
		return 0;
	TRY(alloc_element(b));
	for (; !err && b->done < b->a->count; b->done += !err)
		err = read_key(b) ?:
		      read_value(b) ?:
		      map_update_any(b->c->client, b->map, b->key, b->value, b->a->elem_flags);
	return PUT_ATTR(b->c, batch.count, b->done) ?: err;
}

static int delete_generic(struct batch *b)
{
	int err = 0;

	TRY(check_lock(b));
	if (!b->a->count)
		return 0;
	TRY(alloc_element(b));
	for (; !err && b->done < b->a->count; b->done += !err)
		err = read_key(b) ?: map_delete_any(b->map, b->key);
	return PUT_ATTR(b->c, batch.count, b->done) ?: err;
}

/* Room for the entries of one bucket, growing. */
struct bucket {
	char *keys, *values;
	u32 room;
};

static int bucket_grow(struct batch *b, struct bucket *k, u32 room)
{
	char *keys = realloc(k->keys, (size_t)room * b->map->key_size);
	char *values;

	if (!keys)
		return -ENOMEM;
	k->keys = keys;
	values = realloc(k->values, (size_t)room * b->value_size);
	if (!values)
		return -ENOMEM;
	k->values = values;
	k->room = room;
	return 0;
}

/* Fetch (and remove) one bucket's entries if they fit what the client still has room for, -ENOSPC if
 * not, -ENOENT behind the last bucket. */
static int fetch_bucket(struct batch *b, struct bucket *k, u32 no, bool remove, u32 *n)
{
	u32 room = b->a->count - b->done;
	int err;

	for (;;) {
		err = b->map->type->bucket(b->map, no, k->keys, k->values, MIN(k->room, room),
					   remove, n);
		if (err != -ENOSPC || *n > room)
			return err;
		TRY(bucket_grow(b, k, MAX(*n, 2 * k->room)));
	}
}

static int write_bucket(struct batch *b, const struct bucket *k, u32 n)
{
	u64 ks = b->map->key_size, vs = b->value_size;

	TRY(client_write(b->c->client, b->a->keys + b->done * ks, k->keys, n * ks));
	TRY(client_write(b->c->client, b->a->values + b->done * vs, k->values, n * vs));
	b->done += n;
	return 0;
}

static int copy_buckets(struct batch *b, struct bucket *k, u32 *no, bool remove)
{
	int err;
	u32 n;

	for (;; ++*no) {
		err = fetch_bucket(b, k, *no, remove, &n);
		if (err == -ENOSPC && b->done)
			return 0; /* what fitted is a good answer */
		if (err)
			return err;
		TRY(write_bucket(b, k, n));
	}
}

static int lookup_buckets(struct batch *b, bool remove)
{
	struct bucket k = { 0 };
	u32 no = 0;
	int err;

	TRY(check_lock(b));
	if (b->a->flags)
		return fail(-EINVAL, "batch: flags are not zero");
	if (!b->a->count)
		return 0;
	TRY(PUT_ATTR(b->c, batch.count, 0));
	if (b->a->in_batch)
		TRY(client_read(b->c->client, &no, b->a->in_batch, sizeof(no)));
	if (b->a->in_batch &&
	    b->map->type->bucket(b->map, no, NULL, NULL, 0, false, &(u32){ 0 }) == -ENOENT)
		return -ENOENT;
	err = bucket_grow(b, &k, 8) ?: copy_buckets(b, &k, &no, remove);
	free(k.keys);
	free(k.values);
	if (err == -EFAULT || err == -ENOMEM)
		return err;
	TRY(client_write(b->c->client, b->a->out_batch, &no, sizeof(no)));
	return PUT_ATTR(b->c, batch.count, b->done) ?: err;
}

static int lookup(struct batch *b)
{
	if (b->map->type->bucket)
		return lookup_buckets(b, false);
	return b->map->type->batches & MAP_BATCH_LOOKUP ? lookup_generic(b) : -ENOTSUPP;
}

static int lookup_delete(struct batch *b)
{
	return b->map->type->bucket ? lookup_buckets(b, true) : -ENOTSUPP;
}

static int update(struct batch *b)
{
	return b->map->type->batches & MAP_BATCH_UPDATE ? update_generic(b) : -ENOTSUPP;
}

static int delete (struct batch *b)
{
	return b->map->type->batches & MAP_BATCH_DELETE ? delete_generic(b) : -ENOTSUPP;
}

static int check_access(bool reads, bool writes, int access)
{
	return (reads && !can_read(access)) || (writes && !can_write(access)) ? -EPERM : 0;
}

static long run_batch(struct call *c, int (*fn)(struct batch *), bool reads, bool writes)
{
	struct batch b = { .c = c, .a = &c->attr.batch };
	int access, err;

	TRY(call_map(c, b.a->map_fd, &access, &b.map));
	b.value_size = map_user_value_size(b.map);
	err = check_access(reads, writes, access);
	if (!err && writes && !map_write_begin(b.map))
		err = -EPERM;
	if (!err) {
		err = fn(&b);
		if (writes)
			map_write_end(b.map);
	}
	free(b.key);
	map_unref(b.map);
	return err;
}

long sys_map_lookup_batch(struct call *c)
{
	return run_batch(c, lookup, true, false);
}

long sys_map_lookup_delete_batch(struct call *c)
{
	return run_batch(c, lookup_delete, true, true);
}

long sys_map_update_batch(struct call *c)
{
	return run_batch(c, update, false, true);
}

long sys_map_delete_batch(struct call *c)
{
	return run_batch(c, delete, false, true);
}
