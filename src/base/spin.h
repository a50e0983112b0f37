/* A lock of one word, 0 when free: the same word that BPF programs know as struct bpf_spin_lock.
 *
 * For a few instructions only. Whoever waits lets others run now and then, in case the holder has lost
 * its processor. */
#ifndef SKEP_BASE_SPIN_H
#define SKEP_BASE_SPIN_H

#include <sched.h>
#include <stdatomic.h>

#include "base/types.h"

#define SPINS_BEFORE_YIELD 128

static inline void spin_lock(_Atomic u32 *lock)
{
	u32 spins = 0;

	while (atomic_exchange_explicit(lock, 1, memory_order_acquire))
		while (atomic_load_explicit(lock, memory_order_relaxed))
			if (++spins % SPINS_BEFORE_YIELD == 0)
				sched_yield();
}

static inline void spin_unlock(_Atomic u32 *lock)
{
	atomic_store_explicit(lock, 0, memory_order_release);
}

#endif
