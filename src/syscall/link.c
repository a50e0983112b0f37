/* Commands on existing links. */
#include "object/link.h"

#include <errno.h>

#include "syscall/struct_ops.h"
#include "syscall/sys.h"

int call_link(struct call *c, u32 fd, struct link **out)
{
	struct object *o;

	TRY(client_object(c->client, (int)fd, OBJECT_LINK, NULL, &o));
	*out = (struct link *)o;
	return 0;
}

/* Linux looks at the new program before it says that there is one too many. */
static int update(struct call *c, struct link *l)
{
	const struct attr_link_update *a = &c->attr.link_update;
	struct skep_prog *new, *old = NULL;
	int err = 0;

	TRY(call_prog(c, a->new_prog_fd, &new));
	if (a->flags & BPF_F_REPLACE)
		err = call_prog(c, a->old_prog_fd, &old);
	else if (a->old_prog_fd)
		err = -EINVAL;
	if (!err)
		err = l->ops->update ? l->ops->update(l, new, old) : -EINVAL;
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
	err = is_struct_ops_link(l) ? struct_ops_link_update(c, l, a) : update(c, l);
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
