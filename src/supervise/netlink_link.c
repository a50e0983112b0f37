/* Links: attaching XDP programs (RTM_SETLINK and RTM_NEWLINK with IFLA_XDP), and showing them. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "base/err.h"
#include "supervise/caller.h"
#include "supervise/netlink.h"
#include "supervise/sup.h"

static const struct nlattr *find_attr(const struct nlmsghdr *h, u32 offset, u16 type)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, offset) if (mnl_attr_get_type(a) == type) return a;
	return NULL;
}

struct xdp_wish {
	s32 fd, expected_fd;
	u32 flags;
	bool has_fd;
};

static void read_wish(const struct nlattr *nest, struct xdp_wish *w)
{
	const struct nlattr *a;

	*w = (struct xdp_wish){ .expected_fd = -1 };
	mnl_attr_for_each_nested(a, nest)
	{
		if (mnl_attr_get_payload_len(a) < sizeof(u32))
			continue;
		switch (mnl_attr_get_type(a)) {
		case IFLA_XDP_FD:
			w->fd = (s32)mnl_attr_get_u32(a);
			w->has_fd = true;
			break;
		case IFLA_XDP_FLAGS: w->flags = mnl_attr_get_u32(a); break;
		case IFLA_XDP_EXPECTED_FD: w->expected_fd = (s32)mnl_attr_get_u32(a); break;
		}
	}
}

static int get_xdp_prog(struct caller *c, s32 fd, struct skep_prog **out)
{
	struct object *o;

	*out = NULL;
	if (fd < 0)
		return 0;
	TRY(client_object(&c->client, fd, OBJECT_PROG, NULL, &o));
	*out = (struct skep_prog *)o;
	if ((*out)->type->type == BPF_PROG_TYPE_XDP)
		return 0;
	prog_unref(*out);
	*out = NULL;
	return fail(-EINVAL, "not an XDP program");
}

static u32 find_index(const struct nlmsghdr *h)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *name = find_attr(h, sizeof(*i), IFLA_IFNAME);

	if (i->ifi_index > 0 || !name || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0)
		return (u32)i->ifi_index;
	return if_nametoindex(mnl_attr_get_str(name));
}

static int set_on(struct caller *c, u32 ifindex, const struct xdp_request *x, const char **text)
{
	struct devices *ds = c->sup->devices;
	struct device *d;
	int err;

	pthread_mutex_lock(&ds->lock);
	d = device_get(ds, ifindex);
	err = d ? device_xdp_set(ds, d, x, text) : -ENODEV;
	pthread_mutex_unlock(&ds->lock);
	return err;
}

static int set_xdp(struct nl_request *r, const char **text)
{
	struct xdp_request x = { 0 };
	struct xdp_wish w;
	int err;

	if (!client_capable(&r->c->client, CAP_NET_ADMIN))
		return -EPERM;
	read_wish(find_attr(r->h, sizeof(struct ifinfomsg), IFLA_XDP), &w);
	if (!w.has_fd)
		return 0;
	TRY(get_xdp_prog(r->c, w.fd, &x.prog));
	x.flags = w.flags;
	x.has_expected = w.flags & XDP_FLAGS_REPLACE;
	err = x.has_expected ? get_xdp_prog(r->c, w.expected_fd, &x.expected) : 0;
	err = err ?: set_on(r->c, find_index(r->h), &x, text);
	prog_unref(x.prog);
	prog_unref(x.expected);
	return err;
}

static void handle_xdp(struct nl_request *r)
{
	const char *text = NULL;
	int err = set_xdp(r, &text);

	netlink_ack(r, err, text);
}

static void note_deletion(const struct nl_request *r)
{
	struct devices *ds = r->c->sup->devices;

	pthread_mutex_lock(&ds->lock);
	device_forget(ds, find_index(r->h));
	pthread_mutex_unlock(&ds->lock);
}

nl_handler *netlink_link_handler(const struct nl_request *r)
{
	u16 type = r->h->nlmsg_type;

	if (mnl_nlmsg_get_payload_len(r->h) < sizeof(struct ifinfomsg))
		return NULL;
	if (type == RTM_DELLINK)
		note_deletion(r);
	if (type != RTM_SETLINK && type != RTM_NEWLINK)
		return NULL;
	return find_attr(r->h, sizeof(struct ifinfomsg), IFLA_XDP) ? handle_xdp : NULL;
}

/* --- what is attached --- */

static void put_xdp(struct caller *c, u32 ifindex, struct nlmsghdr *out, u16 type)
{
	struct devices *ds = c->sup->devices;
	struct nlattr *nest = mnl_attr_nest_start(out, type);
	const struct device *d;

	nest->nla_type = type; /* as the kernel: without the flag for nests */
	pthread_mutex_lock(&ds->lock);
	d = device_find(ds, ifindex);
	if (d && d->xdp)
		mnl_attr_put_u32(out,
				 d->mode == XDP_MODE_GENERIC ? IFLA_XDP_SKB_PROG_ID
							     : IFLA_XDP_DRV_PROG_ID,
				 d->xdp->obj.id);
	mnl_attr_put_u8(out, IFLA_XDP_ATTACHED, d ? (u8)d->mode : 0);
	if (d && d->xdp)
		mnl_attr_put_u32(out, IFLA_XDP_PROG_ID, d->xdp->obj.id);
	pthread_mutex_unlock(&ds->lock);
	mnl_attr_nest_end(out, nest);
}

u32 netlink_rewrite_link(struct caller *c, const struct nlmsghdr *h, u8 *out)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	struct nlmsghdr *to = (void *)out;
	const struct nlattr *a;

	memcpy(to, h, sizeof(*h) + sizeof(*i));
	to->nlmsg_len = MNL_NLMSG_HDRLEN + sizeof(*i);
	mnl_attr_for_each(a, h, sizeof(*i))
	{
		if (mnl_attr_get_type(a) == IFLA_XDP) {
			put_xdp(c, (u32)i->ifi_index, to, IFLA_XDP);
			continue;
		}
		memcpy(mnl_nlmsg_get_payload_tail(to), a, MNL_ALIGN(a->nla_len));
		to->nlmsg_len += MNL_ALIGN(a->nla_len);
	}
	return NLMSG_ALIGN(to->nlmsg_len);
}
