/* skep exec -v: a line per bpf(2) call, as strace(1) writes it, and with the reason of a refusal. */
#ifndef SKEP_SUPERVISE_TRACE_H
#define SKEP_SUPERVISE_TRACE_H

#include "abi/abi.h"
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

/* Does the command show what has been closed and removed before it (commands.def)? */
bool bpf_cmd_reaps(int cmd);

#endif
