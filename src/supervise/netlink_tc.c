/* Traffic control: filters of kind bpf below clsact (or the ingress qdisc). The qdiscs are the kernel's: it
 * makes and shows them. A device that has programs of ours shows no filters but those. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "supervise/caller.h"
#include "supervise/netlink.h"
#include "supervise/sup.h"

#define INGRESS	   TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define EGRESS	   TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
#define OLD_PARENT TC_H_MAKE(TC_H_CLSACT, 0) /* "parent ffff:", the ingress qdisc */
#define NOT_IN_HW  (1u << 3)		     /* TCA_CLS_FLAGS_NOT_IN_HW */

struct tc_wish {
	const struct tcmsg *tc;
	const char *kind; /* NULL: none given */
	const struct nlattr *options;
	enum tc_direction dir;
};

/* False: not a place where filters of ours can be. */
static bool read_wish(const struct nlmsghdr *h, struct tc_wish *w)
{
	const struct nlattr *a;

	*w = (struct tc_wish){ .tc = mnl_nlmsg_get_payload(h) };
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*w->tc))
		return false;
	mnl_attr_for_each(a, h, sizeof(*w->tc))
	{
		if (mnl_attr_get_type(a) == TCA_KIND && !mnl_attr_validate(a, MNL_TYPE_NUL_STRING))
			w->kind = mnl_attr_get_str(a);
		else if (mnl_attr_get_type(a) == TCA_OPTIONS)
			w->options = a;
	}
	w->dir = w->tc->tcm_parent == EGRESS ? TC_EGRESS : TC_INGRESS;
	return w->tc->tcm_parent == INGRESS || w->tc->tcm_parent == EGRESS ||
	       w->tc->tcm_parent == OLD_PARENT;
}

/* --- the kernel's qdiscs --- */

struct qdisc_search {
	int ifindex;
	bool found;
};

static int see_qdisc(const struct nlmsghdr *h, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	struct qdisc_search *s = arg;

	if (tc->tcm_ifindex == s->ifindex && tc->tcm_parent == TC_H_CLSACT)
		s->found = true;
	return MNL_CB_OK;
}

static void search_qdisc(struct mnl_socket *sock, struct qdisc_search *s)
{
	char buf[NL_MESSAGE_MAX];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	u32 port = mnl_socket_get_portid(sock);
	ssize_t n;

	h->nlmsg_type = RTM_GETQDISC;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = 1;
	tc->tcm_ifindex = s->ifindex;
	if (mnl_socket_sendto(sock, h, h->nlmsg_len) < 0)
		return;
	do
		n = mnl_socket_recvfrom(sock, buf, sizeof(buf));
	while (n > 0 && mnl_cb_run(buf, (size_t)n, 1, port, see_qdisc, s) > MNL_CB_STOP);
}

static bool has_qdisc(int ifindex)
{
	struct mnl_socket *sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct qdisc_search s = { .ifindex = ifindex };

	if (!sock)
		return false;
	if (!mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID))
		search_qdisc(sock, &s);
	mnl_socket_close(sock);
	return s.found;
}

/* --- showing --- */

static struct nlmsghdr *begin_filter(struct nl_request *r, char *buf, u16 flags,
				     const struct tc_wish *w, const struct tc_filter *f, u16 type)
{
	struct nlmsghdr *h = netlink_begin(r, buf, type, flags);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));

	*tc = (struct tcmsg){ .tcm_family = AF_UNSPEC,
			      .tcm_ifindex = w->tc->tcm_ifindex,
			      .tcm_parent = w->tc->tcm_parent,
			      .tcm_info = TC_H_MAKE(f->prio << 16, f->protocol) };
	mnl_attr_put_strz(h, TCA_KIND, "bpf");
	mnl_attr_put_u32(h, TCA_CHAIN, 0);
	return h;
}

/* A chain's head has no handle, and nothing else. */
static void give_head(struct nl_request *r, const struct tc_wish *w, const struct tc_filter *f)
{
	char buf[NL_MESSAGE_MAX];
	struct nlmsghdr *h = begin_filter(r, buf, NLM_F_MULTI, w, f, RTM_NEWTFILTER);

	netlink_answer(r, h, h->nlmsg_len);
}

static void give_filter(struct nl_request *r, const struct tc_wish *w, const struct tc_filter *f,
			u16 flags, u16 type)
{
	char buf[NL_MESSAGE_MAX];
	struct nlmsghdr *h = begin_filter(r, buf, flags, w, f, type);
	struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	struct nlattr *nest = mnl_attr_nest_start(h, TCA_OPTIONS);

	nest->nla_type = TCA_OPTIONS;
	tc->tcm_handle = f->handle;
	if (*f->name)
		mnl_attr_put_strz(h, TCA_BPF_NAME, f->name);
	mnl_attr_put_u32(h, TCA_BPF_ID, f->prog->obj.id);
	mnl_attr_put(h, TCA_BPF_TAG, sizeof(f->prog->tag), f->prog->tag);
	if (f->direct_action)
		mnl_attr_put_u32(h, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_put_u32(h, TCA_BPF_FLAGS_GEN, NOT_IN_HW);
	mnl_attr_nest_end(h, nest);
	netlink_answer(r, h, h->nlmsg_len);
}

/* What Linux says if none matches. */
static const char *missing(const struct tc_hook *h, u32 prio)
{
	for (u32 i = 0; i < h->nr_filters; i++)
		if (h->filter[i].prio == prio)
			return "Specified filter handle not found";
	return h->nr_filters ? "Filter with specified priority/protocol not found"
			     : "Cannot find specified filter chain";
}

static bool matches(const struct tc_filter *f, u32 prio, u32 handle)
{
	return (!prio || f->prio == prio) && (!handle || f->handle == handle);
}

static void give_all(struct nl_request *r, const struct tc_wish *w, const struct tc_hook *h)
{
	u32 prio = TC_H_MAJ(w->tc->tcm_info) >> 16, last = 0;

	for (u32 i = 0; i < h->nr_filters; i++) {
		const struct tc_filter *f = &h->filter[i];

		if (!matches(f, prio, 0))
			continue;
		if (f->prio != last)
			give_head(r, w, f);
		last = f->prio;
		give_filter(r, w, f, NLM_F_MULTI, RTM_NEWTFILTER);
	}
	netlink_finish(r);
}

static int give_one(struct nl_request *r, const struct tc_wish *w, const struct tc_hook *h,
		    const char **text)
{
	u32 prio = TC_H_MAJ(w->tc->tcm_info) >> 16;

	for (u32 i = 0; i < h->nr_filters; i++)
		if (matches(&h->filter[i], prio, w->tc->tcm_handle)) {
			give_filter(r, w, &h->filter[i], 0, RTM_NEWTFILTER);
			return 0;
		}
	*text = missing(h, prio);
	return h->nr_filters ? -ENOENT : -EINVAL;
}

static void handle_get(struct nl_request *r)
{
	struct devices *ds = r->c->sup->devices;
	const char *text = NULL;
	struct tc_wish w;
	struct device *d;
	int err = 0;

	read_wish(r->h, &w);
	pthread_mutex_lock(&ds->lock);
	d = device_get(ds, (u32)w.tc->tcm_ifindex);
	if (!d)
		err = -ENODEV;
	else if (r->h->nlmsg_flags & NLM_F_DUMP)
		give_all(r, &w, &d->tc[w.dir]);
	else
		err = give_one(r, &w, &d->tc[w.dir], &text);
	pthread_mutex_unlock(&ds->lock);
	if (err)
		netlink_ack(r, err, text);
}

/* --- adding --- */

static int read_options(struct nl_request *r, const struct tc_wish *w, struct tc_filter *f)
{
	const struct nlattr *a;
	struct object *o;
	s64 fd = -1;

	if (!w->options)
		return -EINVAL;
	mnl_attr_for_each_nested(a, w->options)
	{
		switch (mnl_attr_get_type(a)) {
		case TCA_BPF_FD: fd = mnl_attr_get_u32(a); break;
		case TCA_BPF_FLAGS:
			f->direct_action = mnl_attr_get_u32(a) & TCA_BPF_FLAG_ACT_DIRECT;
			break;
		case TCA_BPF_NAME:
			snprintf(f->name, sizeof(f->name), "%.*s", (int)mnl_attr_get_payload_len(a),
				 mnl_attr_get_str(a));
			break;
		}
	}
	if (fd < 0)
		return -EINVAL;
	TRY(client_object(&r->c->client, (int)fd, OBJECT_PROG, NULL, &o));
	f->prog = (struct skep_prog *)o;
	if (f->prog->type->type == BPF_PROG_TYPE_SCHED_CLS)
		return 0;
	prog_unref(f->prog);
	return fail(-EINVAL, "not a program for tc");
}

/* f's program is taken over in any case. */
static int add_locked(struct nl_request *r, const struct tc_wish *w, struct tc_filter *f,
		      const char **text)
{
	u16 flags = r->h->nlmsg_flags;
	struct devices *ds = r->c->sup->devices;
	struct device *d = device_get(ds, (u32)w->tc->tcm_ifindex);
	int err = d ? device_filter_set(ds, d, w->dir, f, flags & NLM_F_CREATE, flags & NLM_F_EXCL,
					text)
		    : -ENODEV;

	if (err)
		prog_unref(f->prog);
	else if (flags & NLM_F_ECHO)
		give_filter(r, w, f, 0, RTM_NEWTFILTER);
	return err;
}

static int add(struct nl_request *r, const char **text)
{
	struct tc_filter f = { 0 };
	struct tc_wish w;
	int err;

	if (!client_capable(&r->c->client, CAP_NET_ADMIN))
		return -EPERM;
	read_wish(r->h, &w);
	if (!has_qdisc(w.tc->tcm_ifindex)) {
		*text = "Parent Qdisc doesn't exists";
		return -EINVAL;
	}
	f.prio = TC_H_MAJ(w.tc->tcm_info) >> 16;
	f.protocol = (u16)TC_H_MIN(w.tc->tcm_info);
	f.handle = w.tc->tcm_handle;
	TRY(read_options(r, &w, &f));
	pthread_mutex_lock(&r->c->sup->devices->lock);
	err = add_locked(r, &w, &f, text);
	pthread_mutex_unlock(&r->c->sup->devices->lock);
	return err;
}

static void handle_add(struct nl_request *r)
{
	const char *text = NULL;
	int err = add(r, &text);

	netlink_ack(r, err, text);
}

/* --- deleting --- */

static int remove_filters(struct nl_request *r, const char **text)
{
	struct devices *ds = r->c->sup->devices;
	struct tc_wish w;
	struct device *d;
	u32 gone = 0, prio;

	if (!client_capable(&r->c->client, CAP_NET_ADMIN))
		return -EPERM;
	read_wish(r->h, &w);
	prio = TC_H_MAJ(w.tc->tcm_info) >> 16;
	pthread_mutex_lock(&ds->lock);
	d = device_get(ds, (u32)w.tc->tcm_ifindex);
	if (d)
		gone = device_filter_delete(ds, d, w.dir, prio, w.tc->tcm_handle);
	if (d && !gone)
		*text = missing(&d->tc[w.dir], prio);
	pthread_mutex_unlock(&ds->lock);
	return gone ? 0 : d ? -ENOENT : -ENODEV;
}

static void handle_delete(struct nl_request *r)
{
	const char *text = NULL;
	int err = remove_filters(r, &text);

	netlink_ack(r, err, text);
}

/* --- qdiscs --- */

static void handle_qdisc(struct nl_request *r)
{
	netlink_ack(r, 0, NULL);
}

/* clsact of lo is there for our own sake as long as programs are attached: adding it succeeds, deleting it
 * takes the filters only. Elsewhere the kernel does it, and the filters go with it. */
static nl_handler *qdisc_handler(const struct nl_request *r, const struct tcmsg *tc)
{
	struct devices *ds = r->c->sup->devices;
	bool ours = false;
	struct device *d;

	if (tc->tcm_parent != TC_H_CLSACT || !client_capable(&r->c->client, CAP_NET_ADMIN))
		return NULL;
	pthread_mutex_lock(&ds->lock);
	d = device_find(ds, (u32)tc->tcm_ifindex);
	if (d && r->h->nlmsg_type == RTM_DELQDISC) {
		device_filter_delete(ds, d, TC_INGRESS, 0, 0);
		device_filter_delete(ds, d, TC_EGRESS, 0, 0);
	}
	if (d)
		ours = d->ways.up && d->loops && device_is_busy(d);
	pthread_mutex_unlock(&ds->lock);
	return ours ? handle_qdisc : NULL;
}

static bool has_programs(const struct nl_request *r, const struct tc_wish *w)
{
	struct devices *ds = r->c->sup->devices;
	const struct device *d;
	bool busy;

	pthread_mutex_lock(&ds->lock);
	d = device_find(ds, (u32)w->tc->tcm_ifindex);
	busy = d && device_is_busy(d);
	pthread_mutex_unlock(&ds->lock);
	return busy;
}

nl_handler *netlink_tc_handler(const struct nl_request *r)
{
	bool bpf, place;
	struct tc_wish w;

	if (r->h->nlmsg_type < RTM_NEWQDISC || r->h->nlmsg_type > RTM_GETTFILTER)
		return NULL;
	place = read_wish(r->h, &w);
	if (mnl_nlmsg_get_payload_len(r->h) < sizeof(*w.tc))
		return NULL;
	bpf = w.kind && !strcmp(w.kind, "bpf");
	switch (r->h->nlmsg_type) {
	case RTM_NEWQDISC:
	case RTM_DELQDISC: return qdisc_handler(r, w.tc);
	case RTM_NEWTFILTER: return place && bpf ? handle_add : NULL;
	case RTM_DELTFILTER:
		return place && (bpf || (!w.kind && has_programs(r, &w))) ? handle_delete : NULL;
	case RTM_GETTFILTER: return place && (bpf || has_programs(r, &w)) ? handle_get : NULL;
	default: return NULL;
	}
}
