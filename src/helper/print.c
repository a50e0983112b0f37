/* bpf_trace_printk, bpf_trace_vprintk, bpf_snprintf. */
#include "helper/helper.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "helper/format.h"

#define TRACE_TEXT   1024 /* longer messages are cut */
#define TRACE_ARGS   3
#define NSEC_PER_SEC 1000000000u

/* What Linux's trace_pipe shows of a message: task, CPU, flags, seconds since boot. The flags tell
 * about interrupts and preemption, of which there are none here. A newline is always appended, even
 * to one. */
static void trace_line(struct skep_run *run, const char *text)
{
	u64 now = run_clock(run, CLOCK_KIND_MONO);
	char line[TRACE_TEXT + 96];
	int len;

	if (!run->rt->trace)
		return;
	len = snprintf(line, sizeof(line),
		       "%16.15s-%-7d [%03u] ..... %5llu.%06llu: bpf_trace_printk: %s\n",
		       run->task.comm, (int)run->task.pid, run->cpu,
		       (unsigned long long)(now / NSEC_PER_SEC),
		       (unsigned long long)(now % NSEC_PER_SEC / 1000), text);
	run->rt->trace(run->rt->trace_arg, line, (size_t)len);
}

static u64 trace(struct skep_run *run, const char *fmt, u32 fmt_size, const u64 *args, u32 nr_args)
{
	char text[TRACE_TEXT];
	s64 ret = format_text(run, text, sizeof(text), fmt, fmt_size, args, nr_args);

	if (ret >= 0)
		trace_line(run, text);
	return helper_result(ret);
}

HELPER_FN(trace_printk)
{
	const u64 args[TRACE_ARGS] = { r3, r4, r5 };

	return trace(run, helper_ptr(r1), (u32)r2, args, TRACE_ARGS);
}

/* Only the format is checked; the values may be anything, even uninitialised registers. */
const struct skep_helper helper_trace_printk = {
	HELPER_ID(trace_printk),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_MEM, SKEP_ARG_SIZE },
};

/* Is data, size an array of at most FORMAT_MAX_ARGS numbers? */
static bool bad_args(u64 data, u64 size)
{
	return size % sizeof(u64) || size > FORMAT_MAX_ARGS * sizeof(u64) || (size && !data);
}

HELPER_FN(trace_vprintk)
{
	if (bad_args(r3, r4))
		return helper_result(-EINVAL);
	return trace(run, helper_ptr(r1), (u32)r2, helper_ptr(r3), (u32)r4 / sizeof(u64));
}

const struct skep_helper helper_trace_vprintk = {
	HELPER_ID(trace_vprintk),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_MEM | SKEP_ARG_OR_NULL,
		 SKEP_ARG_SIZE_OR_ZERO },
};

/* Returns the whole text's length with its NUL, even if that is more than r2. */
HELPER_FN(snprintf)
{
	const char *fmt = helper_ptr(r3);
	s64 ret;

	if (bad_args(r4, r5))
		return helper_result(-EINVAL);
	ret = format_text(run, helper_ptr(r1), (u32)r2, fmt, UINT32_MAX, helper_ptr(r4),
			  (u32)r5 / sizeof(u64));
	return helper_result(ret < 0 ? ret : ret + 1);
}

const struct skep_helper helper_snprintf = {
	HELPER_ID(snprintf),
	.flags = SKEP_HELPER_GPL,
	/* Linux up to 6.18 wants the buffer as it does memory to be read, and does not see that it is written. */
	.arg = { SKEP_ARG_MEM_RW | SKEP_ARG_OR_NULL, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_CONST_STR,
		 SKEP_ARG_MEM | SKEP_ARG_OR_NULL, SKEP_ARG_SIZE_OR_ZERO },
};
