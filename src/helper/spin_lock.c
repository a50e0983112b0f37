/* bpf_spin_lock, bpf_spin_unlock: a lock inside a map value, held for a few instructions (the verifier
 * allows no helper call and no loop without end under it). */
#include "helper/helper.h"

#include <sched.h>
#include <stdatomic.h>

#define SPINS 1000 /* before giving the CPU to a holder that has none */

/* The same word and protocol as map_lock_value(): 0 is free. */
static void lock_word(_Atomic u32 *word)
{
	u32 spins = 0;

	while (atomic_exchange_explicit(word, 1, memory_order_acquire))
		while (atomic_load_explicit(word, memory_order_relaxed))
			if (++spins % SPINS == 0)
				sched_yield();
}

HELPER_FN(spin_lock)
{
	lock_word(helper_ptr(r1));
	return 0;
}

const struct skep_helper helper_spin_lock = {
	HELPER_ID(spin_lock),
	.ret = SKEP_RET_VOID,
	.arg = { SKEP_ARG_SPIN_LOCK },
};

HELPER_FN(spin_unlock)
{
	atomic_store_explicit((_Atomic u32 *)helper_ptr(r1), 0, memory_order_release);
	return 0;
}

const struct skep_helper helper_spin_unlock = {
	HELPER_ID(spin_unlock),
	.ret = SKEP_RET_VOID,
	.arg = { SKEP_ARG_SPIN_LOCK },
};
