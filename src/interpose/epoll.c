/* epoll on ring buffers and perf buffers. Their descriptors are memfds, which epoll refuses, so their
 * eventfd is registered instead, edge-triggered: nobody needs to drain it, as every wake-up is an edge.
 * What a level-triggered wait on Linux would say again, while there still is data, epoll_wait() makes
 * up for by a new edge before it waits.
 *
 * To know what to look at, the rings registered are kept in a list: by map id, not by reference, so
 * that it keeps nothing alive; an entry whose map is gone is dropped when come upon. The instance is
 * only ever compared with the one whose client is waiting: it may have been freed, too. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "interpose/real.h"
#include "map/map.h"
#include "syscall/mmap.h"

struct entry {
	int epfd;
	u32 map_id;
	struct skep *skep;
	struct entry *next;
};

static pthread_mutex_t entries_lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

static struct entry **find(int epfd, const struct object *o)
{
	struct entry **e;

	for (e = &entries; *e; e = &(*e)->next)
		if ((*e)->epfd == epfd && (*e)->map_id == o->id && (*e)->skep == o->owner)
			break;
	return e;
}

static void forget(struct entry **e)
{
	struct entry *gone = *e;

	*e = gone->next;
	free(gone);
}

static void note(int epfd, int op, const struct object *o)
{
	struct entry **e, *new;

	if (o->kind != OBJECT_MAP)
		return; /* readers of perf buffers take all there is at every event */
	pthread_mutex_lock(&entries_lock);
	e = find(epfd, o);
	if (op == EPOLL_CTL_DEL && *e)
		forget(e);
	if (op == EPOLL_CTL_ADD && !*e && (new = malloc(sizeof(*new)))) {
		*new = (struct entry){ epfd, o->id, o->owner, NULL };
		*e = new;
	}
	pthread_mutex_unlock(&entries_lock);
}

static int real_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	return REAL(int, epoll_ctl, (int, int, int, struct epoll_event *), (epfd, op, fd, ev));
}

static int control_object(int epfd, int op, struct object *o, const struct epoll_event *ev)
{
	struct epoll_event edge = ev ? *ev : (struct epoll_event){ 0 };
	int fd = object_eventfd(o), ret;

	if (fd < 0)
		return (int)set_errno(-EPERM);
	edge.events |= EPOLLET;
	ret = real_epoll_ctl(epfd, op, fd, &edge);
	if (!ret)
		note(epfd, op, o);
	return ret;
}

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	struct object *o = interposed_object(fd, OBJECT_NONE);
	int ret;

	if (!o)
		return real_epoll_ctl(epfd, op, fd, ev);
	ret = control_object(epfd, op, o, ev);
	object_unref(o);
	return ret;
}

/* Data that was there before the wait is an event too. False: the map is gone. */
static bool renew(const struct entry *e)
{
	struct object *o = ids_get(&e->skep->ids[OBJECT_MAP], e->map_id);
	struct skep_map *m = (struct skep_map *)o;
	const u64 one = 1;

	if (!o)
		return false;
	if (m->type->readable && m->type->readable(m) &&
	    write(m->type->eventfd(m), &one, sizeof(one)) < 0)
		(void)0; /* the counter is full: readable anyway */
	object_unref(o);
	return true;
}

void epoll_forget(const struct skep *keep)
{
	struct entry **e;

	pthread_mutex_lock(&entries_lock);
	for (e = &entries; *e;)
		if ((*e)->skep != keep)
			forget(e);
		else
			e = &(*e)->next;
	pthread_mutex_unlock(&entries_lock);
}

static void before_wait(int epfd)
{
	struct skep_client *c = interposed_client();
	struct entry **e;

	if (!c)
		return;
	pthread_mutex_lock(&entries_lock);
	for (e = &entries; *e;)
		if ((*e)->epfd == epfd && (*e)->skep == c->skep && !renew(*e))
			forget(e);
		else
			e = &(*e)->next;
	pthread_mutex_unlock(&entries_lock);
}

int epoll_wait(int epfd, struct epoll_event *events, int max, int timeout)
{
	before_wait(epfd);
	return REAL(int, epoll_wait, (int, struct epoll_event *, int, int),
		    (epfd, events, max, timeout));
}
