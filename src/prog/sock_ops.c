/* BPF_PROG_TYPE_SOCK_OPS: called at many places in the life of TCP connections of a cgroup.
 * Context: struct bpf_sock_ops, natively the same. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog.h"
#include "prog/prog_types.h"

#define OPS struct bpf_sock_ops
/* Behind what Debian 12's header knows of the structure. */
#define OFF_HWTSTAMP 216
#define OPS_SIZE     224

static const struct skep_ctx_field sock_ops_fields[] = {
	CTX_WHOLE(OPS, op, SKEP_READ),
	CTX_WHOLE(OPS, reply, SKEP_READ_WRITE),
	CTX_RUN(OPS, args[1], offsetof(OPS, sk_txhash) - offsetof(OPS, args[1])),
	CTX_WHOLE(OPS, sk_txhash, SKEP_READ_WRITE),
	CTX_WHOLE(OPS, bytes_received, SKEP_READ),
	CTX_WHOLE(OPS, bytes_acked, SKEP_READ),
	CTX_POINTER(OPS, sk, SKEP_FIELD_SOCK_OR_NULL),
	CTX_POINTER(OPS, skb_data, SKEP_FIELD_PKT),
	CTX_POINTER(OPS, skb_data_end, SKEP_FIELD_PKT_END),
	CTX_WHOLE(OPS, skb_len, SKEP_READ),
	CTX_LOW(OPS, skb_tcp_flags),
	{ .name = "skb_hwtstamp",
	  .off = OFF_HWTSTAMP,
	  .size = 8,
	  .flags = SKEP_READ,
	  .native_off = OFF_HWTSTAMP,
	  .native_elem = 8 },
};

static const u32 *const sock_ops_helpers[] = { helpers_base,
					       helpers_output,
					       helpers_coarse,
					       helpers_skc,
					       helpers_cookie,
					       helpers_storage,
					       helpers_netns,
					       helpers_storage_delete,
					       helpers_local_storage,
					       helpers_tcp_sock,
					       helpers_sockopt,
					       helpers_sock_ops,
					       NULL };

const struct skep_prog_type prog_type_sock_ops = {
	.type = BPF_PROG_TYPE_SOCK_OPS,
	.name = "sock_ops",
	.ctx_size = OPS_SIZE,
	.fields = sock_ops_fields,
	.nr_fields = ARRAY_SIZE(sock_ops_fields),
	.helpers = sock_ops_helpers,
	.flags = SKEP_PROG_PKT_READ,
	.ret_range = ret_range_bool,
};
