/* bpf_perf_event_output: a sample for whoever reads the perf event in a map's slot. Programs that see
 * packets may append bytes of the packet (upper half of the flags: how many). */
#include "helper/helper.h"

#include <string.h>

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

/* Counters: no slot holds one that counts (perf events here carry output only). */
static s64 read_counter(const struct skep_map *m, u64 flags)
{
	u64 index = flags & BPF_F_INDEX_MASK;

	if (flags & ~(u64)BPF_F_INDEX_MASK)
		return -EINVAL;
	return index != BPF_F_CURRENT_CPU && index >= m->max_entries ? -E2BIG : -ENOENT;
}

HELPER_FN(perf_event_read)
{
	return helper_result(read_counter(helper_ptr(r1), r2));
}

const struct skep_helper helper_perf_event_read = {
	HELPER_ID(perf_event_read),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(PERF_EVENT_ARRAY),
};

HELPER_FN(perf_event_read_value)
{
	memset(helper_ptr(r3), 0, (u32)r4);
	if ((u32)r4 != sizeof(struct bpf_perf_event_value))
		return helper_result(-EINVAL);
	return helper_result(read_counter(helper_ptr(r1), r2));
}

const struct skep_helper helper_perf_event_read_value = {
	HELPER_ID(perf_event_read_value),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_ANYTHING, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
	.map_types = MAP_TYPE_BIT(PERF_EVENT_ARRAY),
};

HELPER_FN(perf_prog_read_value)
{
	memset(helper_ptr(r2), 0, (u32)r3);
	return helper_result(-EINVAL);
}

const struct skep_helper helper_perf_prog_read_value = {
	HELPER_ID(perf_prog_read_value),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
};

/* Branch records are the hardware's. */
HELPER_FN(read_branch_records)
{
	return helper_result(r4 & ~(u64)BPF_F_GET_BRANCH_RECORDS_SIZE ? -EINVAL : -ENOENT);
}

const struct skep_helper helper_read_branch_records = {
	HELPER_ID(read_branch_records),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_UNINIT | SKEP_ARG_OR_NULL, SKEP_ARG_SIZE_OR_ZERO,
		 SKEP_ARG_ANYTHING },
};

HELPER_FN(get_branch_snapshot)
{
	return helper_result(-ENOENT);
}

const struct skep_helper helper_get_branch_snapshot = {
	HELPER_ID(get_branch_snapshot),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE_OR_ZERO },
};
