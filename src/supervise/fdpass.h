/* Messages with descriptors over a Unix socket (SOCK_SEQPACKET). */
#ifndef SKEP_SUPERVISE_FDPASS_H
#define SKEP_SUPERVISE_FDPASS_H

#include "base/types.h"

#define FDPASS_MAX 4

/* Send size bytes and the descriptors fds[0 … nr-1]; -1 among them ends the list. 0 or a negative errno. */
int fdpass_send(int sock, const void *data, size_t size, const int *fds, u32 nr) MUST_CHECK;
/* Receive exactly size bytes; all of fds[0 … nr-1] are set, -1 for those that were not sent. -EPROTO: a message
 * of another size; -ECONNRESET: the other side is gone. Then no descriptor is left open. */
int fdpass_receive(int sock, void *data, size_t size, int *fds, u32 nr) MUST_CHECK;

#endif
