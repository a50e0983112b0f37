/* Syscall programs call bpf(2): a client whose pointers are the program's, and whose descriptors are those of the client that
 * has the program run. */
#ifndef SKEP_SYSCALL_LOADER_H
#define SKEP_SYSCALL_LOADER_H

#include "exec/run.h"
#include "syscall/client.h"

struct loader {
	struct run_caller caller; /* first: what the helpers call */
	struct skep_client *user;
	const void *ctx; /* as the client gave it */
	u32 ctx_size;
	int closed
		[32]; /* descriptors that a supervised client has left from sys_close(), to be used again */
	u32 nr_closed;
};

/* ctx, which must outlive l, is what the client passes to the program: addresses of its memory in there are those that the
 * program may read, and have logs written to. */
void loader_init(struct loader *l, struct skep_client *user, const void *ctx, u32 ctx_size);

#endif
