/* PROG_STREAM_READ_BY_FD and TOKEN_CREATE: what a kernel says that has them, of things nobody made. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "syscall/sys.h"

enum { STREAM_STDOUT = 1, STREAM_STDERR = 2 };

/* No helper writes to a program's streams, so they are empty. */
long sys_stream_read(struct call *c)
{
	const struct attr_stream_read *a = &c->attr.stream_read;
	struct skep_prog *prog;

	TRY(call_prog(c, a->prog_fd, &prog));
	prog_unref(prog);
	return a->stream_id == STREAM_STDOUT || a->stream_id == STREAM_STDERR ? 0 : -ENOENT;
}

/* Tokens come from a bpffs that was mounted with delegation; no bpffs of ours is. Supervised clients'
 * bpffs is a tmpfs. */
static int refuse_token(int fd)
{
	struct statfs fs;

	if (!fstatfs(fd, &fs) && (fs.f_type == BPF_FS_MAGIC || fs.f_type == TMPFS_MAGIC))
		return fail(-EOPNOTSUPP, "this bpffs delegates nothing");
	return fail(-EINVAL, "tokens come from a bpffs");
}

long sys_token_create(struct call *c)
{
	int fd, err;

	if (c->attr.token_create.flags)
		return -EINVAL;
	fd = c->client->ops->fd_get(c->client, (int)c->attr.token_create.bpffs_fd);
	if (fd < 0)
		return -EBADF;
	err = refuse_token(fd);
	close(fd);
	return err;
}
