/* What a client in this process knows of its descriptors without asking the kernel, which takes longer than all
 * the rest of a look-up. Only where whoever closes descriptors tells us: with the interposer (src/interpose), which
 * defines close() and its kin.
 *
 * Invariant: an entry holds a reference to its object, so it is valid until fd_cache_closed() drops it; that is
 * called before the descriptor is closed or replaced. Descriptors closed behind the C library's back keep their
 * object alive until their number is used again. */
#ifndef SKEP_SYSCALL_FD_CACHE_H
#define SKEP_SYSCALL_FD_CACHE_H

#include "base/object.h"
#include "base/types.h"

struct fd_cache;

/* NULL: no memory. All caches of the process are told of descriptors that go. */
struct fd_cache *fd_cache_new(void);
void fd_cache_free(struct fd_cache *c); /* takes NULL */
/* The object behind fd with a reference, or NULL: not known, or of another kind (OBJECT_NONE: any). access may be
 * NULL. */
struct object *fd_cache_get(struct fd_cache *c, int fd, enum object_kind kind, int *access);
void fd_cache_put(struct fd_cache *c, int fd, struct object *o, int access);
void fd_cache_closed(unsigned int first, unsigned int last);

#endif
