/* Per-CPU values: cells. Each CPU slot has its own run of pages with one cell per element, so slots
 * never share a cache line and a slot's cells lie close together.
 *
 * A program touches only its own slot's cell; the syscall layer moves all cells of an element, each
 * rounded up to 8 bytes. */
#ifndef SKEP_MAP_PERCPU_H
#define SKEP_MAP_PERCPU_H

#include "map/copy.h"
#include "map/map.h"

#define PERCPU_MAX_VALUE 32768 /* Linux's limit: the smallest area of its per-CPU allocator */

struct cells {
	char *base;
	u64 cpu_stride; /* bytes from one slot's cells to the next slot's */
	u32 stride;	/* bytes of a cell */
	u32 nr_cpus;
};

/* Bytes that one slot's cells take. */
static inline u64 cells_cpu_stride(u32 nr, u32 stride)
{
	return ALIGN_UP((u64)nr * stride, (u64)4096);
}

static inline void *cell(const struct cells *c, u32 element, u32 cpu)
{
	return c->base + cpu * c->cpu_stride + (u64)element * c->stride;
}

/* The whole element to and from the syscall's buffer. */
static inline void cells_out(const struct skep_map *m, const struct cells *c, u32 element,
			     void *buf)
{
	if (unlikely(m->record != NULL))
		memset(buf, 0, (u64)c->nr_cpus * c->stride);
	for (u32 cpu = 0; unlikely(m->record != NULL) && cpu < c->nr_cpus; cpu++)
		map_value_out(m, (char *)buf + (u64)cpu * c->stride, cell(c, element, cpu));
	for (u32 cpu = 0; !m->record && cpu < c->nr_cpus; cpu++)
		copy_out((char *)buf + (u64)cpu * c->stride, cell(c, element, cpu), c->stride);
}

static inline void cells_in(const struct skep_map *m, const struct cells *c, u32 element,
			    const void *buf)
{
	for (u32 cpu = 0; unlikely(m->record != NULL) && cpu < c->nr_cpus; cpu++)
		map_value_in(m, cell(c, element, cpu), (const char *)buf + (u64)cpu * c->stride);
	for (u32 cpu = 0; !m->record && cpu < c->nr_cpus; cpu++)
		copy_in(cell(c, element, cpu), (const char *)buf + (u64)cpu * c->stride, c->stride);
}

#endif
