/* See tracefs.h.
 * Invariant: the pipe holds whole lines, but for the first one's beginning, which a reader may have. */
#include "supervise/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/filter.h"
#include "supervise/notify.h"
#include "supervise/sup.h"
#include "supervise/text_file.h"
#include "supervise/trace_events.h"
#include "supervise/tracefs_tree.h"

#define PIPE_ROOM (1 << 20) /* what users may ask for; Linux's own buffer has 1.4 MB per CPU */

static void watch(struct tracefs *t)
{
	t->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (t->inotify < 0)
		return;
	inotify_add_watch(t->inotify, TRACEFS "/trace", IN_CLOSE_WRITE);
	inotify_add_watch(t->inotify, TRACEFS "/tracing_on", IN_CLOSE_WRITE);
}

static void open_pipe(struct tracefs *t)
{
	int ends[2];

	if (t->mounted) {
		t->pipe = open(TRACEFS "/trace_pipe", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	} else if (!pipe2(ends, O_NONBLOCK | O_CLOEXEC)) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
		t->pipe = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		close(ends[0]);
		close(ends[1]);
	}
	if (t->pipe >= 0)
		fcntl(t->pipe, F_SETPIPE_SZ, PIPE_ROOM);
}

void tracefs_mount(struct tracefs *t, bool mounts)
{
	mode_t mask = umask(0);

	*t = (struct tracefs){ .inotify = -1, .pipe = -1, .lock = PTHREAD_MUTEX_INITIALIZER };
	if (mounts)
		tracefs_tree_mount(t);
	umask(mask);
	open_pipe(t);
	if (t->mounted)
		watch(t);
}

void tracefs_done(struct tracefs *t)
{
	if (t->inotify >= 0)
		close(t->inotify);
	if (t->pipe >= 0)
		close(t->pipe);
}

/* --- what programs print --- */

/* Under lock. At least want bytes, up to the end of a line. */
static void drop(struct tracefs *t, size_t want)
{
	char buf[4096], last = '\n';
	ssize_t n;

	while (want && (n = read(t->pipe, buf, MIN(want, sizeof(buf)))) > 0) {
		want -= (size_t)n;
		last = buf[n - 1];
	}
	while (last != '\n' && read(t->pipe, &last, 1) == 1)
		;
}

/* Nobody reads, and it is full: the oldest lines go, as on Linux. Lines are shorter than PIPE_BUF, so each is
 * written as a whole. */
void tracefs_line(void *arg, const char *line, size_t len)
{
	struct tracefs *t = arg;

	if (t->pipe < 0 || atomic_load(&t->off))
		return;
	pthread_mutex_lock(&t->lock);
	atomic_fetch_add(&t->lines, 1);
	while (write(t->pipe, line, len) < 0 && errno == EAGAIN)
		drop(t, 65536);
	pthread_mutex_unlock(&t->lock);
}

static bool is_off(void)
{
	int fd = open(TRACEFS "/tracing_on", O_RDONLY | O_CLOEXEC);
	char c = '1';

	if (fd < 0)
		return false;
	if (read(fd, &c, 1) < 0)
		c = '1';
	close(fd);
	return c == '0';
}

void tracefs_changed(struct tracefs *t)
{
	char buf[1024] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *e;
	ssize_t n = t->inotify < 0 ? 0 : read(t->inotify, buf, sizeof(buf));

	for (const char *p = buf; n > 0 && p < buf + n; p += sizeof(*e) + e->len) {
		e = (const struct inotify_event *)(const void *)p;
		pthread_mutex_lock(&t->lock);
		if (e->wd == 1) /* `trace`: the first watch */
			drop(t, SIZE_MAX);
		else
			atomic_store(&t->off, is_off());
		pthread_mutex_unlock(&t->lock);
	}
}

/* --- `trace`: what is in the pipe, which stays there --- */

/* Under lock: tee(2) copies pages between pipes of the same size. */
static void copy_pipe(struct tracefs *t, struct buf *out)
{
	int copy[2], size = fcntl(t->pipe, F_GETPIPE_SZ);
	char buf[65536];
	ssize_t n;

	if (pipe2(copy, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	if (size > 0 && fcntl(copy[1], F_SETPIPE_SZ, size) >= size &&
	    tee(t->pipe, copy[1], (size_t)size, SPLICE_F_NONBLOCK) > 0)
		while ((n = read(copy[0], buf, sizeof(buf))) > 0)
			buf_put(out, buf, (size_t)n);
	close(copy[0]);
	close(copy[1]);
}

static u32 count_lines(const struct buf *text)
{
	u32 n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->data[i] == '\n';
	return n;
}

static void put_snapshot(struct caller *c, struct buf *out)
{
	struct tracefs *t = &c->sup->tracefs;
	struct buf lines = { 0 };

	pthread_mutex_lock(&t->lock);
	if (t->pipe >= 0)
		copy_pipe(t, &lines);
	buf_printf(out,
		   "# tracer: nop\n#\n# entries-in-buffer/entries-written: %u/%llu   #P:%u\n#\n"
		   "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
		   "#              | |         |   |||||     |         |\n",
		   count_lines(&lines), (unsigned long long)atomic_load(&t->lines),
		   c->sup->skep->rt.nr_cpus);
	pthread_mutex_unlock(&t->lock);
	buf_put(out, buf_str(&lines), lines.len);
	buf_done(&lines);
}

static long give_pipe(struct caller *c, int flags)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", c->sup->tracefs.pipe);
	fd = open(path, (flags & O_NONBLOCK) | O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : c->client.ops->fd_install(&c->client, fd);
}

/* --- files by name --- */

/* The name below the mount point, or NULL. */
static const char *below(const char *path)
{
	static const char *const roots[] = { TRACEFS, DEBUG_TRACEFS };

	for (u32 i = 0; i < ARRAY_SIZE(roots); i++)
		if (!strncmp(path, roots[i], strlen(roots[i])) && path[strlen(roots[i])] == '/')
			return path + strlen(roots[i]) + 1;
	return NULL;
}

bool tracefs_covers(const char *path)
{
	return !strcmp(path, TRACEFS) || !strcmp(path, DEBUG_TRACEFS) || below(path);
}

/* events/SYSTEM/NAME/FILE of the tables. */
static int put_event_file(const char *name, struct buf *out)
{
	char system[64], event[64], file[16];
	int n = 0;

	if (sscanf(name, "events/%63[^/]/%63[^/]/%15[a-z]%n", system, event, file, &n) != 3 ||
	    name[n])
		return -ENOENT;
	return trace_event_file(system, event, file, out);
}

/* The mounted files are root's; as the kernel answers others, so do we. */
static bool may_read(struct caller *c)
{
	struct credentials cred;

	return !c->sup->tracefs.mounted || (!caller_credentials(c, &cred) && cred.fsuid == 0);
}

long tracefs_open(struct caller *c, const char *path, int flags)
{
	const struct tracefs *t = &c->sup->tracefs;
	const char *name = below(path);
	struct buf text = { 0 };
	long ret = PASS;

	if (!name || !may_read(c))
		return PASS;
	notify_release(c);
	tracefs_changed(&c->sup->tracefs); /* what was written before */
	if (!strcmp(name, "trace"))
		put_snapshot(c, &text);
	else if (!t->mounted && t->pipe >= 0 && !strcmp(name, "trace_pipe"))
		return give_pipe(c, flags);
	else if (t->host_events || put_event_file(name, &text))
		goto out;
	ret = buf_error(&text) ?: give_text(c, "tracefs", &text);
out:
	buf_done(&text);
	return ret;
}

/* --- events by number --- */

static bool has_id(const char *system, const char *name, u64 id)
{
	char path[PATH_MAX];
	unsigned long long n = 0;
	FILE *f;

	snprintf(path, sizeof(path), TRACEFS "/events/%s/%s/id", system, name);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fscanf(f, "%llu", &n) != 1)
		n = 0;
	fclose(f);
	return n && n == id;
}

static bool find_in_system(const char *system, u64 id, char *out, size_t size)
{
	char path[PATH_MAX];
	const struct dirent *e;
	bool found = false;
	DIR *d;

	snprintf(path, sizeof(path), TRACEFS "/events/%s", system);
	d = opendir(path);
	while (d && !found && (e = readdir(d)))
		if (e->d_name[0] != '.' && has_id(system, e->d_name, id)) {
			snprintf(out, size, "%s:%s", system, e->d_name);
			found = true;
		}
	if (d)
		closedir(d);
	return found;
}

/* Some milliseconds; asked once per attachment. */
static int find_hosts(u64 id, char *out, size_t size)
{
	DIR *d = opendir(TRACEFS "/events");
	const struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d)))
		found = e->d_name[0] != '.' && find_in_system(e->d_name, id, out, size);
	if (d)
		closedir(d);
	return found ? 0 : -ENOENT;
}

int tracefs_event_name(struct tracefs *t, u64 id, char *out, size_t size)
{
	struct trace_event e;

	if (t->host_events)
		return find_hosts(id, out, size);
	TRY(trace_event_by_id(id, &e));
	snprintf(out, size, "%s:%s", e.system, e.name);
	return 0;
}
