/* bpf_redirect: the packet is to go out of, or in at, another device. Only recorded here, in the
 * packet's context: whoever runs the program sends it. */
#include "helper/helper.h"

#include <linux/pkt_cls.h>

#include "base/err.h"
#include "exec/prog.h"
#include "skep/packet.h"

static void record(struct skep_redirect *r, u64 ifindex, u64 flags)
{
	*r = (struct skep_redirect){ .ifindex = (u32)ifindex, .flags = flags };
}

static u64 redirect_xdp(struct skep_xdp *x, u64 ifindex, u64 flags)
{
	if (flags)
		return XDP_ABORTED;
	record(&x->redirect, ifindex, flags);
	return XDP_REDIRECT;
}

static u64 redirect_skb(struct skep_skb *skb, u64 ifindex, u64 flags)
{
	if (flags & ~(u64)BPF_F_INGRESS)
		return TC_ACT_SHOT;
	record(&skb->redirect, ifindex, flags);
	return TC_ACT_REDIRECT;
}

HELPER_FN(redirect)
{
	if (run->prog->type->flags & SKEP_PROG_XDP)
		return redirect_xdp(run->ctx, r1, r2);
	if (run->prog->type->flags & SKEP_PROG_SKB)
		return redirect_skb(run->ctx, r1, r2);
	return helper_result(-ENOTSUPP);
}

const struct skep_helper helper_redirect = {
	HELPER_ID(redirect),
	.arg = { SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};
