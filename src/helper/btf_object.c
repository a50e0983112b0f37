/* Helpers on objects of the kernel's of which user space has no more than an image at best: another task's memory,
 * paths, files, packets that a tracepoint shows. None is found, so the answer is an error of Linux's. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "map/map.h"

HELPER_FN(copy_from_user_task)
{
	memset(helper_ptr(r1), 0, (u32)r2);
	return helper_result(r5 ? -EINVAL : (u32)r2 ? -EFAULT : 0);
}

const struct skep_helper helper_copy_from_user_task = {
	HELPER_ID(copy_from_user_task),
	.flags = SKEP_HELPER_GPL | SKEP_HELPER_MIGHT_SLEEP,
	.arg = { SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_ANYTHING, SKEP_ARG_BTF,
		 SKEP_ARG_ANYTHING },
	.arg_struct = "task_struct",
};

HELPER_FN(find_vma)
{
	return helper_result(r5 ? -EINVAL : -ENOENT);
}

const struct skep_helper helper_find_vma = {
	HELPER_ID(find_vma),
	.callback = SKEP_CB_FIND_VMA,
	.arg = { SKEP_ARG_BTF, SKEP_ARG_ANYTHING, SKEP_ARG_FUNC, SKEP_ARG_STACK_OR_NULL,
		 SKEP_ARG_ANYTHING },
	.arg_struct = "task_struct",
};

HELPER_FN(d_path)
{
	memset(helper_ptr(r2), 0, (u32)r3);
	return helper_result((u32)r3 ? -EFAULT : 0);
}

const struct skep_helper helper_d_path = {
	HELPER_ID(d_path),
	.arg = { SKEP_ARG_BTF, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE_OR_ZERO },
	.arg_struct = "path",
};

HELPER_FN(sock_from_file)
{
	return 0; /* the file is no socket */
}

const struct skep_helper helper_sock_from_file = {
	HELPER_ID(sock_from_file), .ret = SKEP_RET_BTF_OR_NULL, .ret_struct = "socket",
	.arg = { SKEP_ARG_BTF },   .arg_struct = "file",
};

/* As bpf_perf_event_output, but of the packet itself nothing can be appended. */
static u64 output(u64 map, u64 flags, u64 data, u64 size, struct skep_run *run)
{
	if (flags & ~(BPF_F_INDEX_MASK | BPF_F_CTXLEN_MASK))
		return helper_result(-EINVAL);
	if (flags & BPF_F_CTXLEN_MASK)
		return helper_result(-EFAULT);
	return helper_result(perf_event_array_output(helper_ptr(map), flags & BPF_F_INDEX_MASK,
						     helper_ptr(data), (u32)size, NULL, 0, run));
}

HELPER_FN(skb_output)
{
	return output(r2, r3, r4, r5, run);
}

const struct skep_helper helper_skb_output = {
	HELPER_ID(skb_output),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_BTF, SKEP_ARG_MAP, SKEP_ARG_ANYTHING, SKEP_ARG_MEM,
		 SKEP_ARG_SIZE_OR_ZERO },
	.map_types = MAP_TYPE_BIT(PERF_EVENT_ARRAY),
	.arg_struct = "sk_buff",
};

HELPER_FN(xdp_output)
{
	return output(r2, r3, r4, r5, run);
}

const struct skep_helper helper_xdp_output = {
	HELPER_ID(xdp_output),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_BTF, SKEP_ARG_MAP, SKEP_ARG_ANYTHING, SKEP_ARG_MEM,
		 SKEP_ARG_SIZE_OR_ZERO },
	.map_types = MAP_TYPE_BIT(PERF_EVENT_ARRAY),
	.arg_struct = "xdp_buff",
};

HELPER_FN(bprm_opts_set)
{
	return helper_result(r2 & ~1ull ? -EINVAL : 0); /* BPF_F_BPRM_SECUREEXEC */
}

const struct skep_helper helper_bprm_opts_set = {
	HELPER_ID(bprm_opts_set),
	.arg = { SKEP_ARG_BTF, SKEP_ARG_ANYTHING },
	.arg_struct = "linux_binprm",
};

HELPER_FN(tcp_send_ack)
{
	return helper_result(-EOPNOTSUPP); /* no connection of the kernel's is here */
}

const struct skep_helper helper_tcp_send_ack = {
	HELPER_ID(tcp_send_ack),
	.arg = { SKEP_ARG_BTF, SKEP_ARG_ANYTHING },
	.arg_struct = "tcp_sock",
};

HELPER_FN(ima_inode_hash)
{
	memset(helper_ptr(r2), 0, (u32)r3);
	return helper_result(-EOPNOTSUPP);
}

const struct skep_helper helper_ima_inode_hash = {
	HELPER_ID(ima_inode_hash),
	.flags = SKEP_HELPER_MIGHT_SLEEP,
	.arg = { SKEP_ARG_BTF, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
	.arg_struct = "inode",
};

HELPER_FN(ima_file_hash)
{
	memset(helper_ptr(r2), 0, (u32)r3);
	return helper_result(-EOPNOTSUPP);
}

const struct skep_helper helper_ima_file_hash = {
	HELPER_ID(ima_file_hash),
	.flags = SKEP_HELPER_MIGHT_SLEEP,
	.arg = { SKEP_ARG_BTF, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
	.arg_struct = "file",
};
