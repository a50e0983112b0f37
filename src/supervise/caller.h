/* One trapped system call, and the process that makes it, as a client of the instance.
 *
 * A caller lives as long as its call. Everything is asked of the kernel by thread id; that id can be
 * another process's by then, if the caller was killed: so what was read counts only if the call is
 * still there afterwards (caller_alive()), and nothing is written unless it is there. */
#ifndef SKEP_SUPERVISE_CALLER_H
#define SKEP_SUPERVISE_CALLER_H

#include <linux/seccomp.h>
#include <sys/stat.h>

#include "syscall/client.h"

struct supervisor;
struct session;
struct window;

struct caller {
	struct skep_client client; /* first */
	struct session *session;
	struct supervisor *sup; /* the session's */
	const struct seccomp_notif *call;
	struct window *window;
	bool released; /* notify_release() */
};

struct credentials {
	u32 tgid, uid, gid, fsuid, fsgid;
	u64 caps; /* effective */
	char comm[16];
	u32 groups[64], nr_groups; /* supplementary ones; more do not count */
};

/* w, like call, must live as long as c does. */
void caller_init(struct caller *c, struct session *s, const struct seccomp_notif *call,
		 struct window *w);
bool caller_alive(const struct caller *c);
int caller_credentials(const struct caller *c, struct credentials *out) MUST_CHECK;
/* fstat(2) on the caller's fd. -EBADF. */
int caller_stat_fd(const struct caller *c, int fd, struct stat *st) MUST_CHECK;
static inline pid_t caller_tid(const struct caller *c)
{
	return (pid_t)c->call->pid;
}
static inline u64 caller_arg(const struct caller *c, u32 i)
{
	return c->call->data.args[i];
}

#endif
