/* setsockopt(2) that attaches programs to sockets, what ends or locks them, and getsockopt(2) that tells of them. Who
 * has which is kept by socket_progs.h. In the program's place the kernel has a classic filter, so whatever else there
 * is to say about the socket is the kernel's own answer. */
#ifndef SKEP_SUPERVISE_SOCKETS_H
#define SKEP_SUPERVISE_SOCKETS_H

struct caller;

long call_setsockopt(struct caller *c);
long call_getsockopt(struct caller *c);

#endif
