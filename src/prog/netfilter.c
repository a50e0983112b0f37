/* BPF_PROG_TYPE_NETFILTER: packets at a hook of the network filter. The context (struct bpf_nf_ctx) is two
 * pointers to structures of the kernel's: what the hook knows, and the packet. The program says whether the packet
 * may pass. No hook of ours runs such programs. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/helper_sets.h"
#include "prog/prog.h"
#include "prog/prog_types.h"

#define PROG_TYPE_NETFILTER   32 /* Debian 12's headers lack both */
#define ATTACH_TYPE_NETFILTER 45

#define POINTER(field, at, to)                                                                     \
	{                                                                                          \
		.name = field, .off = (at), .size = 8, .elem = 8, .flags = SKEP_READ,              \
		.kind = SKEP_FIELD_KERNEL, .native_off = (at), .native_elem = 8, .type = (to),     \
	}

static const struct skep_ctx_field netfilter_fields[] = {
	POINTER("state", 0, "nf_hook_state"),
	POINTER("skb", 8, "sk_buff"),
};

static const u32 *const netfilter_helpers[] = { helpers_base, NULL };

static int netfilter_check_load(const struct skep_prog_desc *d)
{
	return d->expected_attach_type == ATTACH_TYPE_NETFILTER ? 0 : -EINVAL;
}

const struct skep_prog_type prog_type_netfilter = {
	.type = PROG_TYPE_NETFILTER,
	.name = "netfilter",
	.ctx_size = 16,
	.fields = netfilter_fields,
	.nr_fields = ARRAY_SIZE(netfilter_fields),
	.helpers = netfilter_helpers,
	.check_load = netfilter_check_load,
	.ret_range = ret_range_bool,
};
