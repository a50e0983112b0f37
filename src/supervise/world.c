/* See world.h. */
#include "supervise/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static void lacks(struct world *w, const char *what)
{
	snprintf(w->missing, sizeof(w->missing), "%s: %s", what, strerror(errno));
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* uid and gid 0 inside are the caller's outside; nobody else exists. */
static bool map_ids(uid_t uid, gid_t gid)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", uid);
	snprintf(gids, sizeof(gids), "0 %u 1", gid);
	write_file("/proc/self/setgroups", "deny"); /* does not exist before Linux 3.19 */
	return write_file("/proc/self/gid_map", gids) && write_file("/proc/self/uid_map", uids);
}

/* As root a mount namespace is enough, and all users go on existing. In a container root may not be
 * allowed even that: then a user namespace may help it, too. */
static bool unshare_all(struct world *w)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0 && unshare(CLONE_NEWNS) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		lacks(w, "no namespaces");
		return false;
	}
	if (!map_ids(uid, gid)) {
		lacks(w, "no user namespace: its ids cannot be mapped");
		return false;
	}
	w->user = true;
	return true;
}

/* What the host mounts later appears in here, too, but nothing of ours there. */
static bool detach(struct world *w)
{
	w->mounts = !mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL);
	if (!w->mounts)
		lacks(w, "nothing can be mounted");
	return w->mounts;
}

static bool mount_bpffs(struct world *w)
{
	if (mount("bpf", BPFFS, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777") < 0) {
		lacks(w, "nothing can be mounted on " BPFFS);
		return false;
	}
	w->bpffs_root = open(BPFFS, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->bpffs_root < 0)
		lacks(w, BPFFS);
	return w->bpffs_root >= 0;
}

static bool is_privileged(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };

	return !syscall(SYS_capget, &h, d) && (d[0].effective & (1u << CAP_SYS_ADMIN));
}

void world_enter(struct world *w, bool plain)
{
	*w = (struct world){ 0 };
	if (plain)
		snprintf(w->missing, sizeof(w->missing), "no namespaces: not wanted");
	else if (unshare_all(w) && detach(w))
		w->bpffs = mount_bpffs(w);
	w->caps = is_privileged();
}
