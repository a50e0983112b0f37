/* BPF_PROG_TYPE_SK_LOOKUP: which socket gets a new connection or datagram?
 * Context: struct bpf_sk_lookup, natively the same. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog.h"
#include "prog/prog_types.h"

#define LOOKUP struct bpf_sk_lookup

static const struct skep_ctx_field sk_lookup_fields[] = {
	CTX_POINTER(LOOKUP, sk, SKEP_FIELD_SOCK_OR_NULL),
	CTX_NUMBER(LOOKUP, family, SKEP_READ),
	CTX_NUMBER(LOOKUP, protocol, SKEP_READ),
	CTX_NUMBER(LOOKUP, remote_ip4, SKEP_READ),
	CTX_WORDS(LOOKUP, remote_ip6, SKEP_READ | SKEP_NARROW),
	/* 16 bits in network order and as many zeros. */
	CTX_ROW(LOOKUP, remote_port, 4, 4, SKEP_READ | SKEP_NARROW, SKEP_FIELD_SCALAR),
	CTX_NUMBER(LOOKUP, local_ip4, SKEP_READ),
	CTX_WORDS(LOOKUP, local_ip6, SKEP_READ | SKEP_NARROW),
	CTX_NUMBER(LOOKUP, local_port, SKEP_READ),
	CTX_NUMBER(LOOKUP, ingress_ifindex, SKEP_READ),
};

static int sk_lookup_check_load(const struct skep_prog_desc *d)
{
	return d->expected_attach_type == BPF_SK_LOOKUP ? 0 : -EINVAL;
}

static const u32 *const sk_lookup_helpers[] = { helpers_base, helpers_output,  helpers_coarse,
						helpers_skc,  helpers_release, helpers_sk_assign,
						NULL };

const struct skep_prog_type prog_type_sk_lookup = {
	.type = BPF_PROG_TYPE_SK_LOOKUP,
	.name = "sk_lookup",
	.ctx_size = sizeof(struct bpf_sk_lookup),
	.fields = sk_lookup_fields,
	.nr_fields = ARRAY_SIZE(sk_lookup_fields),
	.helpers = sk_lookup_helpers,
	.check_load = sk_lookup_check_load,
	.ret_range = ret_range_bool,
};
