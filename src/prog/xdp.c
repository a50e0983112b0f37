/* BPF_PROG_TYPE_XDP: programs on a network device's receive path, before the network stack.
 * Context: struct xdp_md; natively struct skep_xdp. Every field is read whole, none is written. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"
#include "prog/test_run.h"
#include "skep/packet.h"

#define FIELD(field, field_kind, native)                                                           \
	{                                                                                          \
		.name = #field, .off = offsetof(struct xdp_md, field), .size = 4,                  \
		.flags = SKEP_READ, .kind = (field_kind),                                          \
		.native_off = offsetof(struct skep_xdp, native),                                   \
		.native_elem = sizeof(((struct skep_xdp *)NULL)->native),                          \
	}

static const struct skep_ctx_field xdp_fields[] = {
	FIELD(data, SKEP_FIELD_PKT, data),
	FIELD(data_end, SKEP_FIELD_PKT_END, data_end),
	FIELD(data_meta, SKEP_FIELD_PKT_META, data_meta),
	FIELD(ingress_ifindex, SKEP_FIELD_SCALAR, ingress_ifindex),
	FIELD(rx_queue_index, SKEP_FIELD_SCALAR, rx_queue_index),
	FIELD(egress_ifindex, SKEP_FIELD_SCALAR, egress_ifindex),
};

/* Only a program for a device map's entry runs when the outgoing device is known. */
static int xdp_check_ctx(const struct skep_prog_desc *d, const struct skep_ctx_field *f, u32 off,
			 u32 size, int is_write)
{
	if (f->off == offsetof(struct xdp_md, egress_ifindex) &&
	    d->expected_attach_type != BPF_XDP_DEVMAP)
		return -EACCES;
	return 0;
}

static const u32 *const xdp_helpers[] = { helpers_base,	     helpers_output,   helpers_coarse,
					  helpers_skc,	     helpers_release,  helpers_lookup,
					  helpers_csum_diff, helpers_redirect, helpers_forward,
					  helpers_buff_len,  helpers_xdp,      NULL };

const struct skep_prog_type prog_type_xdp = {
	.type = BPF_PROG_TYPE_XDP,
	.name = "xdp",
	.ctx_size = sizeof(struct xdp_md),
	.fields = xdp_fields,
	.nr_fields = ARRAY_SIZE(xdp_fields),
	.helpers = xdp_helpers,
	.test_run = xdp_test_run,
	.flags = SKEP_PROG_XDP | SKEP_PROG_PKT_READ | SKEP_PROG_PKT_WRITE,
	.check_ctx = xdp_check_ctx,
};
