/* Where a bpffs is stricter than the tmpfs that stands for it: names with dots cannot be, files are made by pinning
 * only, and a pin cannot be read or written. For each call: what it returns, or PASS: the kernel does it. */
#ifndef SKEP_SUPERVISE_BPFFS_CALLS_H
#define SKEP_SUPERVISE_BPFFS_CALLS_H

#include "supervise/caller.h"

long bpffs_open(struct caller *c, int dirfd, const char *path, int flags);
/* A directory, a link, a new name. */
long bpffs_make(struct caller *c, int dirfd, u64 path);
long bpffs_mknod(struct caller *c, int dirfd, u64 path, u32 mode);
/* mount(2) of type bpf: a bpffs more. */
long bpffs_mount(struct caller *c, u64 target, u64 type, u64 flags, u64 data);

#endif
