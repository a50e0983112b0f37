/* Helpers of syscall programs, the loaders of light skeletons among them: bpf(2) on behalf of who has them run, and looking up
 * types and symbols. */
#include "helper/helper.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "btf/btf.h"

/* Runs that nobody called (a timer's) have no descriptors to work on. */
HELPER_FN(sys_bpf)
{
	struct run_caller *c = run->caller;

	return helper_result(c ? c->bpf(c, run, (u32)r1, helper_ptr(r2), (u32)r3) : -EPERM);
}

const struct skep_helper helper_sys_bpf = {
	HELPER_ID(sys_bpf),
	.flags = SKEP_HELPER_MIGHT_SLEEP,
	.arg = { SKEP_ARG_ANYTHING, SKEP_ARG_MEM_RW, SKEP_ARG_SIZE },
};

HELPER_FN(sys_close)
{
	struct run_caller *c = run->caller;

	return helper_result(c ? c->close(c, run, (int)r1) : -EBADF);
}

const struct skep_helper helper_sys_close = {
	HELPER_ID(sys_close),
	.flags = SKEP_HELPER_MIGHT_SLEEP,
	.arg = { SKEP_ARG_ANYTHING },
};

/* Names come with their length, the NUL included. */
static bool name_valid(const char *name, u32 size)
{
	return size > 1 && size <= INT32_MAX && !name[size - 1];
}

HELPER_FN(btf_find_by_name_kind)
{
	const char *name = helper_ptr(r1);
	const struct btf *b;
	int err;

	if (r4 || !name_valid(name, (u32)r2))
		return helper_result(-EINVAL);
	err = run->rt->kernel_btf(run->rt, &b);
	return helper_result(err ? err : btf_find(b, name, (u32)r3));
}

const struct skep_helper helper_btf_find_by_name_kind = {
	HELPER_ID(btf_find_by_name_kind),
	.arg = { SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

/* As the host's /proc/kallsyms says, which shows zeros to those who may not know. */
static s64 find_symbol(const char *name, u64 *addr)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], found[256];
	s64 ret = -ENOENT;

	if (!f)
		return -EPERM;
	while (ret == -ENOENT && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 " %*c %255s", addr, found) == 2 && !strcmp(found, name))
			ret = *addr ? 0 : -EPERM;
	fclose(f);
	if (ret)
		*addr = 0;
	return ret;
}

HELPER_FN(kallsyms_lookup_name)
{
	const char *name = helper_ptr(r1);
	u64 *addr = helper_ptr(r4);

	*addr = 0;
	if (r3 || !name_valid(name, (u32)r2))
		return helper_result(-EINVAL);
	return helper_result(find_symbol(name, addr));
}

const struct skep_helper helper_kallsyms_lookup_name = {
	HELPER_ID(kallsyms_lookup_name),
	.arg = { SKEP_ARG_MEM, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_ANYTHING, SKEP_ARG_LONG },
};
