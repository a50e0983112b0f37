/* Who and where: the current task, the CPU slot, its NUMA node; and random numbers. All of it is the
 * run's, so that a run can be repeated (DESIGN D12). */
#include "helper/helper.h"
#include "helper/task_image.h"
#include "exec/tracers.h"

#include <string.h>
#include <sys/stat.h>

#include "base/err.h"

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

#define MAX_SIGNAL 64

/* Programs here signal nobody: a test must not end whoever runs it. */
static s64 send_signal(u32 sig)
{
	return sig == 0 || sig > MAX_SIGNAL ? -EINVAL : -EPERM;
}

HELPER_FN(send_signal)
{
	return helper_result(send_signal((u32)r1));
}

const struct skep_helper helper_send_signal = {
	HELPER_ID(send_signal),
	.arg = { SKEP_ARG_ANYTHING },
};

HELPER_FN(send_signal_thread)
{
	return helper_result(send_signal((u32)r1));
}

const struct skep_helper helper_send_signal_thread = {
	HELPER_ID(send_signal_thread),
	.arg = { SKEP_ARG_ANYTHING },
};

/* The current task's numbers as its PID namespace has them, if that is the one meant. */
static s64 ns_pid_tgid(const struct task_info *t, u64 dev, u64 ino, struct bpf_pidns_info *out,
		       u32 size)
{
	struct stat st;

	memset(out, 0, size);
	if (size != sizeof(*out) || stat("/proc/self/ns/pid", &st) || dev != (u32)st.st_dev ||
	    ino != st.st_ino)
		return -EINVAL;
	out->pid = t->pid;
	out->tgid = t->tgid;
	return 0;
}

HELPER_FN(get_ns_current_pid_tgid)
{
	return helper_result(ns_pid_tgid(&run->task, r1, r2, helper_ptr(r3), (u32)r4));
}

const struct skep_helper helper_get_ns_current_pid_tgid = {
	HELPER_ID(get_ns_current_pid_tgid),
	.arg = { SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
};

HELPER_FN(get_func_ip)
{
	return 0; /* no function is probed */
}

const struct skep_helper helper_get_func_ip = {
	HELPER_ID(get_func_ip),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(get_attach_cookie)
{
	return run->traced ? run->traced->cookie
			   : 0; /* 0: as of programs that were attached without one */
}

const struct skep_helper helper_get_attach_cookie = {
	HELPER_ID(get_attach_cookie),
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(get_current_task)
{
	return (uintptr_t)task_image_current(run);
}

const struct skep_helper helper_get_current_task = {
	HELPER_ID(get_current_task),
	.flags = SKEP_HELPER_GPL,
};

HELPER_FN(get_current_task_btf)
{
	return (uintptr_t)task_image_current(run);
}

const struct skep_helper helper_get_current_task_btf = {
	HELPER_ID(get_current_task_btf),
	.flags = SKEP_HELPER_GPL,
	.ret = SKEP_RET_BTF_TRUSTED,
	.ret_struct = "task_struct",
};

HELPER_FN(task_pt_regs)
{
	return 0; /* registers that are the system's kernel's to know */
}

const struct skep_helper helper_task_pt_regs = {
	HELPER_ID(task_pt_regs), .flags = SKEP_HELPER_GPL, .ret = SKEP_RET_BTF,
	.ret_struct = "pt_regs", .arg = { SKEP_ARG_BTF },  .arg_struct = "task_struct",
};
