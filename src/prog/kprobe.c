/* BPF_PROG_TYPE_KPROBE: kprobes, uprobes and their return probes, one or many at a time.
 * Context: struct pt_regs, natively the same. */
#include <asm/ptrace.h>
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include "base/err.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"

static const struct skep_ctx_field kprobe_fields[] = {
	{ .name = "regs",
	  .size = sizeof(bpf_user_pt_regs_t),
	  .elem = 8,
	  .flags = SKEP_READ | SKEP_ANY,
	  .native_elem = 8 },
};

static const u32 *const kprobe_helpers[] = { helpers_base, helpers_output, helpers_tracing,
					     helpers_attach_cookie, NULL };

/* At both ends of a function the result says whether the return is wanted: 0, else 1. */
static int kprobe_range(const struct skep_prog_desc *d, int64_t *min, int64_t *max)
{
	enum { TRACE_KPROBE_SESSION = 56, TRACE_UPROBE_SESSION = 57 };

	*min = 0;
	*max = 1;
	return d->expected_attach_type == TRACE_KPROBE_SESSION ||
	       d->expected_attach_type == TRACE_UPROBE_SESSION;
}

const struct skep_prog_type prog_type_kprobe = {
	.type = BPF_PROG_TYPE_KPROBE,
	.name = "kprobe",
	.ctx_size = sizeof(bpf_user_pt_regs_t),
	.fields = kprobe_fields,
	.nr_fields = ARRAY_SIZE(kprobe_fields),
	.helpers = kprobe_helpers,
	.flags = SKEP_PROG_TRACING,
	.ret_range = kprobe_range,
};
