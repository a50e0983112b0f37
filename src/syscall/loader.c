/* See loader.h.
 *
 * While bpf(2) works the program's slot is left (exec/pause.h), so that what waits for programs to end does not wait for this
 * one. Nothing that the program can name is trusted: what commands read is the instance's memory, as with probe reads, but for
 * a few names; they write to the program's attributes; logs go to the client. Where the client is this very process, only addresses that its context holds are its own to give: a program must not
 * have a verifier's log written, or an embedder's secrets read, anywhere else. */
#include "syscall/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "abi/abi.h"
#include "exec/pause.h"

/* A call: the client that the commands see. */
struct loading {
	struct skep_client client; /* first */
	struct loader *l;
	struct run_pause pause;
	u8 *attr; /* copy of the program's, and where that was */
	u64 attr_addr;
	u32 attr_size;
	u64 log, log_size; /* the client's memory that may be written */
	bool names;	   /* may read the client's memory: Linux takes names from there */
};

static struct loading *loading_of(struct skep_client *c)
{
	return (struct loading *)c;
}

static bool inside(u64 addr, u64 len, u64 base, u64 size)
{
	return addr >= base && len <= size && addr - base <= size - len;
}

/* Did the client pass that address? */
static bool in_context(const struct loader *l, u64 addr)
{
	u64 v;

	for (u32 at = 0; at + sizeof(v) <= l->ctx_size; at += 4) {
		memcpy(&v, (const u8 *)l->ctx + at, sizeof(v));
		if (v == addr)
			return true;
	}
	return false;
}

static bool size_in_context(const struct loader *l, u32 size)
{
	u32 v;

	for (u32 at = 0; at + sizeof(v) <= l->ctx_size; at += 4) {
		memcpy(&v, (const u8 *)l->ctx + at, sizeof(v));
		if (v == size)
			return true;
	}
	return false;
}

static int user_read(struct loader *l, void *dst, u64 addr, size_t len)
{
	if (!l->user->ops->elsewhere && !in_context(l, addr))
		return -EFAULT;
	return client_read(l->user, dst, addr, len);
}

/* The program's memory while it pauses that nobody else can free: its stack, its context, its attributes. */
static const void *kept_memory(const struct loading *c, u64 addr, size_t len)
{
	if (inside(addr, len, c->attr_addr, c->attr_size))
		return c->attr + (addr - c->attr_addr);
	if (inside(addr, len, (uintptr_t)c->pause.saved.ctx, c->pause.saved.ctx_size))
		return (const void *)(uintptr_t)addr;
	return run_paused_stack(&c->pause, addr, len);
}

/* Memory of maps: without a slot it may go away at any time, so the host's kernel reads it, which minds. */
static int read_segment(void *dst, u64 addr, size_t len)
{
	struct iovec to = { dst, len }, from = { (void *)(uintptr_t)addr, len };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

static int loading_read(struct skep_client *client, void *dst, u64 addr, size_t len)
{
	struct loading *c = loading_of(client);
	const void *src = kept_memory(c, addr, len);

	if (src) {
		memcpy(dst, src, len);
		return 0;
	}
	if (va_owns(c->pause.run->rt->va, addr, len))
		return read_segment(dst, addr, len);
	return c->names ? user_read(c->l, dst, addr, len) : -EFAULT;
}

static int loading_write(struct skep_client *client, u64 addr, const void *src, size_t len)
{
	struct loading *c = loading_of(client);

	if (inside(addr, len, c->attr_addr, c->attr_size)) {
		memcpy(c->attr + (addr - c->attr_addr), src, len);
		return 0;
	}
	if (!inside(addr, len, c->log, c->log_size))
		return -EFAULT;
	return client_write(c->l->user, addr, src, len);
}

static int loading_install(struct skep_client *client, int fd)
{
	struct loader *l = loading_of(client)->l;
	u32 lowest = 0;
	int number;

	if (!l->nr_closed)
		return l->user->ops->fd_install(l->user, fd);
	for (u32 i = 1; i < l->nr_closed; i++)
		if (l->closed[i] < l->closed[lowest])
			lowest = i;
	number = l->user->ops->fd_install_at(l->user, fd, l->closed[lowest]);
	if (number >= 0)
		l->closed[lowest] = l->closed[--l->nr_closed];
	return number;
}

static int loading_identify(struct skep_client *client, int fd, struct fd_id *id, bool access)
{
	struct skep_client *user = loading_of(client)->l->user;

	return user->ops->fd_identify(user, fd, id, access);
}

static int loading_fd_get(struct skep_client *client, int fd)
{
	struct skep_client *user = loading_of(client)->l->user;

	return user->ops->fd_get(user, fd);
}

static int loading_netns(struct skep_client *client, struct file_id *id)
{
	struct skep_client *user = loading_of(client)->l->user;

	return user->ops->netns(user, id);
}

static bool loading_maps_writable(struct skep_client *client, const struct file_id *file)
{
	struct skep_client *user = loading_of(client)->l->user;

	return user->ops->maps_writable(user, file);
}

static int loading_mapping(struct skep_client *client, const struct file_id *file, u64 except,
			   u64 *addr, u64 *len)
{
	struct skep_client *user = loading_of(client)->l->user;

	return user->ops->mapping(user, file, except, addr, len);
}

static bool loading_capable(struct skep_client *client, int cap)
{
	return client_capable(loading_of(client)->l->user, cap);
}

static u32 loading_uid(struct skep_client *client)
{
	struct skep_client *user = loading_of(client)->l->user;

	return user->ops->uid(user);
}

static const struct client_ops loading_ops = {
	.read = loading_read,
	.write = loading_write,
	.fd_install = loading_install,
	.fd_identify = loading_identify,
	.fd_get = loading_fd_get,
	.netns = loading_netns,
	.maps_writable = loading_maps_writable,
	.mapping = loading_mapping,
	.capable = loading_capable,
	.uid = loading_uid,
};

static bool allowed(u32 cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
	case BPF_LINK_CREATE:
	case BPF_RAW_TRACEPOINT_OPEN: return true;
	default: return false;
	}
}

/* The only memory of the client's that a command allowed here writes. */
static void find_log(struct loading *c, u32 cmd)
{
	union abi_attr a = { 0 };

	memcpy(&a, c->attr, MIN(c->attr_size, sizeof(a)));
	if (cmd == BPF_PROG_LOAD) {
		c->log = a.prog_load.log_buf;
		c->log_size = a.prog_load.log_size;
	} else if (cmd == BPF_BTF_LOAD) {
		c->log = a.btf_load.btf_log_buf;
		c->log_size = a.btf_load.btf_log_size;
	}
	if (!c->l->user->ops->elsewhere &&
	    !(in_context(c->l, c->log) && size_in_context(c->l, (u32)c->log_size)))
		c->log_size = 0;
}

/* attr is writable memory of the program's, which may lie on the stack that is put aside. */
static s64 call_bpf(struct run_caller *caller, struct skep_run *run, u32 cmd, void *attr, u32 size)
{
	struct loading c = { .l = (struct loader *)caller,
			     .attr_addr = (uintptr_t)attr,
			     .attr_size = size };
	s64 ret;

	if (!allowed(cmd))
		return -EINVAL;
	c.client = (struct skep_client){ .ops = &loading_ops, .skep = skep_of(run->rt) };
	c.attr = malloc(size);
	if (!c.attr)
		return -ENOMEM;
	memcpy(c.attr, attr, size);
	find_log(&c, cmd);
	c.names = cmd == BPF_RAW_TRACEPOINT_OPEN || cmd == BPF_LINK_CREATE;
	ret = run_pause(run, &c.pause);
	if (!ret) {
		ret = skep_bpf(&c.client, (int)cmd, c.attr_addr, size);
		run_resume(&c.pause);
		memcpy(attr, c.attr, size);
	}
	free(c.attr);
	return ret;
}

/* Only descriptors of the instance's objects: others are the client's own affair. */
static s64 call_close(struct run_caller *caller, struct skep_run *run, int fd)
{
	struct loader *l = (struct loader *)caller;
	struct object *o;
	int err;

	if (client_object(l->user, fd, OBJECT_NONE, NULL, &o) < 0)
		return -EBADF;
	err = l->user->ops->fd_close(l->user, fd);
	if (err > 0 && l->nr_closed < ARRAY_SIZE(l->closed))
		l->closed[l->nr_closed++] = fd;
	object_unref(o); /* not the last one: files are noticed as closed later */
	return MIN(err, 0);
}

static int call_read(struct run_caller *caller, void *dst, u64 addr, u32 size)
{
	return user_read((struct loader *)caller, dst, addr, size);
}

void loader_init(struct loader *l, struct skep_client *user, const void *ctx, u32 ctx_size)
{
	*l = (struct loader){ .caller = { call_bpf, call_close, call_read },
			      .user = user,
			      .ctx = ctx,
			      .ctx_size = ctx_size };
}
