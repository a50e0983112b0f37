/* See path.h. */
#include "supervise/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

/* Where a path begins, as a name in our /proc. */
static void base_name(const struct caller *c, int dirfd, const char *path, char out[48])
{
	int tid = (int)c->call->pid;

	if (path[0] == '/')
		snprintf(out, 48, "/proc/%d/root", tid);
	else if (dirfd == AT_FDCWD)
		snprintf(out, 48, "/proc/%d/cwd", tid);
	else
		snprintf(out, 48, "/proc/%d/fd/%d", tid, dirfd);
}

int path_open(const struct caller *c, int dirfd, const char *path, int flags)
{
	/* A relative path cannot be kept in the client's root that simply; it is the client's own
	 * directory, and it gets no more than what its credentials allow. */
	struct open_how how = { .flags = (u64)(O_PATH | O_CLOEXEC | flags),
				.resolve = path[0] == '/' ? RESOLVE_IN_ROOT : 0 };
	char name[48];
	int base, fd;

	base_name(c, dirfd, path, name);
	base = open(name, O_PATH | O_CLOEXEC);
	if (base < 0 || !caller_alive(c)) {
		if (base >= 0)
			close(base);
		return -EBADF;
	}
	fd = path_act_as(c);
	if (!fd) {
		fd = (int)syscall(SYS_openat2, base, path, &how, sizeof(how));
		fd = fd < 0 ? -errno : fd;
	}
	path_act_as_self();
	close(base);
	return fd;
}

const char *path_split(const char *path, char *dir)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (!slash) {
		strcpy(dir, ".");
		return path;
	}
	n = n ? n : 1; /* "/" */
	memcpy(dir, path, n);
	dir[n] = '\0';
	return slash + 1;
}

int path_absolute(const struct caller *c, int dirfd, const char *path, char *out, size_t size)
{
	char name[48], cwd[4096] = "/";
	ssize_t n;

	if (path[0] != '/') {
		base_name(c, dirfd, path, name);
		n = readlink(name, cwd, sizeof(cwd) - 1);
		if (n < 0)
			return -EBADF;
		cwd[n] = '\0';
	}
	return pins_normalise(cwd, path, out, size);
}

/* The C library would change all threads. A file system uid other than 0 also takes the capabilities
 * that override permissions, for as long as it lasts. Groups cannot be set without CAP_SETGID: then there is one user
 * only, and his groups are ours. */
static _Thread_local gid_t own_groups[64];
static _Thread_local int nr_own_groups = -1; /* -1: they are in force */

int path_act_as(const struct caller *c)
{
	struct credentials cred;

	TRY(caller_credentials(c, &cred));
	nr_own_groups = getgroups(ARRAY_SIZE(own_groups), own_groups);
	if (nr_own_groups >= 0 && syscall(SYS_setgroups, cred.nr_groups, cred.groups) < 0)
		nr_own_groups = -1;
	syscall(SYS_setfsgid, cred.fsgid);
	syscall(SYS_setfsuid, cred.fsuid);
	return 0;
}

void path_act_as_self(void)
{
	syscall(SYS_setfsuid, geteuid());
	syscall(SYS_setfsgid, getegid());
	if (nr_own_groups >= 0)
		syscall(SYS_setgroups, nr_own_groups, own_groups);
	nr_own_groups = -1;
}
