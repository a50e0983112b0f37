/* skep exec -v: a line per bpf(2), perf_event_open(2) and ioctl(2) on events, as strace(1) writes it, and with the reason of a refusal. */
#ifndef SKEP_SUPERVISE_TRACE_H
#define SKEP_SUPERVISE_TRACE_H

#include "abi/abi.h"
#include "base/buf.h"
#include "supervise/caller.h"

struct bpf_trace {
	int cmd;
	u32 size;
	u64 uattr; /* where the client has them */
	bool readable;
	union abi_attr attr; /* before the call */
};

/* cmd and size are set: keep what the call is about to be given. */
void bpf_trace_begin(struct bpf_trace *t, struct caller *c, u64 attr);
/* Print it to stderr, in one piece. */
void bpf_trace_end(const struct bpf_trace *t, struct caller *c, long ret, u64 ns);

/* trace_perf.c: the same of calls that were answered. */
void perf_trace_open(struct caller *c, long ret, u64 ns);
void perf_trace_ioctl(struct caller *c, long ret, u64 ns);

/* How all lines begin, and end: with the result, the time and, if note, the reason. Prints it, and frees it. */
void trace_caller(struct buf *out, const struct caller *c);
void trace_write(struct buf *out, const struct caller *c, long ret, u64 ns, bool note);

/* Does the command show what has been closed and removed before it (commands.def)? */
bool bpf_cmd_reaps(int cmd);

#endif
