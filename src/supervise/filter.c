/* See filter.h.
 *
 * Calls of another architecture's ABI (32-bit ones, x32) are not answered: for them bpf(2) and
 * perf_event_open(2) do not exist (ENOSYS), so that none of them can reach the host's kernel. */
#include "supervise/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS /* Linux 6.6 */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   _IOW('!', 4, u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#if defined(__x86_64__)
#define ARCH	    AUDIT_ARCH_X86_64
#define OTHER_BPF   357 /* of i386 */
#define OTHER_PERF  336
#define FIRST_OTHER 0x40000000u /* x32's numbers */
#elif defined(__aarch64__)
#define ARCH	    AUDIT_ARCH_AARCH64
#define OTHER_BPF   386 /* of 32-bit Arm */
#define OTHER_PERF  364
#define FIRST_OTHER 0xfffffff0u
#else
#error "the numbers of the architecture's 32-bit system calls are needed"
#endif

#define MAX_CODE 640

struct code {
	struct sock_filter v[MAX_CODE];
	u16 n;
};

static void put(struct code *c, u16 op, u32 k, u8 jt, u8 jf)
{
	c->v[c->n++] = (struct sock_filter)BPF_JUMP(op, k, jt, jf);
}

static void put_load(struct code *c, u32 offset)
{
	put(c, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void put_return(struct code *c, u32 action)
{
	put(c, BPF_RET | BPF_K, action, 0, 0);
}

/* Return ENOSYS if the number just loaded is nr. */
static void put_missing(struct code *c, u16 compare, u32 nr)
{
	put(c, BPF_JMP | compare | BPF_K, nr, 0, 1);
	put_return(c, SECCOMP_RET_ERRNO | ENOSYS);
}

static void put_other_abi(struct code *c)
{
	put_load(c, offsetof(struct seccomp_data, arch));
	put(c, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 6, 0);
	put_load(c, offsetof(struct seccomp_data, nr));
	put_missing(c, BPF_JEQ, OTHER_BPF);
	put_missing(c, BPF_JEQ, OTHER_PERF);
	put_return(c, SECCOMP_RET_ALLOW);
}

/* With the number loaded; it is loaded again behind it only if another trap can match: more. */
static void put_trap(struct code *c, const struct trap *t, bool more)
{
	u32 low = t->arg * 8u + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0);

	put(c, BPF_JMP | BPF_JEQ | BPF_K, (u32)t->nr, 0, t->mask ? 5 : 1);
	if (t->mask) {
		put_load(c, offsetof(struct seccomp_data, args) + low);
		put(c, BPF_ALU | BPF_AND | BPF_K, t->mask, 0, 0);
		put(c, BPF_JMP | BPF_JEQ | BPF_K, t->value, more ? 0 : 1, more ? 1 : 0);
		if (!more)
			put_return(c, SECCOMP_RET_ALLOW);
	}
	put_return(c, SECCOMP_RET_USER_NOTIF);
	if (t->mask && more)
		put_load(c, offsetof(struct seccomp_data, nr));
}

static void build(struct code *c)
{
	put_other_abi(c);
	put_load(c, offsetof(struct seccomp_data, nr));
	put_missing(c, BPF_JGE, FIRST_OTHER);
	for (u32 i = 0; i < nr_traps; i++)
		put_trap(c, &traps[i], i + 1 < nr_traps && traps[i + 1].nr == traps[i].nr);
	put_return(c, SECCOMP_RET_ALLOW);
}

static long seccomp(unsigned int op, unsigned long flags, void *arg)
{
	return syscall(SYS_seccomp, op, flags, arg);
}

static int install(struct sock_fprog *prog)
{
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	long fd = seccomp(SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			  prog);

	if (fd < 0 &&
	    errno == EINVAL) /* calls may then be interrupted by signals, and be restarted */
		fd = seccomp(SECCOMP_SET_MODE_FILTER, flags, prog);
	return fd < 0 ? -errno : (int)fd;
}

int filter_install(void)
{
	struct code c = { .n = 0 };
	struct sock_fprog prog = { 0, c.v };
	int fd;

	build(&c);
	prog.len = c.n;
	fd = install(&prog);
	if (fd != -EACCES)
		return fd;
	/* Without privileges the command must not gain any by running a setuid program. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return install(&prog);
}

void filter_set_sync_wakeup(int listener)
{
	u64 flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags) < 0)
		errno = 0; /* it only costs time */
}
