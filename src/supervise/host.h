/* An instance with its world: made once, for one command or for many. */
#ifndef SKEP_SUPERVISE_HOST_H
#define SKEP_SUPERVISE_HOST_H

#include <poll.h>

#include "skep/skep.h"
#include "supervise/sup.h"

#define HOST_FDS 3

/* Move this process, which has one thread, into the world; then, with host_open(), make the instance. plain: no
 * namespaces; net: a network, too. What the world lacks is told on stderr, for the command `who`. */
void host_enter(struct supervisor *sup, bool plain, bool net, const char *who);
int host_open(struct supervisor *sup, const struct skep_options *opt) MUST_CHECK;
void host_close(struct supervisor *sup);

/* What to poll for, and what to do then. */
void host_poll(const struct supervisor *sup, struct pollfd fds[HOST_FDS]);
void host_attend(struct supervisor *sup, const struct pollfd fds[HOST_FDS]);

#endif
