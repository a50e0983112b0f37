/* BPF_PROG_TYPE_LWT_IN, _OUT, _XMIT and _SEG6LOCAL: lightweight tunnels, at routes.
 * Context: struct __sk_buff; natively struct skep_skb, with data at the network header. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"
#include "prog/skb_fields.h"
#include "prog/test_run.h"

#define READ_WRITE (SKEP_READ | SKEP_WRITE)

static const struct skep_ctx_field lwt_fields[] = {
	SKB_COMMON_FIELDS,
	SKB_CB,
	SKB_NUMBER(mark, READ_WRITE),
	SKB_NUMBER(queue_mapping, SKEP_READ),
	SKB_NUMBER(priority, READ_WRITE),
	SKB_NUMBER(tc_index, SKEP_READ),
	SKB_PACKET_FIELDS,
};

static const u32 *const lwt_in_helpers[] = { helpers_base, helpers_output, helpers_coarse,
					     helpers_skc,  helpers_load,   helpers_csum_diff,
					     helpers_pull, helpers_route,  helpers_push_encap,
					     NULL };
static const u32 *const lwt_out_helpers[] = { helpers_base, helpers_output, helpers_coarse,
					      helpers_skc,  helpers_load,   helpers_csum_diff,
					      helpers_pull, helpers_route,  NULL };
static const u32 *const lwt_xmit_helpers[] = { helpers_base,
					       helpers_output,
					       helpers_coarse,
					       helpers_skc,
					       helpers_load,
					       helpers_csum_diff,
					       helpers_pull,
					       helpers_route,
					       helpers_skb_edit,
					       helpers_redirect,
					       helpers_skb_out,
					       helpers_push_encap,
					       NULL };
static const u32 *const lwt_seg6local_helpers[] = { helpers_base, helpers_output, helpers_coarse,
						    helpers_skc,  helpers_load,	  helpers_csum_diff,
						    helpers_pull, helpers_route,  helpers_seg6,
						    NULL };

const struct skep_prog_type prog_type_lwt_in = {
	.type = BPF_PROG_TYPE_LWT_IN,
	.name = "lwt_in",
	.ctx_size = sizeof(struct __sk_buff),
	.fields = lwt_fields,
	.nr_fields = ARRAY_SIZE(lwt_fields),
	.helpers = lwt_in_helpers,
	.flags = SKEP_PROG_SKB | SKEP_PROG_PKT_READ,
	.test_run = socket_filter_test_run,
};

const struct skep_prog_type prog_type_lwt_out = {
	.type = BPF_PROG_TYPE_LWT_OUT,
	.name = "lwt_out",
	.ctx_size = sizeof(struct __sk_buff),
	.fields = lwt_fields,
	.nr_fields = ARRAY_SIZE(lwt_fields),
	.helpers = lwt_out_helpers,
	.flags = SKEP_PROG_SKB | SKEP_PROG_PKT_READ,
	.test_run = socket_filter_test_run,
};

const struct skep_prog_type prog_type_lwt_xmit = {
	.type = BPF_PROG_TYPE_LWT_XMIT,
	.name = "lwt_xmit",
	.ctx_size = sizeof(struct __sk_buff),
	.fields = lwt_fields,
	.nr_fields = ARRAY_SIZE(lwt_fields),
	.helpers = lwt_xmit_helpers,
	.flags = SKEP_PROG_SKB | SKEP_PROG_PKT_READ | SKEP_PROG_PKT_WRITE,
	.test_run = socket_filter_test_run,
};

const struct skep_prog_type prog_type_lwt_seg6local = {
	.type = BPF_PROG_TYPE_LWT_SEG6LOCAL,
	.name = "lwt_seg6local",
	.ctx_size = sizeof(struct __sk_buff),
	.fields = lwt_fields,
	.nr_fields = ARRAY_SIZE(lwt_fields),
	.helpers = lwt_seg6local_helpers,
	.flags = SKEP_PROG_SKB | SKEP_PROG_PKT_READ,
	.test_run = socket_filter_test_run,
};
