/* BPF_PROG_TYPE_FLOW_DISSECTOR: finds the addresses and ports in a packet.
 * Context: struct __sk_buff; natively struct skep_skb, with data at the link layer's header and flow_keys
 * where the results go. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"
#include "prog/skb_fields.h"
#include "prog/test_run.h"

static const struct skep_ctx_field flow_dissector_fields[] = {
	SKB_PACKET_FIELDS,
	SKB_POINTER(flow_keys, SKEP_FIELD_FLOW_KEYS),
};

static const u32 *const flow_dissector_helpers[] = { helpers_base, helpers_coarse, helpers_skc,
						     helpers_load, NULL };

const struct skep_prog_type prog_type_flow_dissector = {
	.type = BPF_PROG_TYPE_FLOW_DISSECTOR,
	.name = "flow_dissector",
	.ctx_size = sizeof(struct __sk_buff),
	.fields = flow_dissector_fields,
	.nr_fields = ARRAY_SIZE(flow_dissector_fields),
	.helpers = flow_dissector_helpers,
	.flags = SKEP_PROG_SKB | SKEP_PROG_PKT_READ,
};
