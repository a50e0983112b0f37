/* Maps: what the syscall layer, the verifier and helpers see of every type. A type is one file and
 * one const table; map.c answers a missing operation with Linux's errno and implements what is common
 * (batches over next_key, per-CPU copies).
 *
 * Invariants: key_size, value_size and all attributes are fixed at creation; elements live in the
 * map's segment and are never unmapped while the map lives; a deleted element is reused, not freed
 * (DESIGN D7). Operations are safe from any number of program slots and controllers at once. */
#ifndef SKEP_MAP_MAP_H
#define SKEP_MAP_MAP_H

#include <linux/bpf.h>
#include <stdatomic.h>

#include "base/err.h"
#include "base/object.h"
#include "exec/run.h"
#include "map/owner.h"

struct btf;
struct btf_record;
struct image;
struct skep_map;

struct map_attr { /* MAP_CREATE, checked by the syscall layer only as far as all types agree */
	u32 type, key_size, value_size, max_entries, flags, numa_node;
	u64 extra;
	char name[16];
	struct btf *btf; /* may be NULL; the map takes its own reference */
	u32 btf_key_id, btf_value_id;
	struct skep_map *inner; /* template of map-in-map types */
	struct btf *kernel;	/* STRUCT_OPS: the kernel's, and the value's type there */
	u32 kernel_value_id;
};

enum { /* struct skep_map_type: batches */
       MAP_BATCH_LOOKUP = 1,
       MAP_BATCH_UPDATE = 2,
       MAP_BATCH_DELETE = 4,
};

struct buf;
typedef void *map_lookup_fn(struct skep_map *m, const void *key, struct skep_run *run);

struct skep_map_type {
	u32 type;		   /* enum bpf_map_type */
	const char *name;	   /* as bpftool prints it: "percpu_array" */
	const char *kernel_struct; /* what map pointers point to in the kernel: "bpf_array" */
	u32 flags;		   /* BPF_F_* accepted at creation */
	u32 own_flags;		   /* … and those that each such map has */
	bool per_cpu;		   /* the syscall's value is one 8-aligned value per CPU */
	enum object_kind
		holds; /* the syscall's value is an fd of this kind; OBJECT_NONE: plain bytes */
	u8 owner; /* enum owner_kind: bpf(2)'s keys are descriptors of such objects, which the syscall
			 * layer turns into their numbers; programs pass pointers to them */
	bool no_inner;	/* cannot be an inner map */
	bool no_btf;	/* BTF for key and value is refused (-ENOTSUPP) */
	u32 fields;	/* FIELD_*: what values may hold that is not data (btf/record.h) */
	bool has_extra; /* map_extra means something: check_attr looks at it */
	bool peek_asks; /* peek reads the value it is given, and writes none */
	bool user_mmap; /* the fd itself can be mapped, as the UAPI says for this type */
	/* Helpers that take this map, ended by 0; NULL: all whose map_types do not exclude it. */
	const u32 *helpers;
	int (*check_attr)(const struct map_attr *a);		   /* -EINVAL, -E2BIG, … */
	int (*init)(struct skep_map *m, const struct map_attr *a); /* m's common fields are set */
	void (*done)(struct skep_map *m);			   /* takes half-built maps */
	/* Every value that programs ever may have had, for freeing fields; takes half-built maps. */
	void (*each_value)(struct skep_map *m, void (*fn)(struct skep_map *m, void *value));
	/* Where values lie, if layout does not say it: base, strides, max. For checked runs. */
	void (*values)(const struct skep_map *m, struct map_layout *out);

	/* From programs (run != NULL: per-CPU types use run->cpu) and, with run == NULL, from the
	 * syscall layer for types that are not per_cpu. lookup returns the value in place, or NULL. */
	map_lookup_fn *lookup;
	/* For engines: the same for this map, knowing more; NULL: lookup. */
	map_lookup_fn *(*lookup_for)(const struct skep_map *m);
	int (*update)(struct skep_map *m, const void *key, const void *value, u64 flags,
		      struct skep_run *run);
	int (*remove)(struct skep_map *m, const void *key, struct skep_run *run);
	/* key == NULL: the first. -ENOENT at the end. */
	int (*next_key)(struct skep_map *m, const void *key, void *next);

	/* From the syscall layer only, where it is more than the above: whole values, per-CPU included. */
	int (*sys_lookup)(struct skep_map *m, const void *key, void *value, u64 flags);
	int (*sys_update)(struct skep_map *m, const void *key, const void *value, u64 flags);
	int (*sys_lookup_remove)(struct skep_map *m, const void *key, void *value, u64 flags);
	/* types with holds: store (a reference moves in; NULL deletes) and read back the object's id */
	int (*set_object)(struct skep_map *m, const void *key, struct object *o, u64 flags);
	int (*get_object_id)(struct skep_map *m, const void *key, u32 *id);
	int (*may_hold)(struct skep_map *m, struct object *o); /* compatible? -EINVAL */

	/* bpf_redirect_map: does the entry lead somewhere? */
	bool (*has_target)(struct skep_map *m, u32 key);

	bool indexed; /* keys are u32 numbers below max_entries */
	u8 batches;   /* MAP_BATCH_*: batch commands that go element by element */
	/* Types with buckets: copy (and remove) all entries of one to keys and values (packed), if they
	 * are at most room; *n is their number. -ENOSPC if there are more (nothing is done),
	 * -ENOENT behind the last bucket. values: as map_user_value_size() says. */
	int (*bucket)(struct skep_map *m, u32 bucket, void *keys, void *values, u32 room,
		      bool remove, u32 *n);

	int (*push)(struct skep_map *m, const void *value, u64 flags);
	int (*pop)(struct skep_map *m, void *value);
	int (*peek)(struct skep_map *m, void *value);

	/* bpf_for_each_map_elem: returns elements visited or an error. */
	s64 (*for_each)(struct skep_map *m, u64 callback, u64 ctx, u64 flags, struct skep_run *run);
	/* The key of a value in the map: in place, or its index, which is put into *index. */
	const void *(*key_of)(const struct skep_map *m, const void *value, u32 *index);
	/* Address of byte off of the single value (BPF_PSEUDO_MAP_VALUE), or an error: -ENOTSUPP. */
	int (*value_addr)(struct skep_map *m, u32 off, u64 *addr);
	/* Types whose elements never move: where they are (kind, base, strides). */
	void (*layout)(const struct skep_map *m, struct map_layout *out);
	u64 (*memory)(
		const struct skep_map *m); /* bytes beside the segment, for fdinfo's memlock */
	/* Types that can be waited for: a descriptor, the map's own, that every wake-up makes an edge on (EPOLLIN, for
	 * producers EPOLLOUT); and is there something to be read right now? NULL: never. */
	int (*eventfd)(struct skep_map *m);
	bool (*readable)(struct skep_map *m);
	/* Fill what kernel_struct has beside struct bpf_map (image.h). */
	void (*describe)(const struct skep_map *m, const struct image *i);
	/* lines of fdinfo that only this type has */
	void (*fdinfo)(struct skep_map *m, struct buf *out);
	void (*release_objects)(
		struct skep_map *m); /* last user reference gone: drop held programs */
};

struct skep_map {
	struct object obj; /* first */
	const struct skep_map_type *type;
	struct runtime *rt;
	u32 key_size, value_size, max_entries, flags;
	u64 extra;
	char name[16];
	struct btf *btf;
	u32 btf_key_id, btf_value_id;
	struct btf_record *record; /* the value's fields that are not data; NULL: none */
	s32 spin_lock_off;	   /* of the lock that BPF_F_LOCK takes, or -1 */
	_Atomic bool frozen;
	_Atomic u32 writers; /* user-space updates under way, for MAP_FREEZE */
	struct segment seg;  /* elements; seg.fd is what clients may map if type->user_mmap */
	u32 value_stride;    /* value_size rounded up to 8 */
	void *priv;	     /* the type's own */
	struct skep_map *inner;
	_Atomic(void *) view; /* what programs read through pointers to the map (image.h) */
	struct image *image;  /* … and the same for whoever frees it */
};

/* Checks attributes by type and builds the map (id and fd are the object layer's). */
int map_new(struct runtime *rt, const struct map_attr *a, struct skep_map **out) MUST_CHECK;
const struct skep_map_type *map_type_find(u32 type); /* NULL if there is none */

static inline void map_ref(struct skep_map *m)
{
	object_ref(&m->obj);
}
static inline void map_unref(struct skep_map *m)
{
	if (m)
		object_unref(&m->obj);
}

/* SOCKMAP, SOCKHASH: a program's look-up finds a socket, and takes a reference to it. */
static inline bool map_holds_sockets(const struct skep_map *m)
{
	return m->type->type == BPF_MAP_TYPE_SOCKMAP || m->type->type == BPF_MAP_TYPE_SOCKHASH;
}

/* What bpf(2) moves for one value: value_size, or one 8-aligned value per CPU; 4 for fd types. */
u32 map_user_value_size(const struct skep_map *m);

/* bpf(2)'s element commands on kernel-side buffers; Linux's errnos. Types with `holds` are handled by
 * the caller (fd → object). File modes, and `frozen` with `writers`, are the caller's to check. */
int map_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags);
int map_sys_update(struct skep_map *m, const void *key, const void *value, u64 flags);
int map_sys_delete(struct skep_map *m, const void *key);
int map_sys_lookup_delete(struct skep_map *m, const void *key, void *value, u64 flags);
int map_sys_next_key(struct skep_map *m, const void *key, void *next);
int map_freeze(struct skep_map *m);
u64 map_memory(const struct skep_map *m);

/* bpf_spin_lock in a value: a u32, 0 free. */
void map_lock_value(struct skep_map *m, void *value);
void map_unlock_value(struct skep_map *m, void *value);

/* Move a value into and out of map memory as the syscalls do: fields that are not data are left alone
 * in the map and zero outside. value is the map's, other is private memory. */
void map_value_in(const struct skep_map *m, void *value, const void *other);
void map_value_out(const struct skep_map *m, void *other, const void *value);
/* Make the special fields of a new value what they start as: what an older value still had is freed. */
void map_value_init(struct skep_map *m, void *value);
/* The value goes away: free what its fields own. Programs may still hold pointers to it and store
 * anew; map_value_init() or the map's end frees that. */
void map_value_free(struct skep_map *m, void *value);

/* Flags of an update: 0, or -EINVAL. */
static inline int map_check_update_flags(const struct skep_map *m, u64 flags)
{
	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	return (flags & BPF_F_LOCK) && m->spin_lock_off < 0 ? -EINVAL : 0;
}

/* The types with an index for a key: keys of 4 bytes, next_key counts. */
int index_next_key(struct skep_map *m, const void *key, void *next);
static inline u32 index_of_key(const void *key)
{
	u32 i;

	__builtin_memcpy(&i, key, sizeof(i));
	return i;
}

/* For engines; what map_layout says stays true while the map lives. */
void map_layout(const struct skep_map *m, struct map_layout *out);

/* What a ld_imm64 of a verified program refers to: which of p->maps, and the offset in its value. False if it
 * is a plain number or a function. */
bool map_of_insn(const struct skep_prog *p, const struct bpf_insn *i, u32 *index, u32 *off);

/* --- for helpers --- */
struct skep_prog *prog_array_get(struct skep_map *m,
				 u32 index); /* no reference: valid inside a run */

/* Ring buffer (src/map/ringbuf.c). The record pointer returned by reserve is inside the segment, which
 * clients may write to: commit finds the map by address, so a forged record header cannot misguide it. */
void *ringbuf_reserve(struct skep_map *m, u64 size, u64 flags);
void ringbuf_commit(struct skep_run *run, void *record, u64 flags, bool discard);
int ringbuf_output(struct skep_map *m, const void *data, u64 size, u64 flags);
u64 ringbuf_query(struct skep_map *m, u64 what);

/* User ring buffer (src/map/user_ringbuf.c): one drain at a time. Between begin (false: another one is at it) and end,
 * peek shows the next record, which stays where it is until it is consumed or the next peek. -ENODATA: there is none;
 * -EAGAIN: the producer discarded one, which was skipped; -EINVAL, -E2BIG: the producer wrote nonsense. */
bool user_ringbuf_begin(struct skep_map *m);
void user_ringbuf_end(struct skep_map *m);
int user_ringbuf_peek(struct skep_map *m, void **data, u32 *size);
void user_ringbuf_consume(struct skep_map *m, u32 size);
void user_ringbuf_wake(struct skep_map *m); /* producers that wait for room */

/* Perf event array (src/map/perf_event_array.c): what a slot holds. */
struct perf_event {
	struct object obj; /* OBJECT_PERF */
	/* Write one PERF_RECORD_SAMPLE of raw data made of two parts. 0, -ENOSPC. */
	int (*output)(struct perf_event *e, const void *a, u32 a_len, const void *b, u32 b_len,
		      struct skep_run *run);
	u32 cpu;
};
int perf_event_array_output(struct skep_map *m, u64 flags, const void *a, u32 a_len, const void *b,
			    u32 b_len, struct skep_run *run);

#endif
