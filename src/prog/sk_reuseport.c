/* BPF_PROG_TYPE_SK_REUSEPORT: which socket of a SO_REUSEPORT group gets a packet?
 * Context: struct sk_reuseport_md, natively the same. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"

#define REUSE struct sk_reuseport_md

static const struct skep_ctx_field sk_reuseport_fields[] = {
	CTX_POINTER(REUSE, data, SKEP_FIELD_PKT),
	CTX_POINTER(REUSE, data_end, SKEP_FIELD_PKT_END),
	CTX_NUMBER(REUSE, len, SKEP_READ),
	CTX_WHOLE(REUSE, eth_protocol, SKEP_READ | SKEP_NARROW_HALF),
	CTX_NUMBER(REUSE, ip_protocol, SKEP_READ),
	CTX_NUMBER(REUSE, bind_inany, SKEP_READ),
	CTX_WHOLE(REUSE, hash, SKEP_READ),
	CTX_POINTER(REUSE, sk, SKEP_FIELD_SOCK),
	CTX_POINTER(REUSE, migrating_sk, SKEP_FIELD_SOCK_COMMON_OR_NULL),
};

static int sk_reuseport_check_load(const struct skep_prog_desc *d)
{
	switch (d->expected_attach_type) {
	case 0: /* older clients: select */
	case BPF_SK_REUSEPORT_SELECT:
	case BPF_SK_REUSEPORT_SELECT_OR_MIGRATE: return 0;
	default: return -EINVAL;
	}
}

static const u32 *const sk_reuseport_helpers[] = {
	helpers_base, helpers_coarse,	helpers_cookie,
	helpers_load, helpers_load_rel, helpers_reuseport,
	NULL
};

const struct skep_prog_type prog_type_sk_reuseport = {
	.type = BPF_PROG_TYPE_SK_REUSEPORT,
	.name = "sk_reuseport",
	.ctx_size = sizeof(struct sk_reuseport_md),
	.fields = sk_reuseport_fields,
	.nr_fields = ARRAY_SIZE(sk_reuseport_fields),
	.helpers = sk_reuseport_helpers,
	.flags = SKEP_PROG_PKT_READ,
	.check_load = sk_reuseport_check_load,
};
