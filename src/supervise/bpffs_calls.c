/* See bpffs_calls.h. What the kernel would do with each name was asked of a kernel (tests/cli/bpffs.py asks again). */
#include "supervise/bpffs_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/filter.h"
#include "supervise/map_text.h"
#include "supervise/notify.h"
#include "supervise/path.h"
#include "supervise/sup.h"
#include "object/link.h"
#include "syscall/attach_iter.h"
#include "supervise/text_file.h"

/* A name in a directory of a bpffs. */
struct place {
	int dir;
	char name[NAME_MAX + 1];
};

/* Almost all paths are elsewhere: their text tells. */
static bool may_be_ours(struct caller *c, int dirfd, const char *path)
{
	char abs[PATH_MAX];

	return c->sup->world.bpffs && path_absolute(c, dirfd, path, abs, sizeof(abs)) == 0 &&
	       bpffs_below(&c->sup->bpffs, abs);
}

/* False: not in a bpffs, or the kernel knows better what is wrong with it. Else p->dir is to be closed. */
static bool find_place(struct caller *c, int dirfd, const char *path, struct place *p)
{
	char parent[PATH_MAX];
	const char *name;
	struct stat st;

	if (strlen(path) >= sizeof(parent) || !may_be_ours(c, dirfd, path))
		return false;
	name = path_split(path, parent);
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..") || strlen(name) > NAME_MAX)
		return false;
	p->dir = path_open(c, dirfd, parent, O_DIRECTORY);
	if (p->dir < 0)
		return false;
	if (fstat(p->dir, &st) == 0 && bpffs_is(&c->sup->bpffs, st.st_dev)) {
		strcpy(p->name, name);
		return true;
	}
	close(p->dir);
	return false;
}

/* -errno: the client may not open the file that fd (O_PATH) is. */
static int check_open(struct caller *c, int fd, int flags)
{
	static const int modes[] = { [O_RDONLY] = R_OK, [O_WRONLY] = W_OK, [O_RDWR] = R_OK | W_OK };
	int err = path_act_as(c);

	if (!err && faccessat(fd, "", modes[(flags & O_ACCMODE) % 3], AT_EACCESS | AT_EMPTY_PATH))
		err = -errno;
	path_act_as_self();
	return err;
}

/* A pin that the client may open: some maps have a text, iterators' links what their programs write. */
static long give_pin(struct caller *c, u64 dev, u64 ino, int flags)
{
	struct object *o = bpffs_find(&c->sup->bpffs, dev, ino);
	struct buf text = { 0 };
	long ret = -EIO;

	if (o && o->kind == OBJECT_MAP && map_has_text((struct skep_map *)o)) {
		notify_release(c);
		ret = map_text((struct skep_map *)o, &text);
		if (!ret)
			ret = give_text(c, "map", &text);
	}
	if (o && o->kind == OBJECT_LINK && link_is_iter((struct link *)o) &&
	    (flags & O_ACCMODE) == O_RDONLY)
		ret = bpffs_session(c, (struct link *)o, flags);
	buf_done(&text);
	object_unref(o);
	return ret;
}

/* What is there is a pin, or a link to one: it can be read at best. */
static long open_pin(struct caller *c, int dirfd, const char *path, int flags)
{
	int fd = path_open(c, dirfd, path, flags & O_NOFOLLOW);
	struct stat st;
	long ret = PASS;

	if (fd == -ENOENT && (flags & O_CREAT))
		return -EACCES;
	if (fd < 0)
		return PASS;
	if ((flags & O_CREAT) && (flags & O_EXCL))
		ret = -EEXIST;
	else if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && bpffs_is(&c->sup->bpffs, st.st_dev))
		ret = check_open(c, fd, flags) ?: give_pin(c, st.st_dev, st.st_ino, flags);
	close(fd);
	return ret;
}

long bpffs_open(struct caller *c, int dirfd, const char *path, int flags)
{
	struct place p;

	if (!find_place(c, dirfd, path, &p))
		return PASS;
	close(p.dir);
	return strchr(p.name, '.') ? -EPERM : open_pin(c, dirfd, path, flags);
}

static bool read_place(struct caller *c, int dirfd, u64 addr, struct place *p)
{
	char path[PATH_MAX];
	s64 n = client_strncpy(&c->client, path, addr, sizeof(path));

	return n > 0 && n < (s64)sizeof(path) && find_place(c, dirfd, path, p);
}

long bpffs_make(struct caller *c, int dirfd, u64 path)
{
	struct place p;
	bool dotted;

	if (!read_place(c, dirfd, path, &p))
		return PASS;
	dotted = strchr(p.name, '.');
	close(p.dir);
	return dotted ? -EPERM : PASS;
}

long bpffs_mknod(struct caller *c, int dirfd, u64 path, u32 mode)
{
	struct place p;
	long ret = -EPERM;

	if (!read_place(c, dirfd, path, &p))
		return PASS;
	if (!strchr(p.name, '.')) {
		if (faccessat(p.dir, p.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			ret = -EEXIST;
		else if (!(mode & S_IFMT) || S_ISREG(mode))
			ret = -EACCES;
	}
	close(p.dir);
	return ret;
}
