/* Who answers bpf(2): the kernel or an instance of skep. */
#ifndef SKEP_CASE_TARGET_H
#define SKEP_CASE_TARGET_H

#include "base/types.h"

struct skep;
struct skep_client;

struct target {
	const char *name;
	struct skep *skep; /* NULL: the kernel */
	struct skep_client *client;
	char violation[400]; /* of a claim, if programs are checked (SKEP_TEST_ENGINE=check) */
};

/* The kernel: always succeeds (whether it answers is kernel_missing()'s question). */
void target_kernel(struct target *t);
/* A new instance; target_done() frees it. */
int target_skep(struct target *t, bool unprivileged) MUST_CHECK;
void target_done(struct target *t);
/* >= 0 or a negative errno */
long target_bpf(struct target *t, int cmd, void *attr, u32 size);

#endif
