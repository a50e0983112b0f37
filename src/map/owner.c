/* See owner.h. Everything is guarded by one lock: who asks is about to look into a map, which costs as much. */
#include "map/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "map/local_storage.h"

#define RUN_SOCK (1ull << 63) /* Linux counts its cookies from 1 */

struct owner { /* one that is known; its number is `id` */
	enum owner_kind kind;
	u64 a, b; /* what it is called: a task's thread id, an inode's device and number */
	u64 id;
	int fd;	   /* tasks: a pidfd; control groups: the directory; else -1 */
	int watch; /* inodes: inotify's, -1 if it cannot be watched */
	struct owner *next;
};

#define BUCKETS 256

struct watcher {
	struct skep_map *map;
	enum owner_kind kind;
	struct watcher *next;
};

struct owners {
	pthread_mutex_t lock;
	u64 last_id;
	int inotify; /* -1 until needed */
	struct owner *bucket[BUCKETS];
	struct watcher *watchers;
};

static struct owners *owners_of(struct runtime *rt)
{
	struct owners *o;

	pthread_mutex_lock(&rt->pools_lock);
	if (!rt->owners && (o = calloc(1, sizeof(*o)))) {
		pthread_mutex_init(&o->lock, NULL);
		o->inotify = -1;
		rt->owners = o;
	}
	o = rt->owners;
	pthread_mutex_unlock(&rt->pools_lock);
	return o;
}

/* --- under the lock: the table --- */

static struct owner **bucket_of(struct owners *o, u64 a, u64 b)
{
	return &o->bucket[((a ^ b << 7) * 0x9e3779b97f4a7c15ull) >> 56];
}
static_assert(BUCKETS == 1 << (64 - 56), "bucket_of() yields a bucket number");

static void tell_maps(struct owners *o, enum owner_kind kind, u64 id)
{
	for (struct watcher *w = o->watchers; w; w = w->next)
		if (w->kind == kind)
			map_storage_forget(w->map, id);
}

static void forget(struct owners *o, struct owner **link)
{
	struct owner *w = *link;

	tell_maps(o, w->kind, w->id);
	*link = w->next;
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

static struct owner *find(struct owners *o, enum owner_kind kind, u64 a, u64 b)
{
	struct owner *w;

	for (w = *bucket_of(o, a, b); w; w = w->next)
		if (w->kind == kind && w->a == a && w->b == b)
			break;
	return w;
}

/* fd moves in, also on failure. */
static struct owner *add(struct owners *o, enum owner_kind kind, u64 a, u64 b, int fd)
{
	struct owner *w = calloc(1, sizeof(*w)), **bucket = bucket_of(o, a, b);

	if (!w) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	*w = (struct owner){ .kind = kind,
			     .a = a,
			     .b = b,
			     .id = ++o->last_id,
			     .fd = fd,
			     .watch = -1,
			     .next = *bucket };
	*bucket = w;
	return w;
}

/* --- under the lock: who has gone --- */

/* A zombie is still there, as for Linux. */
static bool task_gone(int pidfd)
{
	return pidfd >= 0 && syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0 &&
	       errno == ESRCH;
}

static bool directory_gone(int fd)
{
	static const char deleted[] = " (deleted)";
	char path[32], name[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name));
	return n >= (ssize_t)sizeof(deleted) - 1 &&
	       !memcmp(name + n - (sizeof(deleted) - 1), deleted, sizeof(deleted) - 1);
}

static void forget_inode(struct owners *o, int watch)
{
	for (u32 i = 0; i < BUCKETS; i++)
		for (struct owner **link = &o->bucket[i]; *link; link = &(*link)->next)
			if ((*link)->kind == OWNER_INODE && (*link)->watch == watch) {
				forget(o, link);
				return;
			}
}

static void read_inotify(struct owners *o)
{
	char buf[4096] __attribute__((aligned(8)));
	ssize_t n;

	while (o->inotify >= 0 && (n = read(o->inotify, buf, sizeof(buf))) > 0)
		for (char *at = buf; at < buf + n;) {
			const struct inotify_event *e = (const void *)at;

			if (e->mask &
			    IN_IGNORED) /* the inode was freed, or its file system unmounted */
				forget_inode(o, e->wd);
			at += sizeof(*e) + e->len;
		}
}

static void sweep(struct owners *o, enum owner_kind kind)
{
	if (kind == OWNER_INODE) {
		read_inotify(o);
		return;
	}
	for (u32 i = 0; i < BUCKETS; i++)
		for (struct owner **link = &o->bucket[i]; *link;) {
			const struct owner *w = *link;
			bool gone = w->kind == kind &&
				    (kind == OWNER_TASK ? task_gone(w->fd) : directory_gone(w->fd));

			if (gone)
				forget(o, link);
			else
				link = &(*link)->next;
		}
}

/* --- under the lock: asking --- */

#define PIDFD_A_THREAD O_EXCL /* PIDFD_THREAD, Linux 6.9 */

static int open_task(u32 tid)
{
	int fd = (int)syscall(SYS_pidfd_open, tid, 0);

	return fd >= 0 ? fd : (int)syscall(SYS_pidfd_open, tid, PIDFD_A_THREAD);
}

/* pidfd: the caller's, of that task; -1: to be opened. */
static struct owner *get_task(struct owners *o, u32 tid, int pidfd)
{
	struct owner *w = find(o, OWNER_TASK, tid, 0);

	if (w && task_gone(w->fd)) {
		sweep(o, OWNER_TASK);
		w = NULL;
	}
	if (w)
		return w;
	sweep(o, OWNER_TASK); /* as many as there are tasks, more or less */
	return add(o, OWNER_TASK, tid, 0,
		   pidfd >= 0 ? fcntl(pidfd, F_DUPFD_CLOEXEC, 0) : open_task(tid));
}

/* The thread id behind a pidfd. */
static int read_pidfd(int fd, u32 *tid)
{
	char path[40], text[1024], *pid;
	ssize_t n;
	int info, id;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -EBADF;
	n = read(info, text, sizeof(text) - 1);
	close(info);
	text[MAX(n, 0)] = '\0';
	pid = strstr(text, "\nPid:");
	if (!pid || sscanf(pid, "\nPid: %d", &id) != 1)
		return -EBADF;
	if (id <= 0)
		return -ENOENT;
	*tid = (u32)id;
	return 0;
}

static int task_of_fd(struct owners *o, int fd, struct owner **ret)
{
	u32 tid;

	TRY(read_pidfd(fd, &tid));
	*ret = get_task(o, tid, fd);
	return *ret ? 0 : -ENOMEM;
}

static void watch_inode(struct owners *o, struct owner *w, int fd)
{
	char path[32];

	if (o->inotify < 0)
		o->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (o->inotify >= 0)
		w->watch = inotify_add_watch(o->inotify, path, IN_DELETE_SELF);
}

static int inode_of_fd(struct owners *o, int fd, struct owner **ret)
{
	struct stat st;

	if (fstat(fd, &st))
		return -EBADF;
	sweep(o, OWNER_INODE);
	*ret = find(o, OWNER_INODE, st.st_dev, st.st_ino);
	if (*ret)
		return 0;
	*ret = add(o, OWNER_INODE, st.st_dev, st.st_ino, -1);
	if (!*ret)
		return -ENOMEM;
	watch_inode(o, *ret, fd);
	return 0;
}

static int cgroup_of_fd(struct owners *o, int fd, struct owner **ret)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC || fstat(fd, &st) ||
	    !S_ISDIR(st.st_mode))
		return -EBADF;
	sweep(o, OWNER_CGROUP);
	if (directory_gone(fd))
		return -ENOENT;
	*ret = find(o, OWNER_CGROUP, st.st_dev, st.st_ino)
		       ?: add(o, OWNER_CGROUP, st.st_dev, st.st_ino, fcntl(fd, F_DUPFD_CLOEXEC, 0));
	return *ret ? 0 : -ENOMEM;
}

static int sock_of_fd(int fd, u64 *id)
{
	socklen_t size = sizeof(*id);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, id, &size) ? -errno : 0;
}

/* --- from outside --- */

int owner_of_fd(struct runtime *rt, enum owner_kind kind, int fd, u64 *id)
{
	struct owners *o = owners_of(rt);
	struct owner *w = NULL;
	int err;

	if (kind == OWNER_SOCK)
		return sock_of_fd(fd, id);
	if (!o)
		return -ENOMEM;
	pthread_mutex_lock(&o->lock);
	switch (kind) {
	case OWNER_TASK: err = task_of_fd(o, fd, &w); break;
	case OWNER_INODE: err = inode_of_fd(o, fd, &w); break;
	default: err = cgroup_of_fd(o, fd, &w); break;
	}
	if (!err)
		*id = w->id;
	pthread_mutex_unlock(&o->lock);
	return err;
}

int owner_of_task(struct runtime *rt, u32 tid, u64 *id)
{
	struct owners *o = owners_of(rt);
	struct owner *w;

	if (!o)
		return -ENOMEM;
	pthread_mutex_lock(&o->lock);
	w = get_task(o, tid, -1);
	if (w)
		*id = w->id;
	pthread_mutex_unlock(&o->lock);
	return w ? 0 : -ENOMEM;
}

u64 owner_of_run_sock(const void *sk)
{
	return (uintptr_t)sk | RUN_SOCK;
}

void owner_gone(struct runtime *rt, enum owner_kind kind, u64 id)
{
	struct owners *o;

	pthread_mutex_lock(&rt->pools_lock);
	o = rt->owners; /* none: there are no maps to tell */
	pthread_mutex_unlock(&rt->pools_lock);
	if (!o)
		return;
	pthread_mutex_lock(&o->lock);
	tell_maps(o, kind, id);
	pthread_mutex_unlock(&o->lock);
}

int owner_watch(struct skep_map *m, enum owner_kind kind)
{
	struct owners *o = owners_of(m->rt);
	struct watcher *w = calloc(1, sizeof(*w));

	if (!o || !w) {
		free(w);
		return -ENOMEM;
	}
	pthread_mutex_lock(&o->lock);
	*w = (struct watcher){ m, kind, o->watchers };
	o->watchers = w;
	pthread_mutex_unlock(&o->lock);
	return 0;
}

void owner_unwatch(struct skep_map *m, enum owner_kind kind)
{
	struct owners *o = m->rt->owners;
	struct watcher **link, *w;

	if (!o)
		return;
	pthread_mutex_lock(&o->lock);
	for (link = &o->watchers; (w = *link) && (w->map != m || w->kind != kind); link = &w->next)
		;
	if (w)
		*link = w->next;
	pthread_mutex_unlock(&o->lock);
	free(w);
}

void owners_free(struct runtime *rt)
{
	struct owners *o = rt->owners;

	if (!o)
		return;
	rt->owners = NULL;
	for (u32 i = 0; i < BUCKETS; i++)
		while (o->bucket[i])
			forget(o, &o->bucket[i]);
	if (o->inotify >= 0)
		close(o->inotify);
	pthread_mutex_destroy(&o->lock);
	free(o);
}
