/* BPF_PROG_TYPE_TRACEPOINT: runs at a tracepoint with its record.
 * Context: the record as tracefs' format files describe it, natively the same; its first 8 bytes are
 * hidden. How long it is shows when the program is attached. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"

#define RECORD_MAX 8192 /* PERF_MAX_TRACE_SIZE */
#define HIDDEN	   8

static const struct skep_ctx_field tracepoint_fields[] = {
	{ .name = "record",
	  .off = HIDDEN,
	  .size = RECORD_MAX - HIDDEN,
	  .elem = 8,
	  .flags = SKEP_READ | SKEP_ANY,
	  .native_off = HIDDEN,
	  .native_elem = 8 },
};

static const u32 *const tracepoint_helpers[] = { helpers_base, helpers_output, helpers_tracing,
						 helpers_attach_cookie, NULL };

const struct skep_prog_type prog_type_tracepoint = {
	.type = BPF_PROG_TYPE_TRACEPOINT,
	.name = "tracepoint",
	.ctx_size = RECORD_MAX,
	.fields = tracepoint_fields,
	.nr_fields = ARRAY_SIZE(tracepoint_fields),
	.helpers = tracepoint_helpers,
	.flags = SKEP_PROG_TRACING,
};
