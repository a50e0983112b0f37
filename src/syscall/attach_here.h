/* Places where programs are attached without a hook of somebody else: skep keeps who is attached, shows it
 * and lets go; events of these places come as far as skep has them. */
#ifndef SKEP_SYSCALL_ATTACH_HERE_H
#define SKEP_SYSCALL_ATTACH_HERE_H

#include "syscall/attach.h"

extern const struct attach_ops attach_cgroup, attach_netns, attach_tracing, attach_perf,
	attach_iter, attach_trampoline, attach_netfilter;

/* For -v: the call succeeded, yet the program will not run by itself. */
void note_no_event(const char *what);

/* A link of a program to the function that it was loaded for. -EBUSY: it has one already. */
int tracing_link(struct skep_prog *p, u64 cookie, struct link **out) MUST_CHECK;

#endif
