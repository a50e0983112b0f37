/* BPF_OBJ_PIN and BPF_OBJ_GET: names for objects; where they live is the client's business. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "syscall/sys.h"

static int read_path(struct call *c, char path[PATH_MAX], int *dirfd)
{
	const struct attr_obj *a = &c->attr.obj;
	s64 n;

	if (!(a->file_flags & ABI_F_PATH_FD) && a->path_fd)
		return -EINVAL;
	*dirfd = a->file_flags & ABI_F_PATH_FD ? a->path_fd : AT_FDCWD;
	n = client_strncpy(c->client, path, a->pathname, PATH_MAX);
	if (n < 0)
		return -EFAULT;
	if (n == PATH_MAX)
		return -ENAMETOOLONG;
	return n ? 0 : -ENOENT;
}

/* Types of objects that can have names. */
static int pinnable(struct call *c, u32 fd, struct object **out)
{
	if (client_object(c->client, (int)fd, OBJECT_NONE, NULL, out) < 0)
		return -EINVAL; /* Linux: for a bad descriptor as well */
	if ((*out)->kind == OBJECT_PROG || (*out)->kind == OBJECT_MAP ||
	    (*out)->kind == OBJECT_LINK)
		return 0;
	object_unref(*out);
	return -EINVAL;
}

long sys_obj_pin(struct call *c)
{
	char path[PATH_MAX];
	struct object *o;
	int dirfd, err;

	if (c->attr.obj.file_flags & ~ABI_F_PATH_FD)
		return -EINVAL;
	if (!(c->attr.obj.file_flags & ABI_F_PATH_FD) && c->attr.obj.path_fd)
		return -EINVAL;
	TRY(pinnable(c, c->attr.obj.bpf_fd, &o));
	err = read_path(c, path, &dirfd);
	if (!err)
		err = c->client->ops->pin(c->client, dirfd, path, o);
	object_unref(o);
	return err;
}

long sys_obj_get(struct call *c)
{
	u32 known = BPF_F_RDONLY | BPF_F_WRONLY | ABI_F_PATH_FD;
	char path[PATH_MAX];
	struct object *o;
	int dirfd, access;
	long fd;

	if (c->attr.obj.bpf_fd || (c->attr.obj.file_flags & ~known))
		return -EINVAL;
	if (!(c->attr.obj.file_flags & ABI_F_PATH_FD) && c->attr.obj.path_fd)
		return -EINVAL;
	TRY(access = access_from_flags(c->attr.obj.file_flags));
	TRY(read_path(c, path, &dirfd));
	TRY(c->client->ops->pin_get(c->client, dirfd, path, access, &o));
	if (o->kind == OBJECT_LINK && access != O_RDWR)
		fd = -EINVAL;
	else
		fd = client_open(c->client, o, o->kind == OBJECT_MAP ? access : O_RDWR);
	object_unref(o);
	return fd;
}
