/* See iter_fd.h. */
#include "supervise/iter_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "iter/iter.h"
#include "supervise/caller.h"
#include "supervise/filter.h"
#include "supervise/notify.h"
#include "supervise/sup.h"

/* NULL: the descriptor is none, or is one that the kernel reads by now. */
static struct iter *iter_of(struct caller *c)
{
	struct object *o;

	u32 fd = (u32)caller_arg(c, 0);

	if (fd - ITER_FD_FIRST >= ITER_FDS || !atomic_load(&c->client.skep->iters) ||
	    client_object(&c->client, (int)fd, OBJECT_ITER, NULL, &o) < 0)
		return NULL;
	if (!atomic_load(&((struct iter *)o)->drained))
		return (struct iter *)o;
	object_unref(o);
	return NULL;
}

static bool is_free(const struct caller *c, int fd)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/fd/%d", c->call->pid, fd);
	return lstat(path, &st) < 0;
}

/* A number that the filter knows; -EMFILE, or what the kernel says of numbers that high. */
static int install_high(struct caller *c, int own, int flags)
{
	struct seccomp_notif_addfd add = { .id = c->call->id,
					   .flags = SECCOMP_ADDFD_FLAG_SETFD,
					   .srcfd = (u32)own,
					   .newfd_flags = (u32)flags };
	int fd = ITER_FD_FIRST;

	while (fd < ITER_FD_FIRST + ITER_FDS && !is_free(c, fd))
		fd++;
	if (fd == ITER_FD_FIRST + ITER_FDS)
		return -EMFILE;
	add.newfd = (u32)fd;
	return ioctl(c->session->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : fd;
}

/* Any number: the client will get what is in the file. */
static int install_low(struct caller *c, int own, int flags)
{
	struct seccomp_notif_addfd add = { .id = c->call->id,
					   .srcfd = (u32)own,
					   .newfd_flags = (u32)flags };
	int fd = ioctl(c->session->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	return fd < 0 ? -errno : fd;
}

static int drain(struct iter *it)
{
	int fd = object_open(&it->obj, O_WRONLY), err;

	TRY(fd);
	err = iter_drain(it, fd);
	close(fd);
	return err;
}

static int drain_file(struct caller *c, int own)
{
	struct object *o;
	struct stat st;
	int err;

	if (fstat(own, &st) < 0)
		return -errno;
	o = files_find(&c->client.skep->files, &(struct file_id){ st.st_dev, st.st_ino });
	if (!o)
		return -EBADF;
	err = drain((struct iter *)o);
	object_unref(o);
	return err;
}

int iter_fd_install(struct caller *c, int own, int flags)
{
	int fd;

	pthread_mutex_lock(&c->sup->iter_fds); /* two threads choose different numbers */
	fd = install_high(c, own, flags);
	pthread_mutex_unlock(&c->sup->iter_fds);
	if (fd < 0)
		fd = drain_file(c, own) ?: install_low(c, own, flags);
	close(own);
	return fd;
}

#define CHUNK 65536u

/* Linux's buffer is smaller than a chunk, so more than that no read gets. */
static long read_session(struct caller *c, struct iter *it)
{
	size_t size = MIN(caller_arg(c, 2), (u64)CHUNK);
	struct credentials cred;
	struct task_info task;
	char *buf;
	s64 n;

	if (caller_credentials(c, &cred) < 0)
		return -ESRCH;
	buf = malloc(CHUNK);
	if (!buf)
		return -ENOMEM;
	task = (struct task_info){ (u32)c->call->pid, cred.tgid, cred.uid, cred.gid, "" };
	memcpy(task.comm, cred.comm, sizeof(task.comm));
	thread_set_task(&task);
	n = iter_read(it, buf, size);
	thread_set_task(NULL);
	if (n > 0 && client_write(&c->client, caller_arg(c, 1), buf, (size_t)n) < 0)
		n = -EFAULT;
	free(buf);
	return n;
}

long call_read(struct caller *c)
{
	struct iter *it = iter_of(c);
	long ret;

	if (!it)
		return PASS;
	notify_release(c); /* the program may take its time */
	ret = read_session(c, it);
	object_unref(&it->obj);
	return ret;
}

long call_iter_move(struct caller *c)
{
	struct iter *it = iter_of(c);

	if (!it)
		return PASS;
	notify_release(c);
	drain(it); /* if that fails, the file holds less */
	object_unref(&it->obj);
	return PASS;
}
