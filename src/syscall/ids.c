/* *_GET_NEXT_ID and *_GET_FD_BY_ID: enumerate an instance's objects and get at them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>

#include "btf/btf.h"
#include "syscall/sys.h"

#define LOOKS 200 /* at objects that go at this moment */

/* The next one that stays: not one whose last descriptor was just closed. */
static u32 next_in_use(struct skep *s, enum object_kind kind, u32 start)
{
	bool settled = false;
	u32 next = 0;

	for (u32 i = 0; i < LOOKS && !settled && (next = ids_next(&s->ids[kind], start)); i++) {
		struct object *o = ids_get(&s->ids[kind], next);

		settled = o && files_settle(&s->files, o);
		object_unref(o); /* perhaps the last reference */
		settled = settled && ids_next(&s->ids[kind], start) == next;
	}
	return next;
}

static long next_id(struct call *c, enum object_kind kind)
{
	u32 start = c->attr.get_id.start_id, next;

	if (start >= ID_MAX)
		return -EINVAL;
	if (!client_capable(c->client, CAP_SYS_ADMIN))
		return -EPERM;
	next = next_in_use(c->skep, kind, start);
	/* The host's BTF is read when first opened, but it is always there. */
	if (kind == OBJECT_BTF && start < VMLINUX_BTF_ID && skep_has_vmlinux())
		next = VMLINUX_BTF_ID;
	return next ? PUT_ATTR(c, get_id.next_id, next) : -ENOENT;
}

long sys_prog_next_id(struct call *c)
{
	return next_id(c, OBJECT_PROG);
}

long sys_map_next_id(struct call *c)
{
	return next_id(c, OBJECT_MAP);
}

long sys_btf_next_id(struct call *c)
{
	return next_id(c, OBJECT_BTF);
}

long sys_link_next_id(struct call *c)
{
	return next_id(c, OBJECT_LINK);
}

static long fd_by_id(struct call *c, enum object_kind kind, int flags)
{
	struct object *o;
	long fd;

	if (!client_capable(c->client, CAP_SYS_ADMIN))
		return -EPERM;
	o = ids_get(&c->skep->ids[kind], c->attr.get_id.start_id);
	if (!o)
		return -ENOENT;
	fd = client_open(c->client, o, flags);
	object_unref(o);
	return fd;
}

long sys_prog_fd_by_id(struct call *c)
{
	return fd_by_id(c, OBJECT_PROG, O_RDWR);
}

long sys_map_fd_by_id(struct call *c)
{
	u32 flags = c->attr.get_id.open_flags;

	if (flags & ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	TRY(access_from_flags(flags));
	return fd_by_id(c, OBJECT_MAP, access_from_flags(flags));
}

long sys_link_fd_by_id(struct call *c)
{
	return fd_by_id(c, OBJECT_LINK, O_RDWR);
}

long sys_btf_fd_by_id(struct call *c)
{
	struct btf *vmlinux;

	if (c->attr.get_id.open_flags & ~ABI_F_TOKEN_FD)
		return -EINVAL;
	if (c->attr.get_id.open_flags & ABI_F_TOKEN_FD)
		return -EBADF; /* there are no tokens */
	if (c->attr.get_id.btf_id == VMLINUX_BTF_ID && skep_has_vmlinux()) {
		TRY(skep_vmlinux(c->skep, &vmlinux)); /* from now on the table has it */
		btf_unref(vmlinux);
	}
	return fd_by_id(c, OBJECT_BTF, O_RDWR);
}
