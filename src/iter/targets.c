/* Which targets there are. */
#include "iter/targets.h"

#include <string.h>

#include "base/types.h"

const struct iter_target *iter_target_find(const char *name)
{
	static const struct iter_target *const all[] = {
#define ITER_TARGET(word) &iter_##word,
#include "iter/targets.def"
	};

	for (u32 i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}
