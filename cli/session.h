/* The instance that a command works in, and this process as its client: between session_start() and
 * session_end() libbpf's bpf(2) calls land there, not in the kernel. */
#ifndef SKEP_CLI_SESSION_H
#define SKEP_CLI_SESSION_H

#include "skep/skep.h"
#include "verifier/explain.h"

struct session {
	struct skep *skep;
	struct skep_client *client;
	struct explanation explanation; /* of the last refusal */
};

/* The help text of --kernel. */
#define KERNEL_HELP                                                                                \
	"follow that Linux version's rules (6.1, 6.12, 6.18; default the newest): what it had "    \
	"not yet is refused"
/* What --kernel names; NULL, not given, is the newest. Complains; an exit code. */
int kernel_option(const char *name, struct skep_options *opt);
/* Complains; an exit code. */
int session_start(struct session *s, const struct skep_options *opt);
void session_end(struct session *s); /* takes a zeroed one */

#endif
