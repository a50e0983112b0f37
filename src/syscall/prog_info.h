/* func_info and line_info of PROG_LOAD: which function and which source line an instruction is. */
#ifndef SKEP_SYSCALL_PROG_INFO_H
#define SKEP_SYSCALL_PROG_INFO_H

#include "syscall/sys.h"
#include "verifier/log.h"

/* Take the program's BTF, func_info and line_info from the client and check that they fit its
 * instructions (p->insns, p->len as loaded). The log says what does not, in Linux's words. -EINVAL,
 * -E2BIG (records longer than known, tail not zero), -EFAULT, -EBADF, -EACCES, -ENOMEM. */
int prog_read_info(struct call *c, struct skep_prog *p, struct vlog *log) MUST_CHECK;

#endif
