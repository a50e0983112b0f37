/* mount(2) of a bpffs by a client: a tmpfs in its mount namespace, which is told from others by its device. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/bpffs_calls.h"
#include "supervise/filter.h"
#include "supervise/notify.h"
#include "supervise/path.h"
#include "supervise/sup.h"

#define OPTIONS_MAX 256

static int set(int fs, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0) < 0 ? -errno : 0;
}

/* mode, uid and gid are tmpfs's, too; delegations are for tokens, which nobody gets. */
static int set_options(int fs, char *options)
{
	char *rest = NULL, *value;
	int err = set(fs, "source", "bpf");

	for (char *o = strtok_r(options, ",", &rest); o && !err; o = strtok_r(NULL, ",", &rest)) {
		value = strchr(o, '=');
		if (!value || !strncmp(o, "delegate_", 9))
			continue;
		*value++ = '\0';
		err = !strcmp(o, "mode") || !strcmp(o, "uid") || !strcmp(o, "gid")
			      ? set(fs, o, value)
			      : -EINVAL;
	}
	return err;
}

static u32 mount_attributes(u64 flags)
{
	return (flags & MS_RDONLY ? MOUNT_ATTR_RDONLY : 0) |
	       (flags & MS_NOSUID ? MOUNT_ATTR_NOSUID : 0) |
	       (flags & MS_NODEV ? MOUNT_ATTR_NODEV : 0) |
	       (flags & MS_NOEXEC ? MOUNT_ATTR_NOEXEC : 0);
}

/* A mount that is nowhere yet. */
static int make(char *options, u64 flags)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), mount = -1, err;

	if (fs < 0)
		return -errno;
	err = set(fs, "mode", "1777") ?: set_options(fs, options);
	if (!err && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		err = -errno;
	if (!err)
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, mount_attributes(flags));
	if (!err && mount < 0)
		err = -errno;
	close(fs);
	return err ?: mount;
}

struct move {
	int mount, target, ns, err;
};

/* In a thread of its own, which enters the client's mount namespace and never comes back. */
static void *move(void *arg)
{
	struct move *m = arg;

	if (unshare(CLONE_FS) < 0 || setns(m->ns, CLONE_NEWNS) < 0 ||
	    syscall(SYS_move_mount, m->mount, "", m->target, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		m->err = -errno;
	return NULL;
}

static int move_to(struct caller *c, int mount, int target)
{
	struct move m = { .mount = mount, .target = target };
	char path[48];
	pthread_t t;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)caller_tid(c));
	m.ns = open(path, O_RDONLY | O_CLOEXEC);
	if (m.ns < 0)
		return -EPERM;
	m.err = !caller_alive(c) ? -ESRCH : -pthread_create(&t, NULL, move, &m);
	if (!m.err)
		pthread_join(t, NULL);
	close(m.ns);
	return m.err;
}

static int mount_at(struct caller *c, const char *path, char *options, u64 flags)
{
	int target = path_open(c, AT_FDCWD, path, O_DIRECTORY), mount, err;

	if (target < 0)
		return target;
	mount = make(options, flags);
	err = mount < 0 ? mount : move_to(c, mount, target);
	if (!err)
		err = bpffs_add(&c->sup->bpffs, mount, path);
	if (mount >= 0)
		close(mount);
	close(target);
	return err;
}

static bool may_mount(struct caller *c)
{
	struct credentials cred;

	return !caller_credentials(c, &cred) && (cred.caps >> CAP_SYS_ADMIN & 1);
}

static bool read_string(struct caller *c, u64 addr, char *out, size_t size)
{
	s64 n = client_strncpy(&c->client, out, addr, size);

	return n >= 0 && n < (s64)size;
}

#define NEW_MOUNT_NOT                                                                              \
	(MS_REMOUNT | MS_BIND | MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

long bpffs_mount(struct caller *c, u64 target, u64 type, u64 flags, u64 data)
{
	char name[8], path[4096], abs[4096], options[OPTIONS_MAX] = "";

	if (!c->sup->world.bpffs || (flags & NEW_MOUNT_NOT) ||
	    !read_string(c, type, name, sizeof(name)) || strcmp(name, "bpf"))
		return PASS;
	notify_release(c);
	if (!may_mount(c))
		return -EPERM;
	if (!read_string(c, target, path, sizeof(path)) ||
	    (data && !read_string(c, data, options, sizeof(options))))
		return -EFAULT;
	TRY(path_absolute(c, AT_FDCWD, path, abs, sizeof(abs)));
	return mount_at(c, abs, options, flags);
}
