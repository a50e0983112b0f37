/* See caller.h. */
#include "supervise/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/bpffs.h"
#include "supervise/caller_memory.h"
#include "supervise/iter_fd.h"
#include "supervise/sup.h"

static struct caller *caller_of(struct skep_client *client)
{
	return (struct caller *)client;
}

bool caller_alive(const struct caller *c)
{
	u64 id = c->call->id;

	return ioctl(c->session->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* What we have just put into the caller's table need not be asked for. */
static void learn(const struct caller *c, int theirs, int ours)
{
	struct stat st;
	int flags = fcntl(ours, F_GETFL);

	if (flags >= 0 && !fstat(ours, &st))
		known_fds_installed(&c->session->known, (u32)caller_tid(c), theirs,
				    &(struct fd_id){ { st.st_dev, st.st_ino }, flags & O_ACCMODE });
}

static int install(const struct caller *c, struct seccomp_notif_addfd add, int fd)
{
	int theirs = ioctl(c->session->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (theirs < 0)
		theirs = -errno;
	else
		learn(c, theirs, fd);
	close(fd);
	return theirs;
}

static int caller_fd_install(struct skep_client *client, int fd)
{
	const struct caller *c = caller_of(client);

	return install(c,
		       (struct seccomp_notif_addfd){
			       .id = c->call->id, .srcfd = (u32)fd, .newfd_flags = O_CLOEXEC },
		       fd);
}

static int caller_fd_install_at(struct skep_client *client, int fd, int number)
{
	const struct caller *c = caller_of(client);

	return install(c,
		       (struct seccomp_notif_addfd){ .id = c->call->id,
						     .flags = SECCOMP_ADDFD_FLAG_SETFD,
						     .srcfd = (u32)fd,
						     .newfd = (u32)number,
						     .newfd_flags = O_CLOEXEC },
		       fd);
}

/* Nobody can close another process's descriptor; but it can be made to stand for nothing. */
static int caller_fd_close(struct skep_client *client, int fd)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC), err;

	if (nothing < 0)
		return -errno;
	err = caller_fd_install_at(client, nothing, fd);
	return err < 0 ? err : 1;
}

/* For reads to be seen by the filter, it has a number of those; without one, all is written at once. */
static int caller_fd_install_iter(struct skep_client *client, int fd)
{
	return iter_fd_install(caller_of(client), fd, O_CLOEXEC);
}

static void fd_path(const struct caller *c, int fd, char path[48])
{
	snprintf(path, 48, "/proc/%d/fd/%d", caller_tid(c), fd);
}

int caller_stat_fd(const struct caller *c, int fd, struct stat *st)
{
	char path[48];

	fd_path(c, fd, path);
	return fd < 0 || stat(path, st) < 0 || !caller_alive(c) ? -EBADF : 0;
}

/* The link's own mode says how the file was opened. */
static int caller_access(const struct caller *c, int fd)
{
	char path[48];
	struct stat st;

	fd_path(c, fd, path);
	if (lstat(path, &st) < 0)
		return -EBADF;
	switch (st.st_mode & (S_IRUSR | S_IWUSR)) {
	case S_IRUSR: return O_RDONLY;
	case S_IWUSR: return O_WRONLY;
	default: return O_RDWR;
	}
}

static int caller_fd_identify(struct skep_client *client, int fd, struct fd_id *id, bool access)
{
	const struct caller *c = caller_of(client);
	struct known_fds *known = &c->session->known;
	struct fd_id found = { .access = -1 };
	u64 asked = known_fds_now();
	struct stat st;

	if (known_fds_get(known, (u32)caller_tid(c), fd, id, access))
		return 0;
	TRY(caller_stat_fd(c, fd, &st));
	found.file = (struct file_id){ st.st_dev, st.st_ino };
	if (access)
		TRY(found.access = caller_access(c, fd));
	known_fds_put(known, (u32)caller_tid(c), fd, &found, asked);
	*id = (struct fd_id){ found.file, access ? found.access : id->access };
	return 0;
}

/* A line of /proc/PID/status: the numbers behind its name. */
static int read_status(const struct caller *c, char *text, size_t size)
{
	char path[48];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", caller_tid(c));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ESRCH;
	n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return -ESRCH;
	text[n] = '\0';
	return caller_alive(c) ? 0 : -ESRCH;
}

static void read_groups(const char *line, struct credentials *out)
{
	const char *p = line ? line + strlen("\nGroups:") : "";
	char *end;

	for (out->nr_groups = 0; out->nr_groups < ARRAY_SIZE(out->groups); out->nr_groups++) {
		p += strspn(p, " \t");
		if (*p < '0' || *p > '9')
			break;
		out->groups[out->nr_groups] = (u32)strtoul(p, &end, 10);
		p = end;
	}
}

int caller_credentials(const struct caller *c, struct credentials *out)
{
	const char *name, *tgid, *uids, *gids, *caps;
	char text[4096];
	unsigned long long eff;

	TRY(read_status(c, text, sizeof(text)));
	name = strstr(text, "Name:");
	tgid = strstr(text, "\nTgid:");
	uids = strstr(text, "\nUid:");
	gids = strstr(text, "\nGid:");
	caps = strstr(text, "\nCapEff:");
	if (!name || !tgid || !uids || !gids || !caps ||
	    sscanf(name, "Name: %15[^\n]", out->comm) != 1 ||
	    sscanf(tgid, "\nTgid: %u", &out->tgid) != 1 ||
	    sscanf(uids, "\nUid: %u %*u %*u %u", &out->uid, &out->fsuid) != 2 ||
	    sscanf(gids, "\nGid: %u %*u %*u %u", &out->gid, &out->fsgid) != 2 ||
	    sscanf(caps, "\nCapEff: %llx", &eff) != 1)
		return -ESRCH;
	out->caps = eff;
	read_groups(strstr(text, "\nGroups:"), out);
	return 0;
}

static int caller_fd_get(struct skep_client *client, int fd)
{
	const struct caller *c = caller_of(client);
	struct credentials cred;
	int pidfd, own = -1;

	if (caller_credentials(c, &cred) < 0)
		return -EBADF;
	/* of the process, not the thread: before Linux 6.9 there is none for a thread */
	pidfd = (int)syscall(SYS_pidfd_open, cred.tgid, 0);
	if (pidfd < 0)
		return -EBADF;
	if (caller_alive(c))
		own = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	return own < 0 ? -EBADF : own;
}

static int caller_netns(struct skep_client *client, struct file_id *id)
{
	const struct caller *c = caller_of(client);
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", caller_tid(c));
	if (stat(path, &st) < 0)
		return -errno;
	*id = (struct file_id){ st.st_dev, st.st_ino };
	return caller_alive(c) ? 0 : -ESRCH;
}

static int caller_mapping(struct skep_client *client, const struct file_id *file, u64 except,
			  u64 *addr, u64 *len)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/maps", caller_tid(caller_of(client)));
	return client_mapping(path, file, except, addr, len);
}

static bool caller_maps_writable(struct skep_client *client, const struct file_id *file)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/maps", caller_tid(caller_of(client)));
	return client_maps_writable(path, file, NULL);
}

/* Who may start an instance may do everything with it; but a command that gives up capabilities it has
 * wants to be refused. */
static bool caller_capable(struct skep_client *client, int cap)
{
	const struct caller *c = caller_of(client);
	struct credentials cred;

	if (!c->sup->world.caps)
		return true;
	return !caller_credentials(c, &cred) && (cred.caps >> cap & 1);
}

static u32 caller_uid(struct skep_client *client)
{
	struct credentials cred;

	return caller_credentials(caller_of(client), &cred) ? (u32)-1 : cred.uid;
}

static int caller_pin(struct skep_client *client, int dirfd, const char *path, struct object *o)
{
	return bpffs_pin(caller_of(client), dirfd, path, o);
}

static int caller_pin_get(struct skep_client *client, int dirfd, const char *path, int access,
			  struct object **out)
{
	return bpffs_get(caller_of(client), dirfd, path, access, out);
}

/* A signal ends the client's wait, and with it the notification; if the system call is to be restarted, it comes anew. */
static bool caller_interrupted(struct skep_client *client)
{
	return !caller_alive(caller_of(client));
}

static void caller_free(struct skep_client *client)
{
}

static const struct client_ops caller_ops = {
	.read = caller_read,
	.write = caller_write,
	.read_pieces = caller_read_pieces,
	.read_early = caller_read_early,
	.fd_install = caller_fd_install,
	.fd_install_at = caller_fd_install_at,
	.fd_close = caller_fd_close,
	.fd_install_iter = caller_fd_install_iter,
	.fd_identify = caller_fd_identify,
	.fd_get = caller_fd_get,
	.netns = caller_netns,
	.maps_writable = caller_maps_writable,
	.mapping = caller_mapping,
	.pin = caller_pin,
	.pin_get = caller_pin_get,
	.capable = caller_capable,
	.uid = caller_uid,
	.interrupted = caller_interrupted,
	.free = caller_free,
	.elsewhere = true,
};

void caller_init(struct caller *c, struct session *s, const struct seccomp_notif *call,
		 struct window *w)
{
	w->len = 0;
	*c = (struct caller){ .client = { &caller_ops, s->sup->skep },
			      .session = s,
			      .sup = s->sup,
			      .call = call,
			      .window = w };
}
