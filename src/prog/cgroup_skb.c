/* BPF_PROG_TYPE_CGROUP_SKB: may packets enter or leave sockets of the cgroup?
 * Context: struct __sk_buff; natively struct skep_skb, with data at the network header. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"
#include "prog/skb_fields.h"
#include "prog/test_run.h"

#define READ_WRITE (SKEP_READ | SKEP_WRITE)

static const struct skep_ctx_field cgroup_skb_fields[] = {
	SKB_COMMON_FIELDS,
	SKB_CB,
	SKB_NUMBER(mark, READ_WRITE),
	SKB_NUMBER(queue_mapping, SKEP_READ),
	SKB_NUMBER(priority, READ_WRITE),
	SKB_NUMBER(tc_index, SKEP_READ),
	SKB_PACKET_FIELDS,
	SKB_ADDRESS_FIELDS,
	SKB_WHOLE(tstamp, READ_WRITE),
	SKB_WHOLE(hwtstamp, SKEP_READ),
};

static int cgroup_skb_check_load(const struct skep_prog_desc *d)
{
	return d->expected_attach_type <= BPF_CGROUP_INET_EGRESS ? 0 : -EINVAL;
}

/* What leaves may also be told to be congested (Linux: NET_XMIT_CN). */
static int cgroup_skb_ret_range(const struct skep_prog_desc *d, int64_t *min, int64_t *max)
{
	*min = 0;
	*max = d->expected_attach_type == BPF_CGROUP_INET_EGRESS ? 3 : 1;
	return 1;
}

static const u32 *const cgroup_skb_helpers[] = {
	helpers_base,	       helpers_output,	  helpers_coarse,
	helpers_skc,	       helpers_cookie,	  helpers_storage,
	helpers_netns,	       helpers_load,	  helpers_storage_delete,
	helpers_local_storage, helpers_release,	  helpers_lookup,
	helpers_tcp_sock,      helpers_uid,	  helpers_load_rel,
	helpers_fullsock,      helpers_sk_cgroup, NULL
};

const struct skep_prog_type prog_type_cgroup_skb = {
	.type = BPF_PROG_TYPE_CGROUP_SKB,
	.name = "cgroup_skb",
	.ctx_size = sizeof(struct __sk_buff),
	.fields = cgroup_skb_fields,
	.nr_fields = ARRAY_SIZE(cgroup_skb_fields),
	.helpers = cgroup_skb_helpers,
	.flags = SKEP_PROG_SKB | SKEP_PROG_PKT_READ | SKEP_PROG_LD_ABS,
	.check_load = cgroup_skb_check_load,
	.ret_range = cgroup_skb_ret_range,
	.test_run = socket_filter_test_run,
};
