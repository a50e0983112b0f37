/* The daemon's socket. A lock beside it (NAME.lock) tells whether a daemon is alive: a socket without one that holds
 * the lock is a dead daemon's, and is replaced. */
#ifndef SKEP_SUPERVISE_DAEMON_SOCKET_H
#define SKEP_SUPERVISE_DAEMON_SOCKET_H

#include "supervise/daemon.h"

struct daemon_socket {
	char path[DAEMON_PATH_MAX], lock_path[DAEMON_PATH_MAX + 8];
	int fd, lock;
};

/* Take the name. -EADDRINUSE: a daemon has it. Nobody can connect before daemon_socket_listen(). */
int daemon_socket_open(struct daemon_socket *s) MUST_CHECK;
int daemon_socket_listen(struct daemon_socket *s) MUST_CHECK;
/* Give the name up. */
void daemon_socket_close(struct daemon_socket *s);

#endif
