/* Let an unmodified, dynamically linked libbpf in this process work on an instance. Link your program
 * with libskep-libbpf.a in place of libskep (pkg-config: skep-libbpf): it has all of that, and defines syscall(), mmap(), epoll_ctl() and a few others, so that bpf(2)
 * and what goes with it are answered by the client named here, and everything else by the kernel. */
#ifndef SKEP_LIBBPF_H
#define SKEP_LIBBPF_H

#include "skep/skep.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whose instance libbpf's calls go to, for all threads; NULL: the kernel. The client stays the
 * caller's, and must live until another is named and no call is under way. */
void skep_libbpf_use(struct skep_client *c);
/* The same for the calling thread alone; NULL: as for all threads. */
void skep_libbpf_use_thread(struct skep_client *c);

#ifdef __cplusplus
}
#endif
#endif
