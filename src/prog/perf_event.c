/* BPF_PROG_TYPE_PERF_EVENT: runs when a perf event overflows.
 * Context: struct bpf_perf_event_data, natively the same. */
#include <asm/ptrace.h>
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"

#define DATA struct bpf_perf_event_data

static const struct skep_ctx_field perf_event_fields[] = {
	CTX_ROW(DATA, regs, sizeof(bpf_user_pt_regs_t), 8, SKEP_READ, SKEP_FIELD_SCALAR),
	CTX_NUMBER(DATA, sample_period, SKEP_READ),
	CTX_NUMBER(DATA, addr, SKEP_READ),
};

static const u32 *const perf_event_helpers[] = { helpers_base,	    helpers_output,
						 helpers_tracing,   helpers_attach_cookie,
						 helpers_perf_prog, NULL };

const struct skep_prog_type prog_type_perf_event = {
	.type = BPF_PROG_TYPE_PERF_EVENT,
	.name = "perf_event",
	.ctx_size = sizeof(struct bpf_perf_event_data),
	.fields = perf_event_fields,
	.nr_fields = ARRAY_SIZE(perf_event_fields),
	.helpers = perf_event_helpers,
	.flags = SKEP_PROG_TRACING,
};
