/* See files.h. */
#include "object/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

static const char *const kind_names[] = {
	/* what readlink of /proc/self/fd shows */
	[OBJECT_PROG] = "bpf-prog", [OBJECT_MAP] = "bpf-map",	    [OBJECT_BTF] = "btf",
	[OBJECT_LINK] = "bpf-link", [OBJECT_PERF] = "[perf_event]", [OBJECT_STATS] = "bpf-stats",
	[OBJECT_ITER] = "bpf_iter",
};

static int reopen(int fd, int flags)
{
	char path[32];
	int new;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	new = open(path, flags | O_CLOEXEC);
	return new < 0 ? -errno : new;
}

static u32 hash_ino(u64 dev, u64 ino)
{
	return ((ino ^ dev << 7) * 0x9e3779b97f4a7c15ull) >> 54;
}
static_assert(FILES_BUCKETS == 1 << (64 - 54), "hash_ino() yields a bucket number");

static struct object **watch_bucket(struct files *f, int watch)
{
	return &f->by_watch[(u32)watch % FILES_BUCKETS];
}

/* Is a file of o's inode open that is not ours? Errs towards yes: then o lives too long. */
static bool in_use(const struct object *o)
{
	if (fcntl(o->probe, F_SETLEASE, F_WRLCK) < 0)
		return true;
	fcntl(o->probe, F_SETLEASE, F_UNLCK);
	return false;
}

static int make_probe(const struct object *o)
{
	int fd, probe;

	if (o->backing >= 0)
		return reopen(o->backing, O_RDONLY);
	fd = memfd_create(kind_names[o->kind], MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	probe = reopen(fd, O_RDONLY);
	close(fd);
	return probe;
}

static int watch_inode(struct files *f, struct object *o)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->probe);
	o->watch = inotify_add_watch(f->inotify, path, IN_CLOSE);
	return o->watch < 0 ? fail(-errno, "cannot watch files of objects: inotify: %m") : 0;
}

/* Under f->lock: make the inode that stands for o and enter it in the tables. */
static int make_inode(struct files *f, struct object *o)
{
	struct object **ino, **watch;
	struct stat st;
	int err;

	o->probe = make_probe(o);
	if (o->probe < 0)
		return o->probe;
	err = fstat(o->probe, &st) < 0 ? -errno : watch_inode(f, o);
	if (err) {
		close(o->probe);
		o->probe = -1;
		return err;
	}
	o->dev = st.st_dev;
	o->ino = st.st_ino;
	ino = &f->by_ino[hash_ino(o->dev, o->ino)];
	o->next_ino = *ino;
	*ino = o;
	watch = watch_bucket(f, o->watch);
	o->next_watch = *watch;
	*watch = o;
	return 0;
}

struct object *files_find(struct files *f, const struct file_id *id)
{
	struct object *o;

	pthread_mutex_lock(&f->lock);
	for (o = f->by_ino[hash_ino(id->dev, id->ino)]; o; o = o->next_ino)
		if (o->ino == id->ino && o->dev == id->dev)
			break;
	if (o && !object_try_ref(o))
		o = NULL;
	pthread_mutex_unlock(&f->lock);
	return o;
}

void files_forget(struct files *f, struct object *o)
{
	struct object **p;

	pthread_mutex_lock(&f->lock);
	if (o->probe >= 0) {
		for (p = &f->by_ino[hash_ino(o->dev, o->ino)]; *p != o; p = &(*p)->next_ino)
			;
		*p = o->next_ino;
		for (p = watch_bucket(f, o->watch); *p != o; p = &(*p)->next_watch)
			;
		*p = o->next_watch;
		inotify_rm_watch(f->inotify, o->watch);
		close(o->probe);
		o->probe = o->watch = -1;
	}
	pthread_mutex_unlock(&f->lock);
}

#define SUSPECT_NS 1000000000ull /* no thread is kept from finishing its close(2) for longer */
#define DOUBT_NS   5000000ull	 /* and hardly any for that long: whoever lists waits for it */
#define ASK_NS	   50000

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void suspect(struct files *f, struct object *o)
{
	if (!o->suspect_until) {
		o->next_suspect = f->suspects;
		f->suspects = o;
	}
	o->suspect_until = now_ns() + SUSPECT_NS;
}

/* Under reaping, as what follows: only there the files' reference is dropped. True if it was: then o
 * may be freed. */
static bool release_if_unused(struct files *f, struct object *o)
{
	bool gone;

	pthread_mutex_lock(&f->lock);
	gone = o->has_files && !in_use(o);
	if (gone)
		o->has_files = false;
	pthread_mutex_unlock(&f->lock);
	if (gone) {
		object_user_put(o);
		object_unref(o);
	}
	return gone;
}

static void ask_suspects(struct files *f)
{
	u64 now = f->suspects ? now_ns() : 0;
	struct object **link = &f->suspects, *o;

	while ((o = *link)) {
		struct object *next = o->next_suspect;
		u64 until = o->suspect_until;

		o->suspect_until = 0; /* off the list, if it is freed or believed */
		if (release_if_unused(f, o) || now > until) {
			*link = next;
			continue;
		}
		o->suspect_until = until;
		link = &o->next_suspect;
	}
}

static struct object *find_watch(struct files *f, int watch)
{
	struct object *o;

	pthread_mutex_lock(&f->lock);
	for (o = *watch_bucket(f, watch); o; o = o->next_watch)
		if (o->watch == watch)
			break;
	/* Without has_files nothing is to be done, and nothing would keep o alive. */
	if (o && (!o->has_files || !object_try_ref(o)))
		o = NULL;
	pthread_mutex_unlock(&f->lock);
	return o;
}

/* The first object with files in a bucket whose inode is above `above`, with a reference. */
static struct object *next_with_files(struct files *f, u32 bucket, u64 above)
{
	struct object *o, *best = NULL;

	pthread_mutex_lock(&f->lock);
	for (o = f->by_ino[bucket]; o; o = o->next_ino)
		if (o->has_files && o->ino > above && (!best || o->ino < best->ino))
			best = o;
	if (best && !object_try_ref(best))
		best = NULL;
	pthread_mutex_unlock(&f->lock);
	return best;
}

/* The queue overflowed: any object may have lost its last file. */
static void reap_all(struct files *f)
{
	struct object *o;

	for (u32 i = 0; i < FILES_BUCKETS; i++)
		for (u64 ino = 0; (o = next_with_files(f, i, ino)); object_unref(o)) {
			ino = o->ino;
			suspect(f, o);
		}
}

static void handle_event(struct files *f, const struct inotify_event *e)
{
	struct object *o;

	if (e->mask & IN_Q_OVERFLOW) {
		reap_all(f);
	} else if (e->mask & IN_CLOSE) {
		o = find_watch(f, e->wd);
		if (o)
			suspect(f, o);
		object_unref(o);
	}
}

static void kick(struct files *f)
{
	const u64 one = 1;

	while (write(f->kick, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

bool files_reap(struct files *f)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *e;
	bool before, left;
	ssize_t n;

	if (getpid() != f->pid)
		return false;
	/* Held while objects are freed: whoever returns from here sees all earlier closes done. */
	pthread_mutex_lock(&f->reaping);
	before = f->suspects;
	while ((n = read(f->inotify, buf, sizeof(buf))) > 0)
		for (const char *p = buf; p < buf + n; p += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(const void *)p;
			handle_event(f, e);
		}
	ask_suspects(f);
	left = f->suspects;
	pthread_mutex_unlock(&f->reaping);
	if (left && !before)
		kick(f); /* the event that we took may have been the one to wake the reaper */
	return left;
}

static bool is_doubtful(struct files *f, const struct object *o)
{
	bool doubtful;

	pthread_mutex_lock(&f->reaping);
	doubtful = o->suspect_until && o->suspect_until > now_ns() + SUSPECT_NS - DOUBT_NS;
	pthread_mutex_unlock(&f->reaping);
	return doubtful;
}

bool files_settle(struct files *f, const struct object *o)
{
	const struct timespec wait = { 0, ASK_NS };

	if (getpid() != f->pid || !is_doubtful(f, o))
		return true;
	nanosleep(&wait, NULL);
	files_reap(f);
	return false;
}

/* Links must be detached as soon as their last fd is closed, not at the next bpf(2). */
static void *reaper(void *arg)
{
	struct files *f = arg;
	struct pollfd fds[] = { { f->inotify, POLLIN, 0 }, { f->kick, POLLIN, 0 } };
	int wait = -1; /* ms: longer and longer while the suspects are the same */
	u64 n;

	while (!atomic_load(&f->stopping)) {
		int events = poll(fds, ARRAY_SIZE(fds), wait);

		if (events > 0 && fds[1].revents && read(f->kick, &n, sizeof(n)) < 0)
			break;
		if (!files_reap(f))
			wait = -1;
		else
			wait = events > 0 || wait < 0 ? 1 : MIN(2 * wait, 128);
	}
	return NULL;
}

/* Under f->lock. The thread takes no signals: they are for the application's own. */
static int start_reaper(struct files *f)
{
	sigset_t all, old;
	int err;

	if (f->reaper_runs)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&f->reaper, NULL, reaper, f);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	f->reaper_runs = !err;
	return -err;
}

int files_open(struct files *f, struct object *o, int flags)
{
	int fd;

	pthread_mutex_lock(&f->lock);
	fd = start_reaper(f);
	if (!fd && o->probe < 0)
		fd = make_inode(f, o);
	if (!fd)
		fd = reopen(o->probe, flags);
	if (fd >= 0) {
		if (!o->has_files) {
			object_ref(o);
			object_user_get(o);
		}
		o->has_files = true;
		if (flags != O_RDWR)
			atomic_store_explicit(&o->restricted, true, memory_order_relaxed);
	}
	pthread_mutex_unlock(&f->lock);
	return fd;
}

int files_init(struct files *f)
{
	*f = (struct files){ .inotify = -1, .kick = -1, .pid = getpid() };
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->reaping, NULL);
	f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->inotify < 0)
		return fail(-errno, "inotify: %m (see fs.inotify.max_user_instances)");
	f->kick = eventfd(0, EFD_CLOEXEC);
	return f->kick < 0 ? -errno : 0;
}

static void stop_reaper(struct files *f)
{
	if (!f->reaper_runs || getpid() != f->pid)
		return;
	atomic_store(&f->stopping, true);
	kick(f);
	pthread_join(f->reaper, NULL);
	f->reaper_runs = false;
}

void files_done(struct files *f)
{
	struct object *o;

	stop_reaper(f);
	f->suspects = NULL;
	/* Clients may still have files open; without an instance they mean nothing any more. */
	for (u32 i = 0; i < FILES_BUCKETS; i++)
		while ((o = next_with_files(f, i, 0))) {
			o->has_files = false;
			object_user_put(o);
			object_unref(o);
			object_unref(o);
		}
	if (f->inotify >= 0)
		close(f->inotify);
	if (f->kick >= 0)
		close(f->kick);
	pthread_mutex_destroy(&f->lock);
	pthread_mutex_destroy(&f->reaping);
}
