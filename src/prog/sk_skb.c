/* BPF_PROG_TYPE_SK_SKB: parses streams of sockets in a SOCKMAP or SOCKHASH and decides what becomes of
 * each message. Context: struct __sk_buff; natively struct skep_skb. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"
#include "prog/skb_fields.h"

#define READ_WRITE (SKEP_READ | SKEP_WRITE)

static const struct skep_ctx_field sk_skb_fields[] = {
	SKB_COMMON_FIELDS,
	SKB_FIELD_AS(cb, cb, SKEP_READ | SKEP_ANY, SKEP_FIELD_SCALAR),
	SKB_NUMBER(queue_mapping, SKEP_READ),
	SKB_NUMBER(priority, READ_WRITE),
	SKB_NUMBER(tc_index, READ_WRITE),
	SKB_PACKET_FIELDS,
	SKB_ADDRESS_FIELDS,
};

static const u32 *const sk_skb_helpers[] = {
	helpers_base,	  helpers_output,  helpers_coarse,	helpers_skc,  helpers_cookie,
	helpers_load,	  helpers_release, helpers_lookup,	helpers_pull, helpers_uid,
	helpers_skb_edit, helpers_room,	   helpers_sk_redirect, NULL
};

const struct skep_prog_type prog_type_sk_skb = {
	.type = BPF_PROG_TYPE_SK_SKB,
	.name = "sk_skb",
	.ctx_size = sizeof(struct __sk_buff),
	.fields = sk_skb_fields,
	.nr_fields = ARRAY_SIZE(sk_skb_fields),
	.helpers = sk_skb_helpers,
	.flags = SKEP_PROG_SKB | SKEP_PROG_PKT_READ | SKEP_PROG_PKT_WRITE,
};
