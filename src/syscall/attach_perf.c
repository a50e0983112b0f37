/* Links between programs and perf events. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "syscall/attach_here.h"
#include "syscall/perf_probe.h"

enum { /* enum bpf_perf_event_type of Linux 6.6 */
       EVENT_UPROBE = 1,
       EVENT_URETPROBE,
       EVENT_KPROBE,
       EVENT_KRETPROBE,
       EVENT_TRACEPOINT,
       EVENT_EVENT,
};

struct perf_link {
	struct link link;	  /* first */
	struct perf_probe *probe; /* a reference */
	u64 cookie;
};

static u32 event_type(const struct perf_probe *p)
{
	switch (p->kind) {
	case PROBE_UPROBE: return p->ret ? EVENT_URETPROBE : EVENT_UPROBE;
	case PROBE_KPROBE: return p->ret ? EVENT_KRETPROBE : EVENT_KPROBE;
	case PROBE_TRACEPOINT: return EVENT_TRACEPOINT;
	default: return EVENT_EVENT;
	}
}

/* Each type has a layout of its own in struct bpf_link_info; abi.h has the kprobe's. */
static void put_info(const struct perf_link *l, struct abi_link_info *info)
{
	const struct perf_probe *p = l->probe;

	if (p->kind == PROBE_UPROBE) {
		info->perf_event.offset = (u32)p->offset;
		info->perf_event.addr = l->cookie;
		info->perf_event.missed = p->ref_ctr;
	} else if (p->kind == PROBE_KPROBE) {
		info->perf_event.offset = (u32)p->offset;
		info->perf_event.cookie = l->cookie;
	} else if (p->kind == PROBE_TRACEPOINT) {
		info->perf_event.addr = l->cookie;
	} else { /* config and type where others have a name */
		info->perf_event.name = p->config;
		info->perf_event.name_len = PERF_TYPE_SOFTWARE;
		info->perf_event.addr = l->cookie;
	}
}

static u32 link_info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	struct perf_link *l = (struct perf_link *)link;

	info->perf_event.type = event_type(l->probe);
	put_info(l, info);
	if (l->probe->kind == PROBE_CLOCK)
		return 0;
	return (u32)snprintf(name, name_size, "%s", l->probe->name) + 1;
}

static void link_fdinfo(struct link *link, struct buf *out)
{
	static const char *const types[] = { [EVENT_UPROBE] = "uprobe",
					     [EVENT_URETPROBE] = "uretprobe",
					     [EVENT_KPROBE] = "kprobe",
					     [EVENT_KRETPROBE] = "kretprobe" };
	struct perf_link *l = (struct perf_link *)link;
	const struct perf_probe *p = l->probe;

	if (p->kind == PROBE_CLOCK)
		buf_printf(out, "type:\t%u\nconfig:\t%" PRIu64 "\nevent_type:\tevent\n",
			   PERF_TYPE_SOFTWARE, p->config);
	else if (p->kind == PROBE_TRACEPOINT)
		buf_printf(out, "tp_name:\t%s\nevent_type:\ttracepoint\n", p->name);
	else
		buf_printf(out, "name:\t%s\noffset:\t0x%" PRIx64 "\nevent_type:\t%s\n", p->name,
			   p->offset, types[event_type(p)]);
	buf_printf(out, "cookie:\t%" PRIu64 "\n", l->cookie);
}

static void link_free(struct link *link)
{
	struct perf_link *l = (struct perf_link *)link;

	if (l->probe) {
		perf_probe_detach(l->probe);
		object_unref(&l->probe->event.obj);
	}
	free(l);
}

static const struct link_ops ops = { .info = link_info, .free = link_free, .fdinfo = link_fdinfo };

static int link_to(struct perf_probe *p, u64 cookie, struct skep_prog *prog, struct link **out)
{
	struct perf_link *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	link_init(&l->link, BPF_LINK_TYPE_PERF_EVENT, &ops, prog);
	l->cookie = cookie;
	err = perf_probe_attach(p, prog, true);
	if (err) {
		link_unref(&l->link);
		return err;
	}
	object_ref(&p->event.obj);
	l->probe = p;
	if (p->kind != PROBE_CLOCK)
		note_no_event(p->name);
	*out = &l->link;
	return 0;
}

static int perf_link(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
		     struct link **out)
{
	struct perf_probe *p;
	struct object *o;
	int err;

	if (a->flags)
		return -EINVAL;
	err = client_object(c->client, (int)a->target_fd, OBJECT_PERF, NULL, &o);
	if (err)
		return -EBADF; /* Linux: for other descriptors as well */
	p = perf_probe_of((struct perf_event *)o);
	err = p ? link_to(p, a->perf_event.bpf_cookie, prog, out) : -EINVAL;
	object_unref(o);
	return err;
}

const struct attach_ops attach_perf = { .link = perf_link };
