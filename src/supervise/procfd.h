/* /proc/PID/fd/N and /proc/PID/fdinfo/N of descriptors that are objects: there the kernel would tell of
 * memfds. */
#ifndef SKEP_SUPERVISE_PROCFD_H
#define SKEP_SUPERVISE_PROCFD_H

#include "supervise/caller.h"

/* path (absolute, as the client wrote it) opened for reading: the client's new descriptor,
 * or PASS. */
long procfd_open(struct caller *c, const char *path);
/* readlink(2): the number of bytes written to the client's buffer, or PASS. */
long procfd_readlink(struct caller *c, const char *path, u64 buf, u64 size);

#endif
