/* Which tasks there are, their files and mappings, as /proc tells (one task: base/proc_task.h). Numbers are those of our own pid namespace. */
#ifndef SKEP_ITER_PROC_H
#define SKEP_ITER_PROC_H

#include <stdio.h>

#include "base/proc_task.h"

struct proc_tids { /* in the order of their tids */
	struct proc_tid *v;
	u32 n, cap;
};

/* All tasks; of one process (tgid); or one (tid). leaders: processes only. None is no error. -ENOMEM. */
int proc_tids(u32 tid, u32 tgid, bool leaders, struct proc_tids *out) MUST_CHECK;

/* Numbers of the process's descriptors, ascending; the caller frees *fds. None of those we may not see. */
int proc_fds(u32 tgid, u32 **fds, u32 *n) MUST_CHECK;

struct proc_vma {
	u64 start, end, offset, ino;
	u32 flags, dev; /* flags: VM_READ 1, VM_WRITE 2, VM_EXEC 4, VM_SHARED 8 */
};
/* The next line of /proc/PID/maps. False: there is none. */
bool proc_vma(FILE *maps, struct proc_vma *out);

#endif
