/* Links: a program attached somewhere, for as long as somebody holds the link. What "somewhere" is,
 * the hook that made the link knows; here is what all have in common. */
#ifndef SKEP_OBJECT_LINK_H
#define SKEP_OBJECT_LINK_H

#include "abi/abi.h"
#include "base/buf.h"
#include "exec/prog.h"
#include "object/instance.h"

struct link;

struct link_ops {
	/* End the attachment now; the link stays as an object. -EOPNOTSUPP if NULL. Called at most
	 * once before free(). */
	int (*detach)(struct link *l);
	/* Replace the program (the caller's reference is not consumed). old: what must be attached
	 * now, or NULL. -EINVAL if NULL. */
	int (*update)(struct link *l, struct skep_prog *new, struct skep_prog *old);
	/* Fill the part of info that belongs to the link's type; strings go into name (name_size bytes,
	 * NUL included), the number of bytes the name needs is returned. NULL: nothing to add. */
	u32 (*info)(struct link *l, struct abi_link_info *info, char *name, u32 name_size);
	void (*free)(struct link *l); /* detached or not */
	/* Append what /proc/PID/fdinfo says of this type. NULL: nothing. */
	void (*fdinfo)(struct link *l, struct buf *out);
};

struct link {
	struct object obj; /* first */
	u32 type;	   /* enum bpf_link_type */
	const struct link_ops *ops;
	struct skep_prog *prog; /* a reference, or NULL; under lock */
	pthread_mutex_t lock;
};

/* Common part of a new link; takes its own reference to prog, which only links to other things lack. */
void link_init(struct link *l, u32 type, const struct link_ops *ops, struct skep_prog *prog);

static inline void link_unref(struct link *l)
{
	if (l)
		object_unref(&l->obj);
}

#endif
