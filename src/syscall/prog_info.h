/* func_info, line_info and core_relos of PROG_LOAD: which function and which source line an instruction is, and which
 * depend on the kernel's types. */
#ifndef SKEP_SYSCALL_PROG_INFO_H
#define SKEP_SYSCALL_PROG_INFO_H

#include "syscall/sys.h"
#include "verifier/log.h"

/* Take the program's BTF, func_info and line_info from the client and check that they fit its
 * instructions (p->insns, p->len as loaded); relocate those. The log says what does not, in Linux's words. -EINVAL,
 * -E2BIG (records longer than known, tail not zero), -EFAULT, -EBADF, -EACCES, -ENOMEM. */
int prog_read_info(struct call *c, struct skep_prog *p, struct vlog *log) MUST_CHECK;

/* An array of records in the client's memory, each perhaps longer than what we know of it. */
struct records {
	u64 addr;
	u32 n, size, known;
	u32 size_off; /* of the attr field that receives the size we know */
	const char *what;
};
int read_record(struct call *c, const struct records *r, u32 i, void *dst,
		struct vlog *log) MUST_CHECK;
/* -EINVAL: a size that no record has, or more than Linux counts. */
int records_valid(const struct records *r) MUST_CHECK;

/* The last step of prog_read_info(): apply core_relos to p->insns. Errors as btf/core.h. */
int prog_relocate(struct call *c, struct skep_prog *p, struct vlog *log) MUST_CHECK;

#endif
