/* bpf_perf_event_output: a sample for whoever reads the perf event in a map's slot. Programs that see
 * packets may append bytes of the packet (upper half of the flags: how many). */
#include "helper/helper.h"

#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "skep/packet.h"

struct span {
	const u8 *data;
	u64 len;
};

/* The packet behind a native context; false: this type of program sees none. */
static bool packet_of(const struct skep_prog *p, const void *ctx, struct span *out)
{
	const struct skep_xdp *xdp = ctx;
	const struct skep_skb *skb = ctx;

	switch (p->type->type) {
	case BPF_PROG_TYPE_XDP:
		*out = (struct span){ xdp->data, (u64)(xdp->data_end - xdp->data) };
		return true;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SOCKET_FILTER:
		*out = (struct span){ skb->data, (u64)(skb->data_end - skb->data) };
		return true;
	default: return false;
	}
}

HELPER_FN(perf_event_output)
{
	u64 allowed = BPF_F_INDEX_MASK, appended = (r3 & BPF_F_CTXLEN_MASK) >> 32;
	struct span packet = { NULL, 0 };

	if (packet_of(run->prog, helper_ptr(r1), &packet))
		allowed |= BPF_F_CTXLEN_MASK;
	if (r3 & ~allowed)
		return helper_result(-EINVAL);
	if (appended > packet.len)
		return helper_result(-EFAULT);
	return helper_result(perf_event_array_output(helper_ptr(r2), r3 & BPF_F_INDEX_MASK,
						     helper_ptr(r4), (u32)r5, packet.data,
						     (u32)appended, run));
}

const struct skep_helper helper_perf_event_output = {
	HELPER_ID(perf_event_output),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_ANYTHING, SKEP_ARG_MEM,
		 SKEP_ARG_SIZE_OR_ZERO },
	.map_types = MAP_TYPE_BIT(PERF_EVENT_ARRAY),
};
