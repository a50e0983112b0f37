/* Timing for benches: candidates take turns, round by round, so that the machine's slow phases hit
 * all of them alike; the minimum is the machine at its best, the median the usual. */
#ifndef SKEP_BENCH_TIMING_H
#define SKEP_BENCH_TIMING_H

#include <stdlib.h>
#include <time.h>

#include "base/types.h"

#define MAX_ROUNDS 64

struct samples {
	double ns[MAX_ROUNDS]; /* per run */
	u32 n;
};

/* This thread's time on the CPU: what other processes take does not count. */
static inline u64 cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static inline int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double median(const struct samples *s)
{
	struct samples sorted = *s;

	qsort(sorted.ns, sorted.n, sizeof(sorted.ns[0]), compare_doubles);
	return sorted.n ? sorted.ns[sorted.n / 2] : 0;
}

static inline double minimum(const struct samples *s)
{
	double min = s->n ? s->ns[0] : 0;

	for (u32 i = 1; i < s->n; i++)
		min = s->ns[i] < min ? s->ns[i] : min;
	return min;
}

/* One more sample of at least batch_ns: run(arg, times). *times adapts from batch to batch. */
static inline void take_sample(struct samples *s, void (*run)(void *arg, u64 times), void *arg,
			       u64 *times, u64 batch_ns)
{
	u64 start, ns;

	for (;;) {
		start = cpu_ns();
		run(arg, *times);
		ns = cpu_ns() - start;
		if (ns >= batch_ns / 2)
			break;
		*times *= ns < batch_ns / 20 ? 10 : 2;
	}
	if (s->n < MAX_ROUNDS)
		s->ns[s->n++] = (double)ns / (double)*times;
}

#endif
