/* Helpers on control groups. A run belongs to the root of the hierarchy, which has id 1. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "skep/packet.h"

#define ROOT_CGROUP 1

HELPER_FN(get_cgroup_classid)
{
	return 0;
}

const struct skep_helper helper_get_cgroup_classid = {
	HELPER_ID(get_cgroup_classid),
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(skb_cgroup_classid)
{
	return 0;
}

const struct skep_helper helper_skb_cgroup_classid = {
	HELPER_ID(skb_cgroup_classid),
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(skb_cgroup_id)
{
	return ROOT_CGROUP;
}

const struct skep_helper helper_skb_cgroup_id = {
	HELPER_ID(skb_cgroup_id),
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(skb_ancestor_cgroup_id)
{
	return (u32)r2 ? 0 : ROOT_CGROUP;
}

const struct skep_helper helper_skb_ancestor_cgroup_id = {
	HELPER_ID(skb_ancestor_cgroup_id),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

HELPER_FN(get_current_cgroup_id)
{
	return ROOT_CGROUP;
}

const struct skep_helper helper_get_current_cgroup_id = {
	HELPER_ID(get_current_cgroup_id),
};

HELPER_FN(get_current_ancestor_cgroup_id)
{
	return (u32)r1 ? 0 : ROOT_CGROUP;
}

const struct skep_helper helper_get_current_ancestor_cgroup_id = {
	HELPER_ID(get_current_ancestor_cgroup_id),
	.arg = { SKEP_ARG_ANYTHING },
};

/* No slot of a map of ours can hold a control group yet: -EAGAIN says that it is empty. */
static s64 under_cgroup(const struct skep_map *m, u32 index)
{
	return index < m->max_entries ? -EAGAIN : -E2BIG;
}

HELPER_FN(skb_under_cgroup)
{
	return helper_result(under_cgroup(helper_ptr(r2), (u32)r3));
}

const struct skep_helper helper_skb_under_cgroup = {
	HELPER_ID(skb_under_cgroup),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(CGROUP_ARRAY),
};

HELPER_FN(current_task_under_cgroup)
{
	return helper_result(under_cgroup(helper_ptr(r1), (u32)r2));
}

const struct skep_helper helper_current_task_under_cgroup = {
	HELPER_ID(current_task_under_cgroup),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(CGROUP_ARRAY),
};

HELPER_FN(get_local_storage)
{
	struct skep_map *m = helper_ptr(r1);

	return (u64)(uintptr_t)m->type->lookup(m, NULL, run);
}

const struct skep_helper helper_get_local_storage = {
	HELPER_ID(get_local_storage),
	.ret = SKEP_RET_MAP_VALUE,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(CGROUP_STORAGE) | MAP_TYPE_BIT(PERCPU_CGROUP_STORAGE),
};

HELPER_FN(get_retval)
{
	return 0;
}

const struct skep_helper helper_get_retval = {
	HELPER_ID(get_retval),
};

HELPER_FN(set_retval)
{
	return 0;
}

const struct skep_helper helper_set_retval = {
	HELPER_ID(set_retval),
	.arg = { SKEP_ARG_ANYTHING },
};

HELPER_FN(sysctl_get_name)
{
	memset(helper_ptr(r2), 0, (u32)r3);
	return helper_result(-EINVAL);
}

const struct skep_helper helper_sysctl_get_name = {
	HELPER_ID(sysctl_get_name),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING },
};

HELPER_FN(sysctl_get_current_value)
{
	memset(helper_ptr(r2), 0, (u32)r3);
	return helper_result(-EINVAL);
}

const struct skep_helper helper_sysctl_get_current_value = {
	HELPER_ID(sysctl_get_current_value),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
};

HELPER_FN(sysctl_get_new_value)
{
	memset(helper_ptr(r2), 0, (u32)r3);
	return helper_result(-EINVAL);
}

const struct skep_helper helper_sysctl_get_new_value = {
	HELPER_ID(sysctl_get_new_value),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
};

HELPER_FN(sysctl_set_new_value)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_sysctl_set_new_value = {
	HELPER_ID(sysctl_set_new_value),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};
