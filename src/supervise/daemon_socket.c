/* See daemon_socket.h. */
#include "supervise/daemon_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"

/* A daemon that ends removes its lock's file: then what we have locked has no name any more. */
static bool has_name(int lock, const char *path)
{
	struct stat ours, there;

	return !fstat(lock, &ours) && !stat(path, &there) && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

static int take_lock(struct daemon_socket *s)
{
	for (;;) {
		s->lock = open(s->lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (s->lock < 0)
			return fail(-errno, "%s", s->lock_path);
		if (flock(s->lock, LOCK_EX | LOCK_NB) < 0) {
			close(s->lock);
			return fail(errno == EWOULDBLOCK ? -EADDRINUSE : -errno,
				    "there is a daemon at %s", s->path);
		}
		if (has_name(s->lock, s->lock_path))
			return 0;
		close(s->lock);
	}
}

static int bind_socket(struct daemon_socket *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int err;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", s->path);
	unlink(s->path); /* a dead daemon's: we have the lock */
	mask = umask(0177);
	err = bind(s->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	umask(mask);
	return err ? fail(err, "%s", s->path) : 0;
}

/* Is there something else of that name? */
static int check_name(const char *path)
{
	struct stat st;

	if (!lstat(path, &st) && !S_ISSOCK(st.st_mode))
		return fail(-EEXIST, "%s is not a socket", path);
	return 0;
}

int daemon_socket_open(struct daemon_socket *s)
{
	int err;

	s->fd = s->lock = -1;
	TRY(daemon_path(s->path));
	if (!*s->path)
		return fail(-EINVAL, "where? Neither SKEP_SOCKET nor XDG_RUNTIME_DIR is set");
	TRY(check_name(s->path));
	snprintf(s->lock_path, sizeof(s->lock_path), "%s.lock", s->path);
	TRY(take_lock(s));
	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	err = s->fd < 0 ? -errno : bind_socket(s);
	if (err)
		daemon_socket_close(s);
	return err;
}

int daemon_socket_listen(struct daemon_socket *s)
{
	return listen(s->fd, 64) < 0 ? -errno : 0;
}

void daemon_socket_close(struct daemon_socket *s)
{
	unlink(s->path);
	unlink(s->lock_path);
	if (s->fd >= 0)
		close(s->fd);
	close(s->lock);
}
