/* What all kernel-like objects (programs, maps, BTF, links) have in common: a reference count and
 * an identity. src/object/ gives them ids, file descriptors and pins; lower layers only take and
 * drop references, so that a map may hold a program without knowing what one is.
 *
 * Invariant: refs counts every holder (files, pins, other objects, running calls); at zero the
 * object's free() runs, once, on the thread that dropped the last reference; withdraw(), if set,
 * runs right before it and takes back the id and everything else that leads to the object. */
#ifndef SKEP_BASE_OBJECT_H
#define SKEP_BASE_OBJECT_H

#include <stdatomic.h>

#include "base/types.h"

struct skep;

enum object_kind {
	OBJECT_NONE,
	OBJECT_PROG,
	OBJECT_MAP,
	OBJECT_BTF,
	OBJECT_LINK,
	OBJECT_PERF,  /* perf event: what a PERF_EVENT_ARRAY slot holds */
	OBJECT_STATS, /* an open BPF_ENABLE_STATS */
	OBJECT_ITER,  /* an iterator's session */
};

struct object {
	_Atomic u32 refs;
	u8 kind; /* enum object_kind */
	u32 id;	 /* 0: none */
	void (*free)(struct object *);
	/* Owned by src/object/: the instance that published this object, or NULL. */
	struct skep *owner;
	void (*withdraw)(struct object *);
	/* How many of the holders are clients' (all open files together, each pin). At zero abandoned()
	 * runs, if set: what only clients can make reachable again may be let go, cycles above all. */
	_Atomic u32 users;
	void (*abandoned)(struct object *);
	/* A memfd whose memory clients may map through their descriptors, kept open by the object's
	 * owner; -1 if there is none. */
	int backing;
	/* Owned by src/object/files.c: the inode that stands for this object among file descriptors. */
	u64 dev, ino;
	int probe;	/* our own read-only file of that inode, -1 if there is no inode yet */
	int watch;	/* inotify watch descriptor, -1 if none */
	bool has_files; /* clients may have the inode open: those files hold one reference together */
	_Atomic bool restricted;	      /* some file was opened read-only or write-only */
	struct object *next_ino, *next_watch; /* hash chains */
	u64 suspect_until;		      /* ns: when to stop asking whether it is in use */
	struct object *next_suspect;
};

static inline void object_init(struct object *o, enum object_kind kind,
			       void (*free)(struct object *))
{
	*o = (struct object){ .kind = kind, .free = free, .backing = -1, .probe = -1, .watch = -1 };
	atomic_store_explicit(&o->refs, 1, memory_order_relaxed);
}

static inline void object_ref(struct object *o)
{
	atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
}

/* Take a reference unless the object is already dying. */
static inline bool object_try_ref(struct object *o)
{
	u32 n = atomic_load_explicit(&o->refs, memory_order_relaxed);

	while (n)
		if (atomic_compare_exchange_weak_explicit(&o->refs, &n, n + 1, memory_order_acquire,
							  memory_order_relaxed))
			return true;
	return false;
}

static inline void object_user_get(struct object *o)
{
	atomic_fetch_add_explicit(&o->users, 1, memory_order_relaxed);
}

/* The caller still holds a reference. */
static inline void object_user_put(struct object *o)
{
	if (atomic_fetch_sub_explicit(&o->users, 1, memory_order_acq_rel) == 1 && o->abandoned)
		o->abandoned(o);
}

/* Takes NULL. */
static inline void object_unref(struct object *o)
{
	/* acq_rel: whoever frees must see all that other holders wrote before they let go. */
	if (!o || atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (o->withdraw)
		o->withdraw(o);
	o->free(o);
}

#endif
