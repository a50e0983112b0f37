/* setsockopt(2) that attaches programs to sockets. The kernel keeps the books: in the program's place the socket gets a
 * classic filter that lets everything through, so detaching, locking and who may do it are the kernel's own. The
 * program does not run, and the socket does not keep it alive. */
#ifndef SKEP_SUPERVISE_SOCKETS_H
#define SKEP_SUPERVISE_SOCKETS_H

struct caller;

long call_setsockopt(struct caller *c);

#endif
