/* Blocks are cut from chunks that double in size, and kept in lists by size once given back: four sizes per power of two, so at
 * most a quarter of a block is unused. Chunks of some size are the kernel's large pages if it has them: one page
 * fault in the place of 512.
 *
 * With AddressSanitizer every block is the C library's, so that it watches over each. */
#include "verifier/pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_CHUNK (16u << 10)
#define HUGE	    (2u << 20) /* of x86-64 and, with pages of 4 KB, of arm64 */
#define LAST_CHUNK  (4u << 20)
#define MIN_SHIFT   6 /* blocks below are 64 bytes */

struct pool_block { /* unused */
	struct pool_block *next;
};

struct pool_chunk { /* at its own beginning */
	struct pool_chunk *next;
	size_t size;
} __attribute__((aligned(16)));

#ifndef __SANITIZE_ADDRESS__

/* The list for blocks of *size bytes, which is rounded up to what those have. */
static u32 class_of(size_t *size)
{
	size_t n = MAX(*size, (size_t)1 << MIN_SHIFT);
	u32 shift = 63 - (u32)__builtin_clzll(n) - 2; /* a quarter of the power of two below */

	n = (n + ((size_t)1 << shift) - 1) >> shift; /* 4 … 8 quarters */
	*size = n << shift;
	return (shift + 2 - MIN_SHIFT) * 4 + (u32)n - 4;
}

/* mmap()ed memory begins at a multiple of pages; for large ones more has to be asked for, and the rest given back. */
static void *map_chunk(size_t size)
{
	size_t more = size >= HUGE ? HUGE : 0, skip;
	u8 *at =
		mmap(NULL, size + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	if (!more)
		return at;
	skip = -(uintptr_t)at % HUGE;
	if (skip)
		munmap(at, skip);
	if (more - skip)
		munmap(at + skip + size, more - skip);
	madvise(at + skip, size, MADV_HUGEPAGE); /* or not: then small ones */
	return at + skip;
}

static bool add_chunk(struct pool *p, size_t block)
{
	size_t size = p->chunks ? MIN(p->chunks->size * 2, LAST_CHUNK) : FIRST_CHUNK;
	struct pool_chunk *c;

	while (size < block + sizeof(*c))
		size *= 2;
	c = map_chunk(size);
	if (!c)
		return false;
	c->size = size;
	c->next = p->chunks;
	p->chunks = c;
	p->at = (u8 *)(c + 1);
	p->end = (u8 *)c + size;
	return true;
}

void *pool_alloc(struct pool *p, size_t size)
{
	u32 class = class_of(&size);
	struct pool_block *b;
	void *block;

	if (class >= POOL_CLASSES)
		return NULL;
	b = p->free[class];
	if (b) {
		p->free[class] = b->next;
		return b;
	}
	if ((size_t)(p->end - p->at) < size && !add_chunk(p, size))
		return NULL;
	block = p->at;
	p->at += size;
	return block;
}

void pool_free(struct pool *p, void *block, size_t size)
{
	struct pool_block *b = block;
	u32 class;

	if (!b)
		return;
	class = class_of(&size);
	b->next = p->free[class];
	p->free[class] = b;
}

void pool_done(struct pool *p)
{
	while (p->chunks) {
		struct pool_chunk *c = p->chunks;

		p->chunks = c->next;
		munmap(c, c->size);
	}
	*p = (struct pool){ 0 };
}

#else

/* Whoever uses the pool need not give back what ends with it: so all blocks are in a list. */
struct pool_chunk_links {
	struct pool_chunk_links *next, *prev;
};

void *pool_alloc(struct pool *p, size_t size)
{
	struct pool_chunk_links *l = malloc(sizeof(*l) + size), *first = (void *)p->chunks;

	if (!l)
		return NULL;
	*l = (struct pool_chunk_links){ .next = first };
	if (first)
		first->prev = l;
	p->chunks = (void *)l;
	return l + 1;
}

void pool_free(struct pool *p, void *block, size_t size)
{
	struct pool_chunk_links *l;

	(void)size;
	if (!block)
		return;
	l = (struct pool_chunk_links *)block - 1;
	if (l->next)
		l->next->prev = l->prev;
	if (l->prev)
		l->prev->next = l->next;
	else
		p->chunks = (void *)l->next;
	free(l);
}

void pool_done(struct pool *p)
{
	while (p->chunks)
		pool_free(p, (struct pool_chunk_links *)p->chunks + 1, 0);
}

#endif

void *pool_zalloc(struct pool *p, size_t size)
{
	void *block = pool_alloc(p, size);

	return block ? memset(block, 0, size) : NULL;
}

void *pool_grow(struct pool *p, void *old, size_t old_size, size_t used, size_t size)
{
	void *block = pool_alloc(p, size);

	if (!block)
		return NULL;
	if (used)
		memcpy(block, old, used);
	pool_free(p, old, old_size);
	return block;
}
