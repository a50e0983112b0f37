/* skep exec: a command and all its descendants as clients of an instance (DESIGN D3 to D5).
 *
 * A seccomp filter stops the few system calls that concern BPF and hands them to us; all others go to the
 * kernel untouched. Nothing is injected into the command, so static and dynamic programs are the same, and
 * no privilege is needed. Descriptors that clients get are files of memfds (object/files.h): dup, fork,
 * exec and SCM_RIGHTS work without us.
 *
 * Invariant: a client can harm nobody but itself. Its memory is only copied, its numbers are checked by
 * the same syscall layer that in-process clients use, and its death at any moment turns what we do for it
 * into errors. */
#ifndef SKEP_SUPERVISE_SUPERVISE_H
#define SKEP_SUPERVISE_SUPERVISE_H

#include "base/types.h"
#include "skep/skep.h"

struct supervise_options {
	struct skep_options instance;
	bool trace;   /* each bpf(2) call on stderr, decoded */
	bool plain;   /* no namespaces: only system calls are answered; an instance of its own */
	bool net;     /* a network namespace, with eth0 */
	bool private; /* an instance of its own, even if there is a daemon */
};

enum { /* exit codes beside the command's own, as of env(1) and timeout(1) */
       SUPERVISE_FAILED = 125,
       SUPERVISE_CANNOT_RUN = 126,
       SUPERVISE_NOT_FOUND = 127,
};

/* With the daemon's instance if there is one (daemon.h), else with one that lives as long as the command: run argv
 * (NULL-terminated) until it and all its descendants have ended. The exit code to pass on:
 * the command's, 128 + N if signal N ended it, or one of the above, explained on stderr. The calling
 * process must have one thread; it moves into the namespaces made for the command. */
int supervise(const struct supervise_options *opt, char *const argv[]);

#endif
