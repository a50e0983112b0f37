/* Iterators' descriptors in clients: read(2) of them runs the program.
 *
 * As with route sockets (netlink.h), the number says so to the seccomp filter: sessions get one of [ITER_FD_FIRST,
 * ITER_FD_FIRST + ITER_FDS), and only reads of those are trapped. Where the descriptor goes to another number (dup, a
 * shell's redirection), or is read otherwise than by read(2), the program runs to its end first and what it wrote lies
 * in the file behind the descriptor, for the kernel to read. So it is where there is no such number. */
#ifndef SKEP_SUPERVISE_ITER_FD_H
#define SKEP_SUPERVISE_ITER_FD_H

#include "base/types.h"

#define ITER_FD_FIRST 896
#define ITER_FDS      64 /* a power of 2 that divides the above */

struct caller;

/* Give the client fd, a session's descriptor of this process, which is consumed. flags: O_CLOEXEC or 0. */
int iter_fd_install(struct caller *c, int fd, int flags) MUST_CHECK;

/* The trapped calls. */
long call_read(struct caller *c);
long call_iter_move(struct caller *c); /* the descriptor is the first argument */

#endif
