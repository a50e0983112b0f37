/* BPF_PROG_TYPE_SOCKET_FILTER: decides how much of a packet a socket receives.
 * Context: struct __sk_buff; natively struct skep_skb, with data at the network header. The packet
 * is read with bpf_skb_load_bytes() and LD_ABS/LD_IND only; only cb[] may be written. */
#include <linux/bpf.h>

#include "prog/helper_sets.h"
#include "prog/prog_types.h"
#include "prog/skb_fields.h"
#include "prog/test_run.h"

static const struct skep_ctx_field socket_filter_fields[] = {
	SKB_COMMON_FIELDS,
	SKB_CB,
	SKB_NUMBER(mark, SKEP_READ),
	SKB_NUMBER(queue_mapping, SKEP_READ),
	SKB_NUMBER(priority, SKEP_READ),
	SKB_NUMBER(tc_index, SKEP_READ),
};

static const u32 *const socket_filter_helpers[] = { helpers_base, helpers_output, helpers_coarse,
						    helpers_skc,  helpers_cookie, helpers_netns,
						    helpers_load, helpers_uid,	  helpers_load_rel,
						    NULL };

const struct skep_prog_type prog_type_socket_filter = {
	.type = BPF_PROG_TYPE_SOCKET_FILTER,
	.name = "socket_filter",
	.ctx_size = sizeof(struct __sk_buff),
	.fields = socket_filter_fields,
	.nr_fields = ARRAY_SIZE(socket_filter_fields),
	.helpers = socket_filter_helpers,
	.test_run = socket_filter_test_run,
	.flags = SKEP_PROG_SKB | SKEP_PROG_LD_ABS,
};
