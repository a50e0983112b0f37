/* See event_tree.h.
 * Invariant: a cached tree is complete: it is made under another name, which rename(2) turns into the right one.
 * Its owner may change it, and fools only himself. */
#include "supervise/event_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/trace_events.h"

static int put_file(int dir, const char *path, const char *text)
{
	int fd = openat(dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0440), err = 0;
	size_t n = strlen(text);

	if (fd < 0)
		return -errno;
	if (n && write(fd, text, n) != (ssize_t)n)
		err = -EIO;
	close(fd);
	return err;
}

static int make_dir(int dir, const char *path)
{
	return mkdirat(dir, path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* `format` is long: tracefs.c answers for it when it is opened. */
static int put_event(int dir, const struct trace_event *e)
{
	char path[160], id[16];
	size_t n = (size_t)snprintf(path, sizeof(path), "events/%s", e->system);

	TRY(make_dir(dir, path));
	n += (size_t)snprintf(path + n, sizeof(path) - n, "/%s", e->name);
	TRY(make_dir(dir, path));
	snprintf(id, sizeof(id), "%u\n", e->id);
	snprintf(path + n, sizeof(path) - n, "/id");
	TRY(put_file(dir, path, id));
	snprintf(path + n, sizeof(path) - n, "/format");
	return put_file(dir, path, "");
}

static int put_list(int dir)
{
	struct buf text = { 0 };
	struct trace_event e;
	int err;

	for (u32 i = 0; trace_event_at(i, &e); i++)
		buf_printf(&text, "%s:%s\n", e.system, e.name);
	err = buf_error(&text) ?: put_file(dir, "available_events", buf_str(&text));
	buf_done(&text);
	return err;
}

int event_tree_make(int dir)
{
	struct trace_event e;

	TRY(make_dir(dir, "events"));
	for (u32 i = 0; trace_event_at(i, &e); i++)
		TRY(put_event(dir, &e));
	return put_list(dir);
}

/* Other tables, another tree: FNV-1a of all names in their order. */
static u64 digest(void)
{
	u64 h = 0xcbf29ce484222325;
	struct trace_event e;

	for (u32 i = 0; trace_event_at(i, &e); i++)
		for (const char *p = e.name; *p; p++)
			h = (h ^ (u8)*p) * 0x100000001b3;
	return h;
}

static bool is_own_dir(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* Is there such a directory of ours now? */
static bool own_dir(char *path, size_t size, const char *base, const char *name)
{
	if (snprintf(path, size, "%s%s", base, name) >= (int)size)
		return false;
	mkdir(path, 0700);
	return is_own_dir(path) && !access(path, W_OK);
}

/* This user's number outside of the user namespace that we are in. */
static u32 outer_uid(void)
{
	u32 inside = 0, outside = 0;
	FILE *f = fopen("/proc/self/uid_map", "re");

	if (f && fscanf(f, "%u %u", &inside, &outside) != 2)
		inside = outside = 0;
	if (f)
		fclose(f);
	return outside + geteuid() - inside;
}

static bool cache_dir(char *path, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char name[32];

	if (cache && *cache == '/' && own_dir(path, size, cache, "/skep"))
		return true;
	if (home && *home == '/' && own_dir(path, size, home, "/.cache") &&
	    own_dir(path, size, home, "/.cache/skep"))
		return true;
	snprintf(name, sizeof(name), "/tmp/.skep-%u", outer_uid());
	return own_dir(path, size, "", name);
}

static bool make_cached(const char *path)
{
	char temp[PATH_MAX];
	int dir, err;

	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= (int)sizeof(temp) || !mkdtemp(temp))
		return false;
	chmod(temp, 0755);
	dir = open(temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = dir < 0 ? -errno : event_tree_make(dir);
	if (dir >= 0)
		close(dir);
	/* fails if somebody else was faster: then his is as good, and ours is a directory too much */
	return !err && (!rename(temp, path) || is_own_dir(path));
}

bool event_tree_cached(char *path, size_t size)
{
	char dir[PATH_MAX / 2];

	if (!cache_dir(dir, sizeof(dir)))
		return false;
	snprintf(path, size, "%s/events-%016llx", dir, (unsigned long long)digest());
	return is_own_dir(path) || make_cached(path);
}
