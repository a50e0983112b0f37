/* bpf_*_storage_get, bpf_*_storage_delete: what programs store with a socket, task, inode or control group
 * (map/local_storage.h).
 *
 * Sockets are those of runs, known by their address. A pointer to a kernel object is whatever the program found: its
 * number is read with a probe, and means nothing unless it is a task's. Inodes and control groups of the system have no
 * objects here that programs could find: nothing is stored with them. */
#include "map/local_storage.h"

#include <string.h>

#include "abi/abi.h"
#include "base/err.h"
#include "btf/btf.h"
#include "helper/helper.h"
#include "helper/memory.h"

/* --- sockets --- */

HELPER_FN(sk_storage_get)
{
	if (!r2)
		return 0;
	return (uintptr_t)storage_get(helper_ptr(r1), owner_of_run_sock(helper_ptr(r2)),
				      helper_ptr(r3), r4, run);
}

const struct skep_helper helper_sk_storage_get = {
	HELPER_ID(sk_storage_get),
	.ret = SKEP_RET_MAP_VALUE_OR_NULL,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_SOCK_OR_BTF, SKEP_ARG_MAP_VALUE | SKEP_ARG_OR_NULL,
		 SKEP_ARG_ANYTHING },
	.arg_struct = "sock_common", /* in tracing programs */
	.map_types = MAP_TYPE_BIT(SK_STORAGE),
};

HELPER_FN(sk_storage_delete)
{
	if (!r2)
		return helper_result(-EINVAL);
	return helper_result(
		storage_delete(helper_ptr(r1), owner_of_run_sock(helper_ptr(r2)), run));
}

const struct skep_helper helper_sk_storage_delete = {
	HELPER_ID(sk_storage_delete),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_SOCK_OR_BTF },
	.arg_struct = "sock_common",
	.map_types = MAP_TYPE_BIT(SK_STORAGE),
};

/* --- tasks --- */

/* The thread id in a struct task_struct, 0: nothing is there. */
static u32 thread_id(struct skep_run *run, u64 task)
{
	const struct btf *b;
	const struct btf_type *t;
	u32 tid;
	int id;

	if (!task || !run->rt->kernel_btf || run->rt->kernel_btf(run->rt, &b))
		return 0;
	id = btf_find(b, "task_struct", BTF_KIND_STRUCT);
	t = id < 0 ? NULL : btf_type(b, (u32)id);
	for (u32 n = 0; t && n < BTF_INFO_VLEN(t->info); n++)
		if (!strcmp(btf_string(b, btf_members_of(t)[n].name_off), "pid"))
			return memory_read(run, &tid, task + btf_member_bit_off(t, n) / 8,
					   sizeof(tid))
				       ? 0
				       : tid;
	return 0;
}

static int task_owner(struct skep_run *run, u64 task, u64 *id)
{
	u32 tid = thread_id(run, task);

	return tid ? owner_of_task(run->rt, tid, id) : -EINVAL;
}

HELPER_FN(task_storage_get)
{
	u64 id;

	if (task_owner(run, r2, &id))
		return 0;
	return (uintptr_t)storage_get(helper_ptr(r1), id, helper_ptr(r3), r4, run);
}

const struct skep_helper helper_task_storage_get = {
	HELPER_ID(task_storage_get),
	.ret = SKEP_RET_MAP_VALUE_OR_NULL,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_BTF | SKEP_ARG_OR_NULL,
		 SKEP_ARG_MAP_VALUE | SKEP_ARG_OR_NULL, SKEP_ARG_ANYTHING },
	.arg_struct = "task_struct",
	.map_types = MAP_TYPE_BIT(TASK_STORAGE),
};

HELPER_FN(task_storage_delete)
{
	u64 id;
	int err = task_owner(run, r2, &id);

	return helper_result(err ?: storage_delete(helper_ptr(r1), id, run));
}

const struct skep_helper helper_task_storage_delete = {
	HELPER_ID(task_storage_delete),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_BTF | SKEP_ARG_OR_NULL },
	.arg_struct = "task_struct",
	.map_types = MAP_TYPE_BIT(TASK_STORAGE),
};

/* --- inodes and control groups --- */

HELPER_FN(inode_storage_get)
{
	return 0;
}

const struct skep_helper helper_inode_storage_get = {
	HELPER_ID(inode_storage_get),
	.ret = SKEP_RET_MAP_VALUE_OR_NULL,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_BTF | SKEP_ARG_OR_NULL,
		 SKEP_ARG_MAP_VALUE | SKEP_ARG_OR_NULL, SKEP_ARG_ANYTHING },
	.arg_struct = "inode",
	.map_types = MAP_TYPE_BIT(INODE_STORAGE),
};

HELPER_FN(inode_storage_delete)
{
	return helper_result(r2 ? -ENOENT : -EINVAL);
}

const struct skep_helper helper_inode_storage_delete = {
	HELPER_ID(inode_storage_delete),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_BTF | SKEP_ARG_OR_NULL },
	.arg_struct = "inode",
	.map_types = MAP_TYPE_BIT(INODE_STORAGE),
};

HELPER_FN(cgrp_storage_get)
{
	return 0;
}

const struct skep_helper helper_cgrp_storage_get = {
	HELPER_ID(cgrp_storage_get),
	.ret = SKEP_RET_MAP_VALUE_OR_NULL,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_BTF | SKEP_ARG_OR_NULL,
		 SKEP_ARG_MAP_VALUE | SKEP_ARG_OR_NULL, SKEP_ARG_ANYTHING },
	.arg_struct = "cgroup",
	.map_types = MAP_TYPE_BIT(CGRP_STORAGE),
};

HELPER_FN(cgrp_storage_delete)
{
	return helper_result(r2 ? -ENOENT : -EINVAL);
}

const struct skep_helper helper_cgrp_storage_delete = {
	HELPER_ID(cgrp_storage_delete),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_BTF | SKEP_ARG_OR_NULL },
	.arg_struct = "cgroup",
	.map_types = MAP_TYPE_BIT(CGRP_STORAGE),
};
