/* What hostile.c (who lives, who dies, what is left) and hostile_client.c (what they do) share. */
#ifndef SKEP_TESTS_HOSTILE_H
#define SKEP_TESTS_HOSTILE_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r) /* splitmix64 */
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void hostile_client(uint64_t seed, const int mail[2]); /* until it is killed */
void hostile_unpin(void);
int receive_fd(int sock); /* -1: there is no more; -2: a message without a descriptor */

#endif
