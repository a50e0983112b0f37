/* See link.h. */
#include "object/link.h"

static void link_free(struct object *o)
{
	struct link *l = (struct link *)o;
	struct skep_prog *prog = l->prog;

	pthread_mutex_destroy(&l->lock);
	l->ops->free(l);
	prog_unref(prog);
}

void link_init(struct link *l, u32 type, const struct link_ops *ops, struct skep_prog *prog)
{
	object_init(&l->obj, OBJECT_LINK, link_free);
	pthread_mutex_init(&l->lock, NULL);
	l->type = type;
	l->ops = ops;
	l->prog = prog;
	if (prog)
		prog_ref(prog);
}
