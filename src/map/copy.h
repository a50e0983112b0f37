/* Copies between map memory and private memory while other threads may be using the map's side: each
 * aligned word of the map's side moves at once (programs see no torn numbers), and the compiler knows
 * of the race.
 *
 * Stores release and loads acquire, so that a version number read or written around a copy is
 * ordered with it (htab.h, "lives"); on x86-64 that costs nothing. */
#ifndef SKEP_MAP_COPY_H
#define SKEP_MAP_COPY_H

#include <stdatomic.h>
#include <string.h>

#include "base/types.h"

/* One naturally aligned word to map memory; returns its size. */
static inline u32 copy_in_step(char *d, const char *s, u32 size)
{
	u32 w;

	if (size >= 4 && !((uintptr_t)d & 3)) {
		memcpy(&w, s, 4);
		atomic_store_explicit((_Atomic u32 *)(void *)d, w, memory_order_release);
		return 4;
	}
	atomic_store_explicit((_Atomic u8 *)(void *)d, (u8)*s, memory_order_release);
	return 1;
}

static inline u32 copy_out_step(char *d, char *s, u32 size)
{
	u32 w;

	if (size >= 4 && !((uintptr_t)s & 3)) {
		w = atomic_load_explicit((_Atomic u32 *)(void *)s, memory_order_acquire);
		memcpy(d, &w, 4);
		return 4;
	}
	*d = atomic_load_explicit((_Atomic u8 *)(void *)s, memory_order_acquire);
	return 1;
}

/* dst is map memory. */
static inline void copy_in(void *dst, const void *src, u32 size)
{
	char *d = dst;
	const char *s = src;

	while (size) {
		u32 n = 8;

		if (likely(size >= 8 && !((uintptr_t)d & 7))) {
			u64 w;

			memcpy(&w, s, 8);
			atomic_store_explicit((_Atomic u64 *)(void *)d, w, memory_order_release);
		} else {
			n = copy_in_step(d, s, size);
		}
		d += n, s += n, size -= n;
	}
}

/* src is map memory. */
static inline void copy_out(void *dst, const void *src, u32 size)
{
	char *d = dst, *s = (char *)(uintptr_t)src;

	while (size) {
		u32 n = 8;

		if (likely(size >= 8 && !((uintptr_t)s & 7))) {
			u64 w = atomic_load_explicit((_Atomic u64 *)(void *)s,
						     memory_order_acquire);

			memcpy(d, &w, 8);
		} else {
			n = copy_out_step(d, s, size);
		}
		d += n, s += n, size -= n;
	}
}

/* dst is map memory, 8-aligned; size a multiple of 8. */
static inline void copy_zero(void *dst, u32 size)
{
	for (char *d = dst; size; size -= 8, d += 8)
		atomic_store_explicit((_Atomic u64 *)(void *)d, 0, memory_order_release);
}

#endif
