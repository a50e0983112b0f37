/* Capabilities that commands ask their client for. */
#ifndef SKEP_SYSCALL_PRIVILEGE_H
#define SKEP_SYSCALL_PRIVILEGE_H

#include "syscall/sys.h"

/* cap, or CAP_SYS_ADMIN. */
bool privilege_has(struct skep_client *c, int cap);
/* Is the client exempt from the rules for unprivileged programs? */
bool privilege_bpf(struct call *c);
/* 0 or -EPERM, with a sentence. */
int need_bpf(struct call *c, const char *what) MUST_CHECK;
int need_net_admin(struct call *c, const char *what) MUST_CHECK;
int need_sys_admin(struct call *c, const char *what) MUST_CHECK;
/* May the client load a program of that type, apart from the rules for unprivileged ones? */
int privilege_prog(struct call *c, u32 type) MUST_CHECK;
/* May the client create a map of that type? */
int privilege_map(struct call *c, u32 type) MUST_CHECK;

#endif
