/* See tracefs_tree.h. Modes of files are tracefs's. */
#include "supervise/tracefs_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "supervise/event_tree.h"
#include "supervise/tracefs.h"

#define MOUNT_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif

static const struct {
	const char *name;
	mode_t mode;
	const char *text;
} files[] = {
	{ "available_tracers", 0444, "nop\n" },
	{ "current_tracer", 0640, "nop\n" },
	{ "trace", 0640, "" },
	{ "trace_clock", 0640, "[local]\n" },
	{ "trace_pipe", S_IFIFO | 0440, NULL },
	{ "tracing_on", 0640, "1\n" },
};

static void put_file(int dir, const char *path, mode_t mode, const char *text)
{
	int fd;
	size_t n = text ? strlen(text) : 0;

	if (!n) {
		if (mknodat(dir, path, mode & S_IFMT ? mode : S_IFREG | mode, 0) < 0)
			errno = 0; /* a file that is missing says so itself */
		return;
	}
	fd = openat(dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
	if (fd < 0)
		return;
	if (write(fd, text, n) < 0)
		errno = 0;
	close(fd);
}

/* A detached copy of one of the host's files or directories, or -1. */
static int take(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), TRACEFS "/%s", name);
	return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC);
}

static bool give(int tree, const char *name)
{
	char path[64];
	bool ok;

	snprintf(path, sizeof(path), TRACEFS "/%s", name);
	ok = !syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) &&
	     !mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MOUNT_FLAGS, NULL);
	close(tree);
	return ok;
}

/* Root sees the host's events, read-only: numbers and formats are the kernel's then. */
static void take_hosts(int *events, int *available)
{
	bool mounted = !access(TRACEFS "/events", F_OK) ||
		       !mount("tracefs", TRACEFS, "tracefs", MOUNT_FLAGS, NULL);

	*events = *available = -1;
	if (!mounted || access(TRACEFS "/events/sched", R_OK))
		return;
	*events = take("events");
	*available = take("available_events");
}

static bool bind_read_only(const char *from, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), TRACEFS "/%s", name);
	return !mount(from, path, NULL, MS_BIND, NULL) &&
	       !mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MOUNT_FLAGS, NULL);
}

static void put_tables(int dir)
{
	char tree[PATH_MAX], part[PATH_MAX + 32];
	bool ok = event_tree_cached(tree, sizeof(tree));

	if (ok) {
		mkdirat(dir, "events", 0755);
		snprintf(part, sizeof(part), "%s/events", tree);
		ok = bind_read_only(part, "events");
	}
	if (ok) {
		put_file(dir, "available_events", 0440, NULL);
		snprintf(part, sizeof(part), "%s/available_events", tree);
		bind_read_only(part, "available_events");
	} else if (event_tree_make(dir) < 0) {
		errno = 0; /* what is missing says so itself */
	}
}

static bool put_hosts(int dir, int events, int available)
{
	if (available >= 0) {
		put_file(dir, "available_events", 0440, NULL);
		give(available, "available_events");
	}
	if (events < 0)
		return false;
	mkdirat(dir, "events", 0755);
	return give(events, "events");
}

static u64 dev_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_dev;
}

/* debugfs's own content would be out of reach for those who are not root anyway. */
static void mount_debugfs(struct tracefs *t)
{
	if (access(DEBUG_TRACEFS, F_OK)) {
		if (mount("debugfs", DEBUGFS, "tmpfs", MOUNT_FLAGS, "mode=0700") < 0)
			return;
		t->debug_dev = dev_of(DEBUGFS);
		mkdir(DEBUG_TRACEFS, 0755);
	}
	if (mount(TRACEFS, DEBUG_TRACEFS, NULL, MS_BIND | MS_REC, NULL) < 0)
		errno = 0; /* TRACEFS itself is there */
}

void tracefs_tree_mount(struct tracefs *t)
{
	int dir, events, available;

	take_hosts(&events, &available);
	if (mount("tracefs", TRACEFS, "tmpfs", MOUNT_FLAGS, "mode=0700") < 0)
		goto out;
	dir = open(TRACEFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		goto out;
	t->mounted = true;
	t->dev = dev_of(TRACEFS);
	for (u32 i = 0; i < ARRAY_SIZE(files); i++)
		put_file(dir, files[i].name, files[i].mode, files[i].text);
	t->host_events = put_hosts(dir, events, available);
	events = available = -1;
	if (!t->host_events)
		put_tables(dir);
	close(dir);
	mount_debugfs(t);
out:
	if (events >= 0)
		close(events);
	if (available >= 0)
		close(available);
}
