/* BPF_PROG_TYPE_RAW_TRACEPOINT: runs at a tracepoint with its raw arguments.
 * Context: struct bpf_raw_tracepoint_args, natively the same: up to 12 u64. */
#include <linux/bpf.h>

#include "prog/helper_sets.h"
#include "prog/prog_types.h"

#define MAX_ARGS 12 /* of any tracepoint in Linux */

static const struct skep_ctx_field raw_tracepoint_fields[] = {
	{ .name = "args",
	  .size = MAX_ARGS * sizeof(u64),
	  .elem = sizeof(u64),
	  .flags = SKEP_READ | SKEP_ANY,
	  .native_elem = sizeof(u64) },
};

static const u32 *const raw_tracepoint_helpers[] = { helpers_base, helpers_tracing, NULL };

const struct skep_prog_type prog_type_raw_tracepoint = {
	.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.name = "raw_tracepoint",
	.ctx_size = MAX_ARGS * sizeof(u64),
	.fields = raw_tracepoint_fields,
	.nr_fields = ARRAY_SIZE(raw_tracepoint_fields),
	.helpers = raw_tracepoint_helpers,
	.flags = SKEP_PROG_TRACING,
};
