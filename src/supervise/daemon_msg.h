/* What is said between `skep exec` and `skep daemon`, with descriptors beside it (fdpass.h). */
#ifndef SKEP_SUPERVISE_DAEMON_MSG_H
#define SKEP_SUPERVISE_DAEMON_MSG_H

#include "base/types.h"

#define DAEMON_MAGIC	0x736b6570 /* "skep"; and the number of this protocol: */
#define DAEMON_PROTOCOL 2
#define DAEMON_PLACES	3

struct daemon_hello { /* from the daemon, with those of its namespaces that it has, in this order */
	u32 magic, protocol;
	s32 pid;
	u8 has_mounts, has_user, has_net, pad;
};

struct daemon_request { /* from a command, with its listener and its standard error */
	u32 trace;
};

#endif
