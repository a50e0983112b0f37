/* The log that PROG_LOAD and BTF_LOAD give to the client: Linux's rules about level, size, buffer and
 * what happens when the text does not fit. */
#ifndef SKEP_SYSCALL_LOG_H
#define SKEP_SYSCALL_LOG_H

#include "syscall/sys.h"
#include "verifier/log.h"

struct log_attr { /* as in the client's attr */
	u64 buf;
	u32 level, size;
	u32 true_size_off; /* of the field that receives the size needed */
};

/* -EINVAL if the three do not go together. On success *l is to be done by log_finish(). */
int log_start(struct vlog *l, const struct log_attr *a) MUST_CHECK;
/* Copy the text out and free the log. Returns err, the command's result so far, or instead of it
 * -ENOSPC if the text did not fit, -EFAULT if the buffer is bad. */
int log_finish(struct call *c, struct vlog *l, const struct log_attr *a, int err);

#endif
