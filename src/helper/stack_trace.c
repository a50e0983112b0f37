/* Call stacks. A run has none but its own program's, which Linux does not show either (the stack that
 * programs see is the kernel's at the probe): -EFAULT, as Linux says when there is no stack to walk. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "skep/packet.h"

#define STACKID_FLAGS                                                                              \
	(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID)
#define STACK_FLAGS (BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID)

HELPER_FN(get_stackid)
{
	return helper_result(r3 & ~(u64)STACKID_FLAGS ? -EINVAL : -EFAULT);
}

const struct skep_helper helper_get_stackid = {
	HELPER_ID(get_stackid),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(STACK_TRACE),
};

HELPER_FN(get_stack)
{
	memset(helper_ptr(r2), 0, (u32)r3);
	return helper_result(r4 & ~(u64)STACK_FLAGS ? -EINVAL : -EFAULT);
}

const struct skep_helper helper_get_stack = {
	HELPER_ID(get_stack),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_ANYTHING },
};

/* ctx is a task here; no task's stack can be walked from user space. */
HELPER_FN(get_task_stack)
{
	memset(helper_ptr(r2), 0, (u32)r3);
	return helper_result(r4 & ~(u64)STACK_FLAGS ? -EINVAL : -EOPNOTSUPP);
}

const struct skep_helper helper_get_task_stack = {
	HELPER_ID(get_task_stack),
	.arg = { SKEP_ARG_BTF, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_ANYTHING },
	.arg_struct = "task_struct",
};
