/* See bpffs.h. Under `lock` a pin's file and its entry appear together; no reference is dropped there,
 * as that may free an object and what that holds. */
#include "supervise/bpffs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "iter/iter.h"
#include "object/link.h"
#include "supervise/iter_fd.h"
#include "supervise/path.h"
#include "supervise/sup.h"
#include "syscall/attach_iter.h"

struct pin_inode {
	u64 dev, ino;
	int watch;
	struct object *o; /* a reference, and a user */
	struct pin_inode *next;
};

int bpffs_init(struct bpffs *b)
{
	*b = (struct bpffs){ .inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	pthread_mutex_init(&b->lock, NULL);
	return b->inotify < 0 ? fail(-errno, "inotify: %m (see fs.inotify.max_user_instances)") : 0;
}

static void pin_free(struct pin_inode *p)
{
	if (!p)
		return;
	object_user_put(p->o);
	object_unref(p->o);
	free(p);
}

void bpffs_done(struct bpffs *b)
{
	struct pin_inode *p;

	for (u32 i = 0; i < BPFFS_BUCKETS; i++)
		while ((p = b->by_ino[i])) {
			b->by_ino[i] = p->next;
			pin_free(p);
		}
	for (u32 i = 0; i < b->nr_mounts; i++)
		free(b->mounts[i].place);
	if (b->inotify >= 0)
		close(b->inotify);
	pthread_mutex_destroy(&b->lock);
}

static int watch_fd(struct bpffs *b, int fd)
{
	char path[32];
	int watch;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	watch = inotify_add_watch(b->inotify, path, IN_DELETE_SELF);
	return watch < 0 ? -errno : watch;
}

int bpffs_add(struct bpffs *b, int fd, const char *place)
{
	char *copy = strdup(place);
	int err = copy ? 0 : -ENOMEM, watch = watch_fd(b, fd);
	struct stat st;

	pthread_mutex_lock(&b->lock);
	if (!err && (b->nr_mounts == BPFFS_MOUNTS || watch < 0 || fstat(fd, &st) < 0))
		err = -ENOSPC;
	if (!err) {
		b->mounts[b->nr_mounts].dev = st.st_dev;
		b->mounts[b->nr_mounts].watch = watch;
		b->mounts[b->nr_mounts++].place = copy;
	}
	pthread_mutex_unlock(&b->lock);
	if (err)
		free(copy);
	return err;
}

/* Its number can be another file system's now. */
static void forget_mount(struct bpffs *b, int watch)
{
	pthread_mutex_lock(&b->lock);
	for (u32 i = 0; i < b->nr_mounts; i++)
		if (b->mounts[i].watch == watch) {
			free(b->mounts[i].place);
			b->mounts[i] = b->mounts[--b->nr_mounts];
			break;
		}
	pthread_mutex_unlock(&b->lock);
}

bool bpffs_is(struct bpffs *b, u64 dev)
{
	bool is = false;

	pthread_mutex_lock(&b->lock);
	for (u32 i = 0; i < b->nr_mounts && !is; i++)
		is = b->mounts[i].dev == dev;
	pthread_mutex_unlock(&b->lock);
	return is;
}

bool bpffs_below(struct bpffs *b, const char *path)
{
	bool is = false;
	size_t n;

	pthread_mutex_lock(&b->lock);
	for (u32 i = 0; i < b->nr_mounts && !is; i++) {
		n = strlen(b->mounts[i].place);
		is = !strncmp(path, b->mounts[i].place, n) && (!path[n] || path[n] == '/');
	}
	pthread_mutex_unlock(&b->lock);
	return is;
}

/* Under lock: the file that fd is becomes o's. */
static int enter(struct bpffs *b, int fd, struct object *o)
{
	struct pin_inode *p = calloc(1, sizeof(*p));
	struct stat st;

	if (!p)
		return -ENOMEM;
	p->watch = watch_fd(b, fd);
	if (p->watch < 0 || fstat(fd, &st) < 0) {
		free(p);
		return -ENOSPC;
	}
	object_ref(o);
	object_user_get(o);
	p->o = o;
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	p->next = b->by_ino[p->ino % BPFFS_BUCKETS];
	b->by_ino[p->ino % BPFFS_BUCKETS] = p;
	return 0;
}

/* Under lock, with the client's rights. */
static int make_file(struct bpffs *b, int dir, const char *name, struct object *o)
{
	int fd = openat(dir, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), err;

	if (fd < 0)
		return -errno;
	err = enter(b, fd, o);
	if (err)
		unlinkat(dir, name, 0);
	close(fd);
	return err;
}

/* A name in a directory that is not ours: Linux looks at the name first, then at the file system. */
static int refuse(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) ? -EPERM : -EEXIST;
}

static int pin_in(struct caller *c, int dir, const char *name, struct object *o)
{
	struct bpffs *b = &c->sup->bpffs;
	struct stat st;
	int err;

	if (fstat(dir, &st) < 0)
		return -errno;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EEXIST;
	if (!bpffs_is(b, st.st_dev) || strchr(name, '.'))
		return refuse(dir, name);
	pthread_mutex_lock(&b->lock);
	err = path_act_as(c);
	if (!err)
		err = make_file(b, dir, name, o);
	path_act_as_self();
	pthread_mutex_unlock(&b->lock);
	return err;
}

/* Without a directory of ours. */
static int pin_by_name(struct caller *c, int dirfd, const char *path, struct object *o)
{
	char abs[PATH_MAX];

	TRY(path_absolute(c, dirfd, path, abs, sizeof(abs)));
	return pins_covers(abs) ? pins_add(&c->sup->skep->pins, abs, o) : -EPERM;
}

int bpffs_pin(struct caller *c, int dirfd, const char *path, struct object *o)
{
	char parent[PATH_MAX];
	const char *name;
	int dir, err;

	if (!c->sup->world.bpffs)
		return pin_by_name(c, dirfd, path, o);
	name = path_split(path, parent);
	TRY(dir = path_open(c, dirfd, parent, O_DIRECTORY));
	err = pin_in(c, dir, name, o);
	close(dir);
	return err;
}

struct object *bpffs_find(struct bpffs *b, u64 dev, u64 ino)
{
	struct object *o = NULL;
	struct pin_inode *p;

	pthread_mutex_lock(&b->lock);
	for (p = b->by_ino[ino % BPFFS_BUCKETS]; p && (p->ino != ino || p->dev != dev); p = p->next)
		;
	if (p) {
		o = p->o;
		object_ref(o);
	}
	pthread_mutex_unlock(&b->lock); /* from here on, the pin may be gone */
	return o;
}

/* May the client open the file so? */
static int check_access(struct caller *c, int fd, int access)
{
	char path[32];
	int file, err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = path_act_as(c);
	file = err ? -1 : open(path, access | O_CLOEXEC);
	if (!err && file < 0)
		err = -errno;
	path_act_as_self();
	if (file >= 0)
		close(file);
	return err;
}

static int get_file(struct caller *c, int fd, int access, struct object **out)
{
	struct object *o = NULL;
	struct stat st;
	int err;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) && bpffs_is(&c->sup->bpffs, st.st_dev))
		o = bpffs_find(&c->sup->bpffs, st.st_dev, st.st_ino);
	if (!o)
		return -EACCES;
	err = check_access(c, fd, access);
	if (err)
		object_unref(o);
	else
		*out = o;
	return err;
}

static int get_by_name(struct caller *c, int dirfd, const char *path, struct object **out)
{
	char abs[PATH_MAX];

	TRY(path_absolute(c, dirfd, path, abs, sizeof(abs)));
	return pins_covers(abs) ? pins_get(&c->sup->skep->pins, abs, out) : -EACCES;
}

int bpffs_get(struct caller *c, int dirfd, const char *path, int access, struct object **out)
{
	int fd, err;

	if (!c->sup->world.bpffs)
		return get_by_name(c, dirfd, path, out);
	TRY(fd = path_open(c, dirfd, path, 0));
	err = get_file(c, fd, access, out);
	close(fd);
	return err;
}

long bpffs_session(struct caller *c, struct link *l, int flags)
{
	struct iter *it;
	int fd;

	TRY(iter_open(l, &it));
	fd = object_open(&it->obj, O_RDONLY);
	if (fd >= 0)
		fd = iter_fd_install(c, fd, flags & O_CLOEXEC);
	object_unref(&it->obj);
	return fd;
}

/* The entry in that bucket, which is out of it then. */
static struct pin_inode *take_from(struct pin_inode **link, int watch)
{
	struct pin_inode *p;

	while (*link && (*link)->watch != watch)
		link = &(*link)->next;
	p = *link;
	if (p)
		*link = p->next;
	return p;
}

static struct pin_inode *take_out(struct bpffs *b, int watch)
{
	struct pin_inode *p = NULL;

	pthread_mutex_lock(&b->lock);
	for (u32 i = 0; i < BPFFS_BUCKETS && !p; i++)
		p = take_from(&b->by_ino[i], watch);
	pthread_mutex_unlock(&b->lock);
	return p;
}

void bpffs_reap(struct bpffs *b)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *e;
	ssize_t n;

	while ((n = read(b->inotify, buf, sizeof(buf))) > 0)
		for (const char *p = buf; p < buf + n; p += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(const void *)p;
			if (e->mask & (IN_DELETE_SELF | IN_UNMOUNT))
				pin_free(take_out(b, e->wd));
			if (e->mask & IN_UNMOUNT)
				forget_mount(b, e->wd);
		}
}
