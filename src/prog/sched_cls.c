/* BPF_PROG_TYPE_SCHED_CLS: traffic control's classifiers (clsact, tcx).
 * Context: struct __sk_buff; natively struct skep_skb, with data at the link layer's header. The
 * packet may be read and written directly and resized by helpers. */
#include <linux/bpf.h>

#include "prog/helper_sets.h"
#include "prog/prog_types.h"
#include "prog/skb_fields.h"
#include "prog/test_run.h"

#define READ_WRITE (SKEP_READ | SKEP_WRITE)

static const struct skep_ctx_field sched_cls_fields[] = {
	SKB_COMMON_FIELDS,
	SKB_CB,
	SKB_NUMBER(mark, READ_WRITE),
	SKB_NUMBER(queue_mapping, READ_WRITE | SKEP_SATURATED), /* 0xffff means none */
	SKB_NUMBER(priority, READ_WRITE),
	SKB_NUMBER(tc_index, READ_WRITE),
	SKB_NUMBER(tc_classid, READ_WRITE),
	SKB_NUMBER(wire_len, SKEP_READ),
	SKB_WHOLE(tstamp, READ_WRITE),
	SKB_WHOLE(hwtstamp, SKEP_READ),
	/* A bit field follows it in the same word, hence no offsetof in C. */
	{ .name = "tstamp_type",
	  .off = offsetof(struct __sk_buff, gso_size) + 4,
	  .size = 1,
	  .flags = SKEP_READ,
	  .native_off = offsetof(struct skep_skb, tstamp_type),
	  .native_elem = 1 },
	SKB_PACKET_FIELDS,
	SKB_POINTER(data_meta, SKEP_FIELD_PKT_META),
};

static const u32 *const sched_cls_helpers[] = { helpers_base,
						helpers_output,
						helpers_coarse,
						helpers_skc,
						helpers_cookie,
						helpers_storage,
						helpers_netns,
						helpers_load,
						helpers_lookup,
						helpers_release,
						helpers_csum_diff,
						helpers_pull,
						helpers_route,
						helpers_tcp_sock,
						helpers_uid,
						helpers_load_rel,
						helpers_skb_edit,
						helpers_redirect,
						helpers_skb_out,
						helpers_room,
						helpers_forward,
						helpers_fullsock,
						helpers_sk_assign,
						helpers_tc,
						helpers_storage_delete,
						NULL };

#define TC_TYPE(word, number)                                                                      \
	{                                                                                          \
		.type = (number), .name = (word), .ctx_size = sizeof(struct __sk_buff),            \
		.fields = sched_cls_fields, .nr_fields = ARRAY_SIZE(sched_cls_fields),             \
		.helpers = sched_cls_helpers, .test_run = sched_cls_test_run,                      \
		.flags = SKEP_PROG_SKB | SKEP_PROG_PKT_READ | SKEP_PROG_PKT_WRITE |                \
			 SKEP_PROG_LD_ABS,                                                         \
	}

const struct skep_prog_type prog_type_sched_cls = TC_TYPE("sched_cls", BPF_PROG_TYPE_SCHED_CLS);
/* tc's action "bpf": the same but for its number. */
const struct skep_prog_type prog_type_sched_act = TC_TYPE("sched_act", BPF_PROG_TYPE_SCHED_ACT);
