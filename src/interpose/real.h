/* The C library's own functions behind those that we define, and whose client is to answer. */
#ifndef SKEP_INTERPOSE_REAL_H
#define SKEP_INTERPOSE_REAL_H

#include "syscall/client.h"

/* Ours alone; what this folder defines for libbpf is visible. */
#pragma GCC visibility push(hidden)

/* The calling thread's client, NULL: everything goes to the kernel. */
struct skep_client *interposed_client(void);

/* Look a function up behind this library; the result is kept in *slot. */
void *real_function(void *_Atomic *slot, const char *name);

/* Call the real function of that name, as `proto` says: REAL(int, close, (int), (fd)). */
#define REAL(ret, name, proto, args)                                                               \
	({                                                                                         \
		static void *_Atomic slot_;                                                        \
		((ret(*) proto)real_function(&slot_, #name)) args;                                 \
	})

/* The client's object behind fd, with a reference, or NULL: no client, another kind, no object. */
struct object *interposed_object(int fd, enum object_kind kind);

/* Rings of instances other than `keep` are not waited for any more. */
void epoll_forget(const struct skep *keep);

/* Turn a negative errno into -1 and errno. */
long set_errno(long ret);

#pragma GCC visibility pop

#endif
