/* See fd_cache.h. */
#include "syscall/fd_cache.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS 256 /* descriptors from 0 on; others are asked for each time */

struct slot {
	_Atomic bool locked; /* for a few instructions */
	int access;
	struct object *o; /* NULL: not known */
};

struct fd_cache {
	struct slot slot[SLOTS];
	struct fd_cache *next;
};

/* Closing is the process's affair, so this list is, too. */
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct fd_cache *_Atomic list;

static void lock_slot(struct slot *s)
{
	while (atomic_exchange_explicit(&s->locked, true, memory_order_acquire))
		;
}

static void unlock_slot(struct slot *s)
{
	atomic_store_explicit(&s->locked, false, memory_order_release);
}

struct fd_cache *fd_cache_new(void)
{
	struct fd_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	pthread_mutex_lock(&list_lock);
	c->next = list;
	list = c;
	pthread_mutex_unlock(&list_lock);
	return c;
}

/* Replace what a slot holds. */
static void set(struct slot *s, struct object *o, int access)
{
	struct object *old;

	lock_slot(s);
	old = s->o;
	s->o = o;
	s->access = access;
	unlock_slot(s);
	object_unref(old);
}

void fd_cache_free(struct fd_cache *c)
{
	struct fd_cache *before;

	if (!c)
		return;
	pthread_mutex_lock(&list_lock);
	if (list == c) {
		list = c->next;
	} else {
		for (before = list; before->next != c; before = before->next)
			;
		before->next = c->next;
	}
	pthread_mutex_unlock(&list_lock);
	for (u32 fd = 0; fd < SLOTS; fd++)
		set(&c->slot[fd], NULL, 0);
	free(c);
}

struct object *fd_cache_get(struct fd_cache *c, int fd, enum object_kind kind, int *access)
{
	struct object *o;
	struct slot *s;

	if ((unsigned int)fd >= SLOTS)
		return NULL;
	s = &c->slot[fd];
	lock_slot(s);
	o = s->o;
	if (o && (kind == OBJECT_NONE || o->kind == kind))
		object_ref(o);
	else
		o = NULL;
	if (o && access)
		*access = s->access;
	unlock_slot(s);
	return o;
}

void fd_cache_put(struct fd_cache *c, int fd, struct object *o, int access)
{
	if ((unsigned int)fd >= SLOTS)
		return;
	object_ref(o);
	set(&c->slot[fd], o, access);
}

void fd_cache_closed(unsigned int first, unsigned int last)
{
	if (!list) /* without the lock: another thread may have held it when we were forked */
		return;
	pthread_mutex_lock(&list_lock);
	for (struct fd_cache *c = list; c; c = c->next)
		for (unsigned int fd = first; fd <= last && fd < SLOTS; fd++)
			if (c->slot[fd].o)
				set(&c->slot[fd], NULL, 0);
	pthread_mutex_unlock(&list_lock);
}
