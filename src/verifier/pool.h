/* Memory of one verification's states: many blocks of few sizes, taken and given back at every branch, all gone when
 * it ends.
 *
 * The C library's allocator is made for other things: threads other than the first pay a system call for each page that
 * their heap grows by, which was a third of all time for programs of many states.
 *
 * Not thread-safe: whoever verifies has a pool of its own. */
#ifndef SKEP_VERIFIER_POOL_H
#define SKEP_VERIFIER_POOL_H

#include "base/types.h"

struct pool_block;
struct pool_chunk;

#define POOL_CLASSES 128

struct pool { /* zeroed: empty */
	struct pool_chunk *chunks;
	u8 *at, *end; /* what is left of the newest chunk */
	struct pool_block *free[POOL_CLASSES];
};

/* size (> 0) bytes of any content, aligned to 16; NULL: no memory. */
void *pool_alloc(struct pool *p, size_t size) MUST_CHECK;
void *pool_zalloc(struct pool *p, size_t size) MUST_CHECK;
/* Give a block of that size back. Takes NULL. */
void pool_free(struct pool *p, void *block, size_t size);
/* A block of `size` bytes that begins with the first `used` bytes of the old one, which is given back. NULL: no memory, the
 * old one stays. */
void *pool_grow(struct pool *p, void *old, size_t old_size, size_t used, size_t size) MUST_CHECK;
/* All blocks are gone. */
void pool_done(struct pool *p);

#endif
