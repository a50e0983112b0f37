/* Info structs: in from the client, out to the client. */
#ifndef SKEP_SYSCALL_INFO_H
#define SKEP_SYSCALL_INFO_H

#include "syscall/sys.h"

struct info_call {
	struct call *c;
	u32 len; /* bytes that both sides know */
};

/* The client's struct, zero-extended to size. -E2BIG if it is longer and not zero there, -EFAULT. */
int info_read(struct info_call *i, void *info, u32 size) MUST_CHECK;
/* Write it back, and its length to the attr. */
int info_write(struct info_call *i, const void *info);

int info_put_native(struct call *c, const struct skep_prog *p, struct abi_prog_info *info);
int prog_info(struct call *c, struct skep_prog *p);

#endif
