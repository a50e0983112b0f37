/* bpf_res_spin_lock: a lock that gives up where waiting would never end. */
#ifndef SKEP_KFUNC_RES_LOCK_H
#define SKEP_KFUNC_RES_LOCK_H

#include "exec/run.h"

/* Take the lock for a run; word is 0 when free. 0, -EDEADLK, -ETIMEDOUT. */
int res_lock(struct skep_run *run, _Atomic u32 *word) MUST_CHECK;
/* Locks are given back in the reverse order, as the verifier says. */
void res_unlock(struct skep_run *run, _Atomic u32 *word);

#endif
