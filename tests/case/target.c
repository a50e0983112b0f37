/* See target.h. */
#include "case/target.h"

#include <stdio.h>

#include "oracle/engine.h"
#include "oracle/kernel.h"
#include "skep/skep.h"

void target_kernel(struct target *t)
{
	*t = (struct target){ .name = "kernel" };
}

static void note_violation(void *arg, const char *text)
{
	struct target *t = arg;

	snprintf(t->violation, sizeof(t->violation), "%s", text);
}

int target_skep(struct target *t, bool unprivileged)
{
	struct skep_options opt = { .engine = test_engine(),
				    .unprivileged_bpf = unprivileged ? 2 : 0,
				    .check = test_checks(),
				    .violation = note_violation,
				    .violation_arg = t };
	int err;

	*t = (struct target){ .name = "skep" };
	err = skep_new(&opt, &t->skep);
	if (err)
		return err;
	err = skep_client_new(t->skep, &t->client);
	if (err)
		target_done(t);
	return err;
}

void target_done(struct target *t)
{
	if (t->client)
		skep_client_free(t->client);
	skep_free(t->skep);
	*t = (struct target){ 0 };
}

long target_bpf(struct target *t, int cmd, void *attr, u32 size)
{
	if (t->client)
		return skep_bpf(t->client, cmd, (u64)(uintptr_t)attr, size);
	return kernel_bpf(cmd, attr, size);
}
