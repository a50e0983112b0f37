/* What mmap(2) and epoll(7) make of a descriptor of an object's, whoever the client is: the kernel maps
 * the memfd behind it, but Linux's rules about what may be mapped are ours to keep. */
#ifndef SKEP_SYSCALL_MMAP_H
#define SKEP_SYSCALL_MMAP_H

#include "base/object.h"

struct skep_client;
struct skep_map;

struct mmap_request {
	u64 addr, len; /* len: of whole pages; addr: 0 or where the client wants it */
	u64 off;
	int prot, flags;
};

/* May the object be mapped so? Makes a perf event's ring, as only now its size is known. 0 or what
 * mmap(2) answers. */
int object_mmap(struct object *o, const struct mmap_request *r) MUST_CHECK;
/* Where in the instance's own process the object has to be mapped, if that is not the kernel's choice: an arena may not
 * cross a boundary of 4 GiB. 0: anywhere. What lies there is reserved, the kernel is to map over it. */
u64 object_mmap_addr(struct object *o, const struct mmap_request *r);
/* An arena's address is where its first client has mapped it: ask, if it is not known yet. */
void arena_ask_client(struct skep_client *c, struct skep_map *m);
/* The descriptor of this process that epoll can watch in the object's place: an eventfd that is written
 * to whenever there is something new to read. -1: the object cannot be waited for. */
int object_eventfd(struct object *o);

#endif
