/* The table of helpers; which there are is in helpers.def. */
#include "helper/helper.h"

static const struct skep_helper *const all[] = {
#define HELPER(name) &helper_##name,
#include "helper/helpers.def"
};

void helpers_init(struct runtime *rt)
{
	for (u32 i = 0; i < ARRAY_SIZE(all); i++)
		rt->helpers[all[i]->id] = all[i];
}

const struct skep_helper *helper_find(u32 id)
{
	for (u32 i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i]->id == id)
			return all[i];
	return NULL;
}
