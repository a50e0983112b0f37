/* The seccomp filter: which system calls are stopped and handed to the supervisor. */
#ifndef SKEP_SUPERVISE_FILTER_H
#define SKEP_SUPERVISE_FILTER_H

#include "base/types.h"

struct caller;

/* One trapped system call: all of them if mask is 0, else those with (argument & mask) == value. Several rows of one
 * call stand one after the other, and have the same function. */
struct trap {
	int nr;
	u8 arg;
	u32 mask, value;
	/* Answer it: what the system call returns, or PASS: the kernel is to do it after all. */
	long (*fn)(struct caller *c);
};

#define PASS INT64_MIN

/* traps[] is in calls.c: the filter and the dispatcher read it. */
extern const struct trap traps[];
extern const u32 nr_traps;

/* Install the filter in the calling process, for it and all its descendants, for ever. Returns the
 * listener, or -EBUSY (there is a supervisor already), -EINVAL, -ENOSYS (not in this kernel) … */
int filter_install(void) MUST_CHECK;
/* Wake waiting threads on this CPU, where the kernel can. Not an error if it cannot. */
void filter_set_sync_wakeup(int listener);

#endif
