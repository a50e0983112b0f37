/* See task_fields.h. */
#include "btf/task_fields.h"

#include <string.h>

static u32 state_of(char c)
{
	static const char letters[] = "RSDTtXZPI"; /* 0, 1, 2, 4 …: proc_pid_stat(5)'s */
	const char *at = c ? strchr(letters, c) : NULL;

	return !at || at == letters ? 0 : 1u << (at - letters - 1);
}

void task_fields_set(const struct image *task, const struct proc_tid *t, const struct proc_task *p)
{
	image_set(task, "pid", t->tid);
	image_set(task, "tgid", t->tgid);
	image_set_text(task, "comm", p->comm);
	image_set(task, "flags", p->flags);
	image_set(task, "__state", state_of(p->state));
	image_set(task, "prio", p->prio);
	image_set(task, "static_prio", p->nice);
	image_set(task, "policy", p->policy);
	image_set(task, "utime", p->utime_ns);
	image_set(task, "stime", p->stime_ns);
	image_set(task, "start_time", p->start_ns);
	image_set(task, "start_boottime", p->start_ns);
}

void task_fields_set_cred(const struct image *task, const struct image *cred,
			  const struct proc_task *p)
{
	static const char *const uids[] = { "uid.val", "euid.val", "suid.val", "fsuid.val" };
	static const char *const gids[] = { "gid.val", "egid.val", "sgid.val", "fsgid.val" };

	for (u32 n = 0; n < NR_PROC_IDS; n++) {
		image_set(cred, uids[n], p->uid[n]);
		image_set(cred, gids[n], p->gid[n]);
	}
	image_set_ptr(task, "cred", cred->at);
	image_set_ptr(task, "real_cred", cred->at);
}
