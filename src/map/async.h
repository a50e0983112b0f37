/* Timers and work queues in map values: what a program hands over to be called later.
 *
 * A bpf_timer or bpf_wq that was initialised holds, in its first eight bytes, the address of a struct async. That one
 * belongs to the value: whoever frees or reuses the value calls async_forget(). An armed one lies in the
 * runtime's queue, ordered by when it is due; one thread per runtime, started when the first one is armed, takes
 * them from there and calls the program on a CPU slot like any other run.
 *
 * Invariants:
 *  - everything here is guarded by the queue's lock; callbacks run without it;
 *  - a callback runs while its program and its map are held; all callbacks run one after another, so none waits
 *    for another;
 *  - programs are let go by that thread, never inside a program: the last reference to one may be an async's, and
 *    freeing a program waits for all slots. */
#ifndef SKEP_MAP_ASYNC_H
#define SKEP_MAP_ASYNC_H

#include "map/map.h"

enum async_kind { ASYNC_TIMER, ASYNC_WORK };

/* For a field at `field` in a value of m; off: the field's offset in the value. clock: CLOCK_MONOTONIC, CLOCK_BOOTTIME
 * or CLOCK_REALTIME (timers). -EBUSY: it has been initialised; -EPERM: no client has the map any more;
 * -ENOMEM. */
int async_init(struct skep_map *m, void *field, u32 off, enum async_kind kind, int clock);
/* What to call: fn, the value of a function's address in program p, which is running on run. -EINVAL: not
 * initialised. -EPERM. */
int async_set_callback(struct runtime *rt, void *field, struct skep_prog *p, u64 fn,
		       struct skep_run *run);
/* Arm, anew if it is. ns: from now on or, with absolute, on its clock. cpu: the slot to run on, -1 any.
 * -EINVAL: not initialised, or nothing to call. -ENOMEM. */
int async_start(struct skep_run *run, void *field, u64 ns, bool absolute, int cpu);
/* Disarm, wait until the callback has ended, let the program go. 1: it was armed, 0: it was not. -EINVAL;
 * -EDEADLK: from inside its own callback. */
int async_cancel(struct skep_run *run, void *field);

/* The value goes away, or is made anew. Does not wait for a callback that is running. */
void async_forget(struct skep_map *m, void *value);
/* No client has the map any more: nothing in it is armed from now on. */
void async_forget_all(struct skep_map *m);

/* A runtime's share. stop: no callback runs from now on, or is running at its end; before objects are freed. */
void async_stop(struct runtime *rt);
void async_done(struct runtime *rt);

#endif
