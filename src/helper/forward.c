/* Where a packet may go: routes, neighbours, sizes. There are no routes here: what Linux answers when
 * a packet is not forwarded. */
#include "helper/helper.h"

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "skep/packet.h"

#define FIB_FLAGS  0x3f /* BPF_FIB_LOOKUP_DIRECT … _MARK */
#define NEIGH_SIZE ((u32)sizeof(struct bpf_redir_neigh))
/* Marks of redirections that the packet's owner carries out; the kernel keeps such bits to itself, too. */
#define TO_NEIGHBOUR (1ull << 1)
#define TO_PEER	     (1ull << 2)

static s64 fib_lookup(const struct bpf_fib_lookup *params, u32 size, u64 flags)
{
	if (size < sizeof(*params) || flags & ~(u64)FIB_FLAGS)
		return -EINVAL;
	if (params->family != AF_INET && params->family != AF_INET6)
		return -EAFNOSUPPORT;
	return BPF_FIB_LKUP_RET_NOT_FWDED;
}

HELPER_FN(fib_lookup)
{
	return helper_result(fib_lookup(helper_ptr(r2), (u32)r3, r4));
}

const struct skep_helper helper_fib_lookup = {
	HELPER_ID(fib_lookup),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_RW, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING },
};

/* Of that device in the calling thread's network namespace, -ENODEV. */
static s64 device_mtu(u32 ifindex)
{
	struct ifreq req = { 0 };
	int fd, err;

	if (!if_indextoname(ifindex, req.ifr_name))
		return -ENODEV;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -ENODEV;
	err = ioctl(fd, SIOCGIFMTU, &req);
	close(fd);
	return err ? -ENODEV : req.ifr_mtu;
}

static s64 check_mtu(struct skep_run *run, u32 ifindex, u32 *len, s32 diff, u64 flags)
{
	bool xdp = run->prog->type->flags & SKEP_PROG_XDP;
	const struct skep_xdp *x = run->ctx;
	const struct skep_skb *skb = run->ctx;
	s64 have = xdp ? x->data_end - x->data : skb->len, mtu;

	if (flags & ~(u64)(xdp ? 0 : BPF_MTU_CHK_SEGS) || (flags && (diff || *len)))
		return -EINVAL;
	if (!ifindex)
		ifindex = xdp ? x->ingress_ifindex : skb->ifindex;
	mtu = device_mtu(ifindex);
	if (mtu < 0)
		return mtu;
	if (*len)
		have = (s64)*len + ETH_HLEN;
	*len = (u32)mtu;
	return have + diff <= mtu + ETH_HLEN ? BPF_MTU_CHK_RET_SUCCESS
					     : BPF_MTU_CHK_RET_FRAG_NEEDED;
}

HELPER_FN(check_mtu)
{
	return helper_result(check_mtu(run, (u32)r2, helper_ptr(r3), (s32)r4, r5));
}

const struct skep_helper helper_check_mtu = {
	HELPER_ID(check_mtu),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM_RW, SKEP_ARG_ANYTHING,
		 SKEP_ARG_ANYTHING },
	.arg_size = { 0, 0, 4 },
};

static u64 redirect_marked(struct skep_run *run, u64 ifindex, u64 mark)
{
	struct skep_skb *skb = run->ctx;

	skb->redirect = (struct skep_redirect){ .ifindex = (u32)ifindex, .flags = mark };
	return TC_ACT_REDIRECT;
}

HELPER_FN(redirect_neigh)
{
	if (((u32)r3 && (u32)r3 < NEIGH_SIZE) || r4)
		return TC_ACT_SHOT;
	return redirect_marked(run, r1, TO_NEIGHBOUR);
}

const struct skep_helper helper_redirect_neigh = {
	HELPER_ID(redirect_neigh),
	.arg = { SKEP_ARG_ANYTHING, SKEP_ARG_MEM | SKEP_ARG_OR_NULL, SKEP_ARG_SIZE_OR_ZERO,
		 SKEP_ARG_ANYTHING },
};

HELPER_FN(redirect_peer)
{
	return r2 ? TC_ACT_SHOT : redirect_marked(run, r1, TO_PEER);
}

const struct skep_helper helper_redirect_peer = {
	HELPER_ID(redirect_peer),
	.arg = { SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(clone_redirect)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_clone_redirect = {
	HELPER_ID(clone_redirect),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(get_route_realm)
{
	return 0;
}

const struct skep_helper helper_get_route_realm = {
	HELPER_ID(get_route_realm),
	.arg = { SKEP_ARG_CTX },
};

static u64 redirect_map(struct skep_xdp *x, struct skep_map *m, u32 key, u64 flags)
{
	u32 type = m->type->type;
	bool broadcast = flags & BPF_F_BROADCAST;
	u64 known = 3 /* the action if there is no such entry */;

	if (type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH)
		known |= BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS;
	if (flags & ~known)
		return XDP_ABORTED;
	if (!broadcast && (!m->type->has_target || !m->type->has_target(m, key))) {
		x->redirect = (struct skep_redirect){ 0 };
		return flags & 3;
	}
	x->redirect = (struct skep_redirect){ .map = m, .ifindex = key, .flags = flags };
	return XDP_REDIRECT;
}

HELPER_FN(redirect_map)
{
	return redirect_map(run->ctx, helper_ptr(r1), (u32)r2, r3);
}

const struct skep_helper helper_redirect_map = {
	HELPER_ID(redirect_map),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(DEVMAP) | MAP_TYPE_BIT(DEVMAP_HASH) | MAP_TYPE_BIT(CPUMAP) |
		     MAP_TYPE_BIT(XSKMAP),
};
