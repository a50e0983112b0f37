/* Attaching programs: the part that bpf(2) knows. What happens at a place is a hook's business: it
 * registers the operations for its attach type. Without a hook, the commands answer what Linux says
 * of a target that does not exist, or EOPNOTSUPP for one that does. */
#ifndef SKEP_SYSCALL_ATTACH_H
#define SKEP_SYSCALL_ATTACH_H

#include "object/link.h"
#include "syscall/sys.h"

struct query_result {
	u32 *ids;      /* room for max of them */
	u32 *link_ids; /* the same; 0: not by a link */
	u32 n, max, flags;
	u64 revision; /* 0: such places have none */
};

/* Each may be NULL: not possible here (-EINVAL; link: -EOPNOTSUPP). prog has the right type. */
struct attach_ops {
	int (*attach)(struct call *c, const struct attr_attach *a, struct skep_prog *prog);
	/* prog: NULL if the client named none */
	int (*detach)(struct call *c, const struct attr_attach *a, struct skep_prog *prog);
	int (*query)(struct call *c, const struct attr_query *a, struct query_result *r);
	/* On success *out is a new link with one reference, not yet published. */
	int (*link)(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
		    struct link **out);
	/* RAW_TRACEPOINT_OPEN of this attach type (TRACE_RAW_TP): -ENOENT if there is no such name. */
	int (*open)(struct call *c, const char *name, u64 cookie, struct skep_prog *prog,
		    struct link **out);
};

/* ops: a const table that outlives the instance. -EINVAL, -EEXIST. */
int attach_register(struct skep *s, u32 attach_type, const struct attach_ops *ops) MUST_CHECK;

#endif
