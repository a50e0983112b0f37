/* The table of helpers; which there are is in helpers.def. */
#include "helper/helper.h"

#include "abi/abi.h"

#include <string.h>

static const struct skep_helper *const by_id[SKEP_MAX_HELPERS] = {
#define HELPER(name) [BPF_FUNC_##name] = &helper_##name,
#include "helper/helpers.def"
};

void helpers_init(struct runtime *rt)
{
	memcpy(rt->helpers, by_id, sizeof(by_id));
}

const struct skep_helper *helper_find(u32 id)
{
	return id < SKEP_MAX_HELPERS ? by_id[id] : NULL;
}
