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

/* Complains; an exit code. */
int session_start(struct session *s, const struct skep_options *opt);
void session_end(struct session *s); /* takes a zeroed one */

#endif
