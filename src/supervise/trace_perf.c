/* -v for perf_event_open(2) and ioctl(2) on what it returned: trace.h. Only events of the instance's are shown; the others are
 * the kernel's affair. */
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <string.h>

#include "supervise/trace.h"

#define NAME(name)                                                                                 \
	{                                                                                          \
		name, #name                                                                        \
	}

struct name {
	u64 value;
	const char *text;
};

static const struct name types[] = { NAME(PERF_TYPE_HARDWARE),	 NAME(PERF_TYPE_SOFTWARE),
				     NAME(PERF_TYPE_TRACEPOINT), NAME(PERF_TYPE_HW_CACHE),
				     NAME(PERF_TYPE_RAW),	 NAME(PERF_TYPE_BREAKPOINT) };
static const struct name software[] = { NAME(PERF_COUNT_SW_CPU_CLOCK),
					NAME(PERF_COUNT_SW_TASK_CLOCK),
					NAME(PERF_COUNT_SW_BPF_OUTPUT) };
static const struct name open_flags[] = { NAME(PERF_FLAG_FD_NO_GROUP), NAME(PERF_FLAG_FD_OUTPUT),
					  NAME(PERF_FLAG_PID_CGROUP), NAME(PERF_FLAG_FD_CLOEXEC) };
static const struct name requests[] = {
	NAME(PERF_EVENT_IOC_ENABLE),	 NAME(PERF_EVENT_IOC_DISABLE),
	NAME(PERF_EVENT_IOC_REFRESH),	 NAME(PERF_EVENT_IOC_RESET),
	NAME(PERF_EVENT_IOC_PERIOD),	 NAME(PERF_EVENT_IOC_SET_OUTPUT),
	NAME(PERF_EVENT_IOC_SET_FILTER), NAME(PERF_EVENT_IOC_ID),
	NAME(PERF_EVENT_IOC_SET_BPF),	 NAME(PERF_EVENT_IOC_PAUSE_OUTPUT),
	NAME(PERF_EVENT_IOC_QUERY_BPF),	 NAME(PERF_EVENT_IOC_MODIFY_ATTRIBUTES),
};

static void put_name(struct buf *out, const struct name *v, u32 n, u64 value)
{
	for (u32 i = 0; i < n; i++)
		if (v[i].value == value) {
			buf_puts(out, v[i].text);
			return;
		}
	buf_printf(out, "%#" PRIx64, value);
}

static void put_open_flags(struct buf *out, u64 flags)
{
	const char *between = "";

	for (u32 i = 0; i < ARRAY_SIZE(open_flags); i++)
		if (flags & open_flags[i].value) {
			buf_printf(out, "%s%s", between, open_flags[i].text);
			flags &= ~open_flags[i].value;
			between = "|";
		}
	if (flags || !*between)
		buf_printf(out, "%s%#" PRIx64, between, flags);
}

/* What all kinds of events have; the rest is an ellipsis, as with strace. */
static void put_attr(struct buf *out, struct caller *c, u64 at)
{
	u8 raw[PERF_ATTR_SIZE_VER0];
	struct perf_event_attr attr;

	if (client_read(&c->client, raw, at, sizeof(raw)) < 0) {
		if (at)
			buf_printf(out, "%#" PRIx64, at);
		else
			buf_puts(out, "NULL");
		return;
	}
	memcpy(&attr, raw, sizeof(raw));
	buf_puts(out, "{type=");
	put_name(out, types, ARRAY_SIZE(types), attr.type);
	buf_printf(out, ", size=%u, config=", attr.size);
	if (attr.type == PERF_TYPE_SOFTWARE)
		put_name(out, software, ARRAY_SIZE(software), attr.config);
	else
		buf_printf(out, "%#" PRIx64, (u64)attr.config);
	buf_puts(out, ", ...}");
}

void perf_trace_open(struct caller *c, long ret, u64 ns)
{
	struct buf out = { 0 };

	trace_caller(&out, c);
	buf_puts(&out, "perf_event_open(");
	put_attr(&out, c, caller_arg(c, 0));
	buf_printf(&out, ", %d, %d, %d, ", (int)caller_arg(c, 1), (int)caller_arg(c, 2),
		   (int)caller_arg(c, 3));
	put_open_flags(&out, caller_arg(c, 4));
	buf_puts(&out, ")");
	trace_write(&out, c, ret, ns, ret < 0);
}

void perf_trace_ioctl(struct caller *c, long ret, u64 ns)
{
	u32 request = (u32)caller_arg(c, 1);
	struct buf out = { 0 };

	trace_caller(&out, c);
	buf_printf(&out, "ioctl(%d, ", (int)caller_arg(c, 0));
	put_name(&out, requests, ARRAY_SIZE(requests), request);
	/* descriptors, flags and numbers are the argument itself; _IOW and _IOR name a pointer to one */
	if (request == PERF_EVENT_IOC_SET_BPF)
		buf_printf(&out, ", %d)", (int)caller_arg(c, 2));
	else
		buf_printf(&out, ", %#" PRIx64 ")", caller_arg(c, 2));
	trace_write(&out, c, ret, ns, ret < 0);
}
