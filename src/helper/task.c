/* Who and where: the current task, the CPU slot, its NUMA node; and random numbers. All of it is the
 * run's, so that a run can be repeated (DESIGN D12). */
#include "helper/helper.h"

#include <string.h>

HELPER_FN(get_prandom_u32)
{
	return (u32)run_random(run);
}

const struct skep_helper helper_get_prandom_u32 = {
	HELPER_ID(get_prandom_u32),
};

HELPER_FN(get_smp_processor_id)
{
	return run->cpu;
}

const struct skep_helper helper_get_smp_processor_id = {
	HELPER_ID(get_smp_processor_id),
};

HELPER_FN(get_numa_node_id)
{
	return run->numa_node;
}

const struct skep_helper helper_get_numa_node_id = {
	HELPER_ID(get_numa_node_id),
};

HELPER_FN(get_current_pid_tgid)
{
	return (u64)run->task.tgid << 32 | run->task.pid;
}

const struct skep_helper helper_get_current_pid_tgid = {
	HELPER_ID(get_current_pid_tgid),
};

HELPER_FN(get_current_uid_gid)
{
	return (u64)run->task.gid << 32 | run->task.uid;
}

const struct skep_helper helper_get_current_uid_gid = {
	HELPER_ID(get_current_uid_gid),
};

/* Always NUL-terminated; what the name leaves free is zeroed. */
HELPER_FN(get_current_comm)
{
	char *buf = helper_ptr(r1);
	u32 size = (u32)r2;
	size_t len = strnlen(run->task.comm, MIN(sizeof(run->task.comm), (size_t)size - 1));

	memcpy(buf, run->task.comm, len);
	memset(buf + len, 0, size - len);
	return 0;
}

const struct skep_helper helper_get_current_comm = {
	HELPER_ID(get_current_comm),
	.arg = { SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
};
