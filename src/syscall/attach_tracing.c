/* Raw tracepoints: a link with a name. Which names there are, the host's BTF says: each tracepoint has a
 * typedef btf_trace_NAME. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "syscall/attach_here.h"

void note_no_event(const char *what)
{
	note_error("attached, but this event does not occur in skep yet (%s)", what);
}

struct tracepoint_link {
	struct link link; /* first */
	u64 cookie;
	char name[128];
};

static u32 link_info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	struct tracepoint_link *l = (struct tracepoint_link *)link;

	info->raw_tracepoint.cookie = l->cookie;
	return (u32)snprintf(name, name_size, "%s", l->name) + 1;
}

static void link_fdinfo(struct link *link, struct buf *out)
{
	struct tracepoint_link *l = (struct tracepoint_link *)link;

	buf_printf(out, "tp_name:\t%s\ncookie:\t%" PRIu64 "\n", l->name, l->cookie);
}

static void link_free(struct link *link)
{
	free(link);
}

static const struct link_ops ops = { .info = link_info, .free = link_free, .fdinfo = link_fdinfo };

static int check_name_exists(struct skep *s, const char *name)
{
	char type[160];
	struct btf *b;
	int id;

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	TRY(skep_vmlinux(s, &b));
	id = btf_find(b, type, BTF_KIND_TYPEDEF);
	btf_unref(b);
	return id < 0 ? fail(-ENOENT, "there is no tracepoint %s", name) : 0;
}

static int open_raw(struct call *c, const char *name, u64 cookie, struct skep_prog *prog,
		    struct link **out)
{
	struct tracepoint_link *l;

	TRY(check_name_exists(c->skep, name));
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	link_init(&l->link, BPF_LINK_TYPE_RAW_TRACEPOINT, &ops, prog);
	l->cookie = cookie;
	snprintf(l->name, sizeof(l->name), "%s", name);
	note_no_event(l->name);
	*out = &l->link;
	return 0;
}

/* LINK_CREATE is for programs that were loaded for their tracepoint; flags and targets it does not look at. */
static int make_link(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
		     struct link **out)
{
	if (prog->type->type != BPF_PROG_TYPE_TRACING ||
	    prog->expected_attach_type != a->attach_type)
		return -EINVAL;
	return open_raw(c,
			btf_type_name(prog->attach_btf, prog->attach_btf_id) + strlen("btf_trace_"),
			a->tracing.cookie, prog, out);
}

const struct attach_ops attach_tracing = { .link = make_link, .open = open_raw };
