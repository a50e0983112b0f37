/* See net_lo.h. */
#include "supervise/net_lo.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/net.h"
#include "supervise/socket_progs.h"

#define HOP	      "skep0"
#define PASS_PRIO     1
#define REDIRECT_PRIO 2

static const u8 hop_mac[6] = { 0x02, 0x73, 0x6b, 0x65, 0x70, 0x03 };

/* --- requests to the kernel's traffic control --- */

struct request {
	char bytes[1024];
	struct nlmsghdr *h;
};

static void begin(struct request *r, u16 type, u16 flags, u32 ifindex, u32 parent, u32 handle,
		  u32 info)
{
	struct tcmsg *tc;

	r->h = mnl_nlmsg_put_header(r->bytes);
	r->h->nlmsg_type = type;
	r->h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	r->h->nlmsg_seq = 1;
	tc = mnl_nlmsg_put_extra_header(r->h, sizeof(*tc));
	*tc = (struct tcmsg){ .tcm_family = AF_UNSPEC,
			      .tcm_ifindex = (int)ifindex,
			      .tcm_parent = parent,
			      .tcm_handle = handle,
			      .tcm_info = info };
}

static int ask(struct request *r)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char answer[4096];
	ssize_t n = -1;
	int err = 0;

	if (!s)
		return -errno;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(s, r->h, r->h->nlmsg_len) < 0 ||
	    (n = mnl_socket_recvfrom(s, answer, sizeof(answer))) < 0 ||
	    mnl_cb_run(answer, (size_t)n, 1, mnl_socket_get_portid(s), NULL, NULL) < 0)
		err = -errno;
	mnl_socket_close(s);
	return err;
}

static int add_clsact(u32 ifindex)
{
	struct request r;

	begin(&r, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex, TC_H_CLSACT,
	      TC_H_MAKE(TC_H_CLSACT, 0), 0);
	mnl_attr_put_strz(r.h, TCA_KIND, "clsact");
	return ask(&r);
}

static void put_mirred(struct request *r, u32 to, int how)
{
	struct tc_mirred m = { .action = TC_ACT_STOLEN, .eaction = how, .ifindex = to };
	struct nlattr *acts = mnl_attr_nest_start(r->h, TCA_U32_ACT);
	struct nlattr *act = mnl_attr_nest_start(r->h, 1), *opt;

	mnl_attr_put_strz(r->h, TCA_ACT_KIND, "mirred");
	opt = mnl_attr_nest_start(r->h, TCA_ACT_OPTIONS);
	mnl_attr_put(r->h, TCA_MIRRED_PARMS, sizeof(m), &m);
	mnl_attr_nest_end(r->h, opt);
	mnl_attr_nest_end(r->h, act);
	mnl_attr_nest_end(r->h, acts);
}

struct selector { /* struct tc_u32_sel with room for keys */
	struct tc_u32_sel sel;
	struct tc_u32_key key[2];
};

static void select_all(struct selector *s)
{
	*s = (struct selector){ .sel = { .flags = TC_U32_TERMINAL, .nkeys = 1 } };
}

/* Offsets count from the network header; the destination's address lies 14 bytes before it. */
static void select_address(struct selector *s, const u8 mac[6])
{
	u32 low;

	memcpy(&low, mac + 2, 4);
	*s = (struct selector){ .sel = { .flags = TC_U32_TERMINAL, .nkeys = 2 } };
	s->key[0] = (struct tc_u32_key){ .mask = htobe32(0xffff),
					 .val = htobe32((u32)(mac[0] << 8 | mac[1])),
					 .off = -16 };
	s->key[1] = (struct tc_u32_key){ .mask = 0xffffffff, .val = low, .off = -12 };
}

/* to 0: let pass. */
static int add_rule(u32 ifindex, u32 prio, const struct selector *s, u32 to, int how)
{
	struct nlattr *opt;
	struct request r;

	begin(&r, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, ifindex,
	      TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), 0,
	      TC_H_MAKE(prio << 16, (u32)__builtin_bswap16(ETH_P_ALL)));
	mnl_attr_put_strz(r.h, TCA_KIND, "u32");
	opt = mnl_attr_nest_start(r.h, TCA_OPTIONS);
	mnl_attr_put(r.h, TCA_U32_SEL, sizeof(s->sel) + s->sel.nkeys * sizeof(s->key[0]), s);
	if (to)
		put_mirred(&r, to, how);
	else
		mnl_attr_put_u32(r.h, TCA_U32_CLASSID, 1); /* no action: what matches goes on */
	mnl_attr_nest_end(r.h, opt);
	return ask(&r);
}

/* If it is there. */
static void remove_rule(u32 ifindex, u32 prio)
{
	struct request r;

	begin(&r, RTM_DELTFILTER, 0, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), 0,
	      TC_H_MAKE(prio << 16, (u32)__builtin_bswap16(ETH_P_ALL)));
	if (ask(&r) < 0)
		errno = 0; /* its qdisc was deleted */
}

/* --- the hop --- */

static int write_setting(const char *name, const char *value)
{
	char path[128];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(-errno, "%s: %s", path, strerror(errno));
	if (write(fd, value, strlen(value)) < 0)
		err = fail(-errno, "%s: %s", path, strerror(errno));
	close(fd);
	return err;
}

/* Frames of the host's own addresses are to be taken from outside. */
static int allow_own_addresses(void)
{
	return write_setting("lo/route_localnet", "1") ?: write_setting("lo/accept_local", "1") ?:
	       write_setting("lo/rp_filter", "0")      ?: write_setting("all/rp_filter", "0");
}

static int set_hop(const char *name)
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	memcpy(req.ifr_name, name, strlen(name));
	req.ifr_hwaddr.sa_family = 1; /* ARPHRD_ETHER */
	memcpy(req.ifr_hwaddr.sa_data, hop_mac, sizeof(hop_mac));
	if (ioctl(fd, SIOCSIFHWADDR, &req) < 0)
		err = -errno;
	req.ifr_mtu = 65521;
	if (!err && ioctl(fd, SIOCSIFMTU, &req) < 0)
		err = -errno;
	close(fd);
	return err ?: net_up(name);
}

static int make_hop(struct net *n)
{
	int fd, err;

	TRY(fd = net_open_tap(HOP));
	n->lo_hop = if_nametoindex(HOP);
	err = set_hop(HOP) ?: allow_own_addresses() ?: add_clsact(n->lo_hop);
	if (err) {
		close(fd);
		return err;
	}
	atomic_store(&n->lo, fd);
	return 0;
}

/* The rule that lets pass comes first: no frame may go round. */
static int add_rules(struct net *n)
{
	u32 lo = n->loopback->ifindex;
	struct selector s;
	int err = add_clsact(lo);

	if (err && err != -EEXIST) /* the command has added it itself */
		return err;
	select_all(&s);
	TRY(add_rule(n->lo_hop, REDIRECT_PRIO, &s, lo, TCA_INGRESS_REDIR));
	select_address(&s, hop_mac);
	TRY(add_rule(lo, PASS_PRIO, &s, 0, 0));
	select_all(&s);
	return add_rule(lo, REDIRECT_PRIO, &s, n->lo_hop, TCA_EGRESS_REDIR);
}

static void remove_rules(struct net *n)
{
	remove_rule(n->loopback->ifindex, REDIRECT_PRIO);
	remove_rule(n->loopback->ifindex, PASS_PRIO);
	remove_rule(n->lo_hop, REDIRECT_PRIO);
}

static int connect_lo(struct net *n)
{
	int err = atomic_load(&n->lo) < 0 ? make_hop(n) : 0;

	return err ?: add_rules(n);
}

static void lo_busy(void *arg, struct device *d, bool busy)
{
	struct net *n = arg;
	int err;

	if (d != n->loopback)
		return;
	if (!busy) {
		remove_rules(n);
	} else {
		clear_last_error();
		err = connect_lo(n);
		if (err)
			fprintf(stderr, "skep exec: programs at lo see no frames: %s\n",
				*last_error() ? last_error() : strerror(-err));
	}
	net_wake(n);
}

/* By the thread that reads from it, so that nobody does any more. */
void net_lo_tidy(struct net *n)
{
	int fd = -1;

	pthread_mutex_lock(&n->devices->lock);
	if (!device_is_busy(n->loopback))
		fd = atomic_exchange(&n->lo, -1);
	pthread_mutex_unlock(&n->devices->lock);
	if (fd >= 0)
		close(fd);
}

static void lo_up(void *arg, const u8 *frame, u32 len)
{
	struct net *n = arg;
	u8 *own = (u8 *)(uintptr_t)frame; /* the data path's own copy, no longer needed */

	sockets_choose(n->sockets, n->loopback, frame, len);
	memcpy(own, hop_mac, sizeof(hop_mac));
	if (write(atomic_load(&n->lo), own, len) < 0)
		errno = 0; /* lost, as on any wire */
	sockets_refuse(n->sockets);
}

static void lo_sent(void *arg, const u8 *frame, u32 len)
{
	struct net *n = arg;

	sockets_sent(n->sockets, n->loopback, frame, len);
}

void net_lo_init(struct net *n)
{
	if (!n->loopback)
		return;
	n->loopback->ways = (struct device_ways){ .up = lo_up, .sent = lo_sent, .arg = n };
	n->devices->busy = lo_busy;
	n->devices->arg = n;
}

void net_lo_done(struct net *n)
{
	int fd = atomic_exchange(&n->lo, -1);

	if (fd >= 0)
		close(fd);
	if (n->devices)
		n->devices->busy = NULL;
}
