/* The command as a child of ours: started under a filter of its own, its signals, its end. */
#ifndef SKEP_SUPERVISE_COMMAND_H
#define SKEP_SUPERVISE_COMMAND_H

#include <sys/types.h>

#include "base/types.h"

struct command {
	pid_t pid;
	int signals; /* signalfd */
	int code;    /* exit code, once it has ended */
	bool ended;
};

/* Run argv. `enter` (may be NULL) is called in the child first: 0, or what it returned is the exit code. Returns
 * the listener of the child's seccomp filter, or -1: then cmd->code says how it ended, and stderr why. */
int command_start(struct command *cmd, char *const argv[], int (*enter)(void *arg), void *arg);
/* cmd->signals is readable: forward signals, notice the end. */
void command_signals(struct command *cmd);
void command_done(struct command *cmd);

/* "skep exec: what: reason" on stderr. err: an errno, of either sign, or 0. Returns code. */
int supervise_complain(int code, const char *what, int err);

#endif
