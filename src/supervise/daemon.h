/* An instance that outlives commands: `skep daemon` keeps it, `skep exec` finds it by a socket.
 *
 * The daemon owns the world: its namespaces are what commands join, so /sys/fs/bpf is the same for all. A command
 * sends the listener of its filter; from then on it is served as if the daemon had started it.
 *
 * Invariant: only the daemon's own user can speak to it: the socket is his alone (mode 0600), and the peer's
 * credentials are checked, too. */
#ifndef SKEP_SUPERVISE_DAEMON_H
#define SKEP_SUPERVISE_DAEMON_H

#include "supervise/supervise.h"

#define DAEMON_PATH_MAX 108 /* of sun_path */

/* $SKEP_SOCKET (an empty one: none), else $XDG_RUNTIME_DIR/skep.sock, else for root /run/skep.sock. "": none.
 * -ENAMETOOLONG. */
int daemon_path(char path[DAEMON_PATH_MAX]) MUST_CHECK;

/* Serve until SIGTERM, SIGINT or SIGHUP. detach: in the background, once it can be reached. net: commands have a network
 * of their own, one for all (net.h). An exit code. */
int daemon_serve(bool detach, bool net);
/* End the daemon, and wait until it has. An exit code. */
int daemon_stop(void);

/* *sock: a connection to the daemon, -1: there is none. 0, or an exit code: SKEP_SOCKET names one that is not there, or
 * it is somebody else's. */
int daemon_connect(int *sock) MUST_CHECK;
/* supervise() by the daemon at the other end of sock, which is consumed. */
int daemon_run(int sock, const struct supervise_options *opt, char *const argv[]);

#endif
