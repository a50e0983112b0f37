/* Commands on existing links. */
#include "object/link.h"

#include <errno.h>

#include "syscall/sys.h"

int call_link(struct call *c, u32 fd, struct link **out)
{
	struct object *o;

	TRY(client_object(c->client, (int)fd, OBJECT_LINK, NULL, &o));
	*out = (struct link *)o;
	return 0;
}

static int update(struct call *c, struct link *l)
{
	const struct attr_link_update *a = &c->attr.link_update;
	struct skep_prog *new, *old = NULL;
	int err;

	if (!l->ops->update)
		return -EOPNOTSUPP;
	TRY(call_prog(c, a->new_prog_fd, &new));
	err = a->flags & BPF_F_REPLACE ? call_prog(c, a->old_prog_fd, &old) : 0;
	if (!err)
		err = l->ops->update(l, new, old);
	prog_unref(old);
	prog_unref(new);
	return err;
}

long sys_link_update(struct call *c)
{
	const struct attr_link_update *a = &c->attr.link_update;
	struct link *l;
	int err;

	if (a->flags & ~(u32)BPF_F_REPLACE)
		return -EINVAL;
	TRY(call_link(c, a->link_fd, &l));
	if (!(a->flags & BPF_F_REPLACE) && a->old_prog_fd)
		err = -EINVAL;
	else
		err = update(c, l);
	link_unref(l);
	return err;
}

long sys_link_detach(struct call *c)
{
	struct link *l;
	int err;

	TRY(call_link(c, c->attr.link_detach.link_fd, &l));
	err = l->ops->detach ? l->ops->detach(l) : -EOPNOTSUPP;
	link_unref(l);
	return err;
}
