/* BPF_PROG_TYPE_SK_MSG: decides what becomes of messages sent on sockets of a SOCKMAP or SOCKHASH.
 * Context: struct sk_msg_md, natively the same. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"

#define MSG struct sk_msg_md

static const struct skep_ctx_field sk_msg_fields[] = {
	CTX_POINTER(MSG, data, SKEP_FIELD_PKT),
	CTX_POINTER(MSG, data_end, SKEP_FIELD_PKT_END),
	CTX_RUN(MSG, family, offsetof(MSG, sk) - offsetof(MSG, family)),
	CTX_POINTER(MSG, sk, SKEP_FIELD_SOCK),
};

static const u32 *const sk_msg_helpers[] = {
	helpers_base,  helpers_output,	       helpers_coarse, helpers_skc, helpers_storage,
	helpers_netns, helpers_storage_delete, helpers_sk_msg, NULL
};

const struct skep_prog_type prog_type_sk_msg = {
	.type = BPF_PROG_TYPE_SK_MSG,
	.name = "sk_msg",
	.ctx_size = sizeof(struct sk_msg_md),
	.fields = sk_msg_fields,
	.nr_fields = ARRAY_SIZE(sk_msg_fields),
	.helpers = sk_msg_helpers,
	.flags = SKEP_PROG_PKT_READ | SKEP_PROG_PKT_WRITE,
};
