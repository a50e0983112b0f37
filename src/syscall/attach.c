/* PROG_ATTACH, PROG_DETACH, PROG_QUERY, LINK_CREATE, RAW_TRACEPOINT_OPEN. See attach.h. */
#include "syscall/attach.h"
#include "syscall/struct_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "btf/btf.h"
#include "syscall/attach_here.h"
#include "syscall/privilege.h"

enum target {
	TARGET_NONE,   /* nothing could be named */
	TARGET_CGROUP, /* a directory of cgroup2 */
	TARGET_MAP,    /* a socket map */
	TARGET_NETNS,
	TARGET_XDP,	  /* a network device; a missing one is an invalid argument */
	TARGET_DEVICE,	  /* a network device; a missing one is ENODEV */
	TARGET_PERF,	  /* a perf event */
	TARGET_EVENT,	  /* something that happens, by name */
	TARGET_ITER,	  /* objects of a kind */
	TARGET_FUNCTION,  /* what BTF describes, and programs were loaded for */
	TARGET_NETFILTER, /* a hook of the caller's network namespace */
	TARGET_ABSENT,	  /* a facility that kernels may lack */
};

struct attach_type {
	u8 prog_type; /* of PROG_ATTACH; 0: not possible */
	u8 target;
	u64 link_types; /* bit n: programs of type n */
};

#define T(n) (1ull << (n))
#define ATTACH(number, name, prog_type, link_types, target)                                        \
	[number] = { prog_type, TARGET_##target, link_types },
static const struct attach_type types[] = {
#include "syscall/attach_types.def"
};
static_assert(ARRAY_SIZE(types) <= ARRAY_SIZE(((struct skep *)0)->attach), "room for all");

int attach_register(struct skep *s, u32 attach_type, const struct attach_ops *ops)
{
	if (attach_type >= ARRAY_SIZE(types))
		return -EINVAL;
	if (s->attach[attach_type])
		return -EEXIST;
	s->attach[attach_type] = ops;
	return 0;
}

static const struct attach_type *type_find(u32 attach_type)
{
	return attach_type < ARRAY_SIZE(types) ? &types[attach_type] : NULL;
}

static const struct attach_ops *ops_find(struct skep *s, u32 attach_type)
{
	static const struct attach_ops *const here[] = {
		[TARGET_CGROUP] = &attach_cgroup,	[TARGET_NETNS] = &attach_netns,
		[TARGET_PERF] = &attach_perf,		[TARGET_EVENT] = &attach_tracing,
		[TARGET_ITER] = &attach_iter,		[TARGET_FUNCTION] = &attach_trampoline,
		[TARGET_NETFILTER] = &attach_netfilter,
	};
	u32 target;

	if (attach_type >= ARRAY_SIZE(types))
		return NULL;
	target = types[attach_type].target;
	if (s->attach[attach_type])
		return s->attach[attach_type];
	return target < ARRAY_SIZE(here) ? here[target] : NULL;
}

static int missing_fd(struct call *c, int fd, int err)
{
	int own = c->client->ops->fd_get(c->client, fd);

	if (own < 0)
		return -EBADF;
	close(own);
	return err;
}

static int missing_device(u32 ifindex, int err)
{
	char name[IF_NAMESIZE];

	return if_indextoname(ifindex, name) ? -EOPNOTSUPP : err;
}

/* Nothing is hooked up: what does Linux say of the target? */
static int no_hook(struct call *c, enum target target, u32 fd)
{
	switch (target) {
	case TARGET_MAP: return missing_fd(c, (int)fd, -EINVAL);
	case TARGET_XDP: return missing_device(fd, -EINVAL);
	case TARGET_DEVICE: return missing_device(fd, -ENODEV);
	case TARGET_ABSENT: return -EOPNOTSUPP;
	default: return -EINVAL;
	}
}

/* A program that may be attached there. */
static int get_prog(struct call *c, u32 fd, u64 allowed, struct skep_prog **out)
{
	const struct skep_prog_type *type;

	TRY(call_prog(c, fd, out));
	type = (*out)->type;
	if (type->type < 64 && (allowed & T(type->type)))
		return 0;
	prog_unref(*out);
	return fail(-EINVAL, "a %s program cannot be attached there", type->name);
}

long sys_prog_attach(struct call *c)
{
	const struct attr_attach *a = &c->attr.attach;
	const struct attach_type *t = type_find(a->attach_type);
	const struct attach_ops *ops = ops_find(c->skep, a->attach_type);
	struct skep_prog *prog;
	int err;

	if (!t || !t->prog_type)
		return -EINVAL;
	TRY(get_prog(c, a->attach_bpf_fd, T(t->prog_type), &prog));
	if (ops)
		err = ops->attach ? ops->attach(c, a, prog) : -EINVAL;
	else if (t->target == TARGET_XDP)
		err = -EINVAL; /* only links go there */
	else
		err = no_hook(c, t->target, a->target_fd);
	prog_unref(prog);
	return err;
}

long sys_prog_detach(struct call *c)
{
	const struct attr_attach *a = &c->attr.attach;
	const struct attach_type *t = type_find(a->attach_type);
	const struct attach_ops *ops = ops_find(c->skep, a->attach_type);
	struct skep_prog *prog = NULL;
	int err;

	if (!t || !t->prog_type)
		return -EINVAL;
	if (!ops || !ops->detach)
		return ops || t->target == TARGET_XDP ? -EINVAL
						      : no_hook(c, t->target, a->target_fd);
	if (a->attach_bpf_fd)
		TRY(get_prog(c, a->attach_bpf_fd, T(t->prog_type), &prog));
	err = ops->detach(c, a, prog);
	prog_unref(prog);
	return err;
}

static int put_query(struct call *c, const struct attr_query *a, const struct query_result *r)
{
	TRY(PUT_ATTR(c, query.attach_flags, r->flags));
	TRY(PUT_ATTR(c, query.prog_cnt, r->n));
	if (r->revision &&
	    offsetof(union abi_attr, query.revision) + sizeof(r->revision) <= c->size)
		TRY(PUT_ATTR(c, query.revision, r->revision));
	if (!a->prog_cnt || !a->prog_ids || !r->n)
		return 0;
	TRY(client_write(c->client, a->prog_ids, r->ids, MIN(r->n, r->max) * sizeof(*r->ids)));
	if (a->link_ids)
		TRY(client_write(c->client, a->link_ids, r->link_ids,
				 MIN(r->n, r->max) * sizeof(*r->link_ids)));
	return r->n > r->max ? -ENOSPC : 0;
}

#define QUERY_MAX 64 /* programs at one place; as many as Linux's multi-program hooks take */

long sys_prog_query(struct call *c)
{
	const struct attr_query *a = &c->attr.query;
	const struct attach_type *t = type_find(a->attach_type);
	const struct attach_ops *ops = ops_find(c->skep, a->attach_type);
	u32 ids[QUERY_MAX], link_ids[QUERY_MAX] = { 0 };
	struct query_result r = { .ids = ids,
				  .link_ids = link_ids,
				  .max = MIN(a->prog_cnt, (u32)QUERY_MAX) };

	TRY(need_net_admin(c, "what is attached: to ask"));
	if (!t || !t->prog_type)
		return -EINVAL;
	if (!ops || !ops->query)
		return ops || t->target == TARGET_XDP ? -EINVAL
						      : no_hook(c, t->target, a->target_fd);
	TRY(ops->query(c, a, &r));
	return put_query(c, a, &r);
}

static long publish_link(struct call *c, int err, struct link *l)
{
	return err ?: call_publish(c, &l->obj, O_RDWR);
}

long sys_link_create(struct call *c)
{
	const struct attr_link_create *a = &c->attr.link_create;
	const struct attach_type *t = type_find(a->attach_type);
	const struct attach_ops *ops = ops_find(c->skep, a->attach_type);
	struct skep_prog *prog;
	struct link *l = NULL;
	int err;

	if (a->attach_type == ABI_ATTACH_STRUCT_OPS) {
		err = struct_ops_link(c, a, &l);
		return publish_link(c, err, l);
	}
	TRY(get_prog(c, a->prog_fd, t ? t->link_types : 0, &prog));
	if (ops)
		err = ops->link ? ops->link(c, a, prog, &l) : -EOPNOTSUPP;
	else
		err = no_hook(c, t->target, a->target_fd);
	prog_unref(prog);
	return publish_link(c, err, l);
}

#define NAMED_TYPES	(T(BPF_PROG_TYPE_RAW_TRACEPOINT) | T(BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE))
#define BY_BTF_TYPES	(T(BPF_PROG_TYPE_TRACING) | T(BPF_PROG_TYPE_LSM) | T(BPF_PROG_TYPE_EXT))
#define RAW_TP_NAME_MAX 128

static int open_named(struct call *c, const char *name, u64 cookie, struct skep_prog *prog,
		      struct link **out)
{
	const struct attach_ops *ops = ops_find(c->skep, BPF_TRACE_RAW_TP);

	if (!ops || !ops->open)
		return fail(-ENOENT, "there is no tracepoint %s", name);
	return ops->open(c, name, cookie, prog, out);
}

/* The name of the tracepoint that a program was loaded for. */
static const char *own_tracepoint(const struct skep_prog *p)
{
	return btf_type_name(p->attach_btf, p->attach_btf_id) + strlen("btf_trace_");
}

/* Programs that were loaded for something: that is where they go, by this command as by LINK_CREATE. */
static int open_loaded_for(struct call *c, u64 cookie, struct skep_prog *prog, struct link **out)
{
	u32 at = prog->expected_attach_type;

	if (prog->type->type == BPF_PROG_TYPE_EXT)
		return -EINVAL;
	if (prog->type->type == BPF_PROG_TYPE_LSM)
		return at == BPF_LSM_MAC ? tracing_link(prog, cookie, out) : -EINVAL;
	if (at == BPF_TRACE_RAW_TP)
		return open_named(c, own_tracepoint(prog), cookie, prog, out);
	if (at == BPF_TRACE_ITER)
		return -EINVAL;
	return tracing_link(prog, cookie, out);
}

static int open_tracepoint(struct call *c, struct skep_prog *prog, struct link **out)
{
	const struct attr_raw_tp *a = &c->attr.raw_tp;
	char name[RAW_TP_NAME_MAX];
	s64 n;

	if (BY_BTF_TYPES & T(prog->type->type))
		return a->name ? -EINVAL : open_loaded_for(c, a->cookie, prog, out);
	n = client_strncpy(c->client, name, a->name, sizeof(name) - 1);
	if (n < 0)
		return -EFAULT;
	name[n] = '\0';
	return open_named(c, name, a->cookie, prog, out);
}

long sys_raw_tracepoint_open(struct call *c)
{
	struct skep_prog *prog;
	struct link *l = NULL;
	int err;

	TRY(get_prog(c, c->attr.raw_tp.prog_fd, NAMED_TYPES | BY_BTF_TYPES, &prog));
	err = open_tracepoint(c, prog, &l);
	prog_unref(prog);
	return publish_link(c, err, l);
}
