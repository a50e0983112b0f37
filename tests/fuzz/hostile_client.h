/* What a hostile client is made of: its descriptors, its page of rubbish, its luck. */
#ifndef SKEP_TESTS_HOSTILE_CLIENT_H
#define SKEP_TESTS_HOSTILE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/hostile.h"

#define POOL   16
#define BUFFER 8192

struct client {
	struct rng rng;
	int *pool; /* both threads' */
	const int *mail;
	unsigned char *page; /* BUFFER bytes, then nothing: what runs over ends in EFAULT */
	int epoll;
	bool may_fork;
};

static inline uint32_t below(struct client *c, uint32_t n)
{
	return (uint32_t)(rng_next(&c->rng) % n);
}

static inline bool chance(struct client *c, uint32_t one_in)
{
	return below(c, one_in) == 0;
}

static inline int any_fd(struct client *c)
{
	if (chance(c, 20))
		return (int)rng_next(&c->rng);
	if (chance(c, 20))
		return (int)below(c, 8);
	return c->pool[below(c, POOL)];
}

static inline void keep(struct client *c, int fd)
{
	int *slot = &c->pool[below(c, POOL)];

	if (fd < 0)
		return;
	fd = __atomic_exchange_n(slot, fd, __ATOMIC_RELAXED);
	if (fd >= 0)
		close(fd);
}

static inline uint64_t any_pointer(struct client *c)
{
	switch (below(c, 8)) {
	case 0: return 0;
	case 1: return rng_next(&c->rng);
	case 2: return 0xffff800000000000 + below(c, 1 << 20);
	case 3: return (uintptr_t)c->page + BUFFER - below(c, 64);
	default: return (uintptr_t)c->page + below(c, BUFFER / 8) * 8;
	}
}

static inline uint32_t any_size(struct client *c)
{
	static const uint32_t sizes[] = { 0,  1,    4,	  8,	   12,	       16,
					  64, 4096, 4097, 1 << 20, 0x7fffffff, 0xffffffff };

	return chance(c, 3) ? sizes[below(c, sizeof(sizes) / sizeof(sizes[0]))] : below(c, 128);
}

static inline void fill(struct client *c)
{
	for (int i = 0; i < 32; i++) {
		uint64_t x = rng_next(&c->rng);

		memcpy(c->page + (x >> 32) % (BUFFER - 8), &x, sizeof(x));
	}
}

typedef void hostile_act(struct client *c);

/* hostile_bpf.c */
hostile_act hostile_make_map, hostile_use_map, hostile_use_batch, hostile_load, hostile_test_run,
	hostile_load_btf, hostile_ids, hostile_info, hostile_pin, hostile_link, hostile_noise;
/* hostile_around.c */
hostile_act hostile_neighbours, hostile_descriptors, hostile_names;

#endif
