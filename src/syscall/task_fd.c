/* TASK_FD_QUERY: which program does another task's descriptor hold, a raw tracepoint's link or a perf event
 * with a program? Other descriptors get ENOTSUPP, which is how bpftool tells that the command exists. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "object/link.h"
#include "syscall/perf_probe.h"

/* -ENOENT: no such task; -EBADF: it has no such descriptor. */
static int find_file(u32 pid, u32 fd, struct file_id *id)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	if (!pid || stat(path, &st) < 0)
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/%u/fd/%u", pid, fd);
	if (stat(path, &st) < 0)
		return errno == EACCES ? -EPERM : -EBADF;
	*id = (struct file_id){ st.st_dev, st.st_ino };
	return 0;
}

static int describe_link(struct link *l, struct probe_text *t)
{
	struct abi_link_info info;

	if (l->type != BPF_LINK_TYPE_RAW_TRACEPOINT)
		return -ENOTSUPP;
	l->ops->info(l, &info, t->name, sizeof(t->name));
	pthread_mutex_lock(&l->lock);
	t->prog_id = l->prog->obj.id;
	pthread_mutex_unlock(&l->lock);
	t->fd_type = BPF_FD_TYPE_RAW_TRACEPOINT;
	return 0;
}

static int describe(struct object *o, struct probe_text *t)
{
	if (o->kind == OBJECT_LINK)
		return describe_link((struct link *)o, t);
	return o->kind == OBJECT_PERF ? perf_probe_text((struct perf_event *)o, t) : -ENOTSUPP;
}

/* The name is cut to the buffer, its whole length told. */
static int put_name(struct call *c, const char *name)
{
	const struct attr_task_fd_query *a = &c->attr.task_fd_query;
	u32 room = a->buf_len, len = (u32)strlen(name);
	char nul = '\0';

	if (!a->buf || !room)
		return 0;
	if (room > len)
		return client_write(c->client, a->buf, name, len + 1);
	TRY(client_write(c->client, a->buf, name, room - 1));
	TRY(client_write(c->client, a->buf + room - 1, &nul, 1));
	return -ENOSPC;
}

static int put_text(struct call *c, const struct probe_text *t)
{
	int err = put_name(c, t->name);

	if (err && err != -ENOSPC)
		return err;
	TRY(PUT_ATTR(c, task_fd_query.buf_len, (u32)strlen(t->name)));
	TRY(PUT_ATTR(c, task_fd_query.prog_id, t->prog_id));
	TRY(PUT_ATTR(c, task_fd_query.fd_type, t->fd_type));
	TRY(PUT_ATTR(c, task_fd_query.probe_offset, t->offset));
	TRY(PUT_ATTR(c, task_fd_query.probe_addr, t->addr));
	return err;
}

long sys_task_fd_query(struct call *c)
{
	const struct attr_task_fd_query *a = &c->attr.task_fd_query;
	struct probe_text t = { 0 };
	struct file_id id;
	struct object *o;
	int err;

	if (!client_capable(c->client, CAP_SYS_ADMIN))
		return -EPERM;
	if (a->flags)
		return -EINVAL;
	TRY(find_file(a->pid, a->fd, &id));
	o = files_find(&c->skep->files, &id);
	if (!o)
		return -ENOTSUPP;
	err = describe(o, &t) ?: put_text(c, &t);
	object_unref(o);
	return err;
}
