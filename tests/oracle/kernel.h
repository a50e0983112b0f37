/* The kernel of this machine as an oracle: raw bpf(2). Tests load the same bytes into it and into
 * skep and compare. Only loads, test runs and maps: nothing is attached, nothing outlives its fd.
 */
#ifndef SKEP_ORACLE_KERNEL_H
#define SKEP_ORACLE_KERNEL_H

#include <linux/bpf.h>

#include "base/types.h"

/* Why bpf(2) cannot be asked here (a reason to skip), or NULL if it answers. */
const char *kernel_missing(void);

/* bpf(2) itself: >= 0 or a negative errno. */
long kernel_bpf(int cmd, void *attr, u32 size);

/* Load n instructions; returns the fd (the caller closes it) or a negative errno. log may be NULL.
 */
int kernel_load(u32 type, const struct bpf_insn *insns, u32 n, u32 log_level, char *log,
		u32 log_size);

#endif
