/* What /proc tells of a task (proc_pid_stat(5), proc_pid_status(5)). Numbers are those of our own pid namespace. */
#ifndef SKEP_BASE_PROC_TASK_H
#define SKEP_BASE_PROC_TASK_H

#include "base/types.h"

struct proc_tid {
	u32 tid, tgid;
};

enum { PROC_REAL, PROC_EFFECTIVE, PROC_SAVED, PROC_FS, NR_PROC_IDS };

struct proc_task {
	char comm[16], state;
	u32 ppid, flags, prio, nice, policy;
	u64 utime_ns, stime_ns, start_ns; /* since boot */
	u32 uid[NR_PROC_IDS], gid[NR_PROC_IDS];
};
/* -ESRCH: it is gone; *out is as far as it could be read, the rest 0. */
int proc_task(const struct proc_tid *t, struct proc_task *out) MUST_CHECK;

#endif
