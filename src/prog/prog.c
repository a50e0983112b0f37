#include "prog/prog.h"

#include "prog/prog_types.h"

static const struct skep_prog_type *const prog_types[] = {
#define PROG_TYPE(name) &prog_type_##name,
#include "prog/prog_types.def"
};

const struct skep_prog_type *prog_type_find(u32 type)
{
	for (u32 i = 0; i < ARRAY_SIZE(prog_types); i++)
		if (prog_types[i]->type == type)
			return prog_types[i];
	return NULL;
}

int ret_range_bool(const struct skep_prog_desc *d, int64_t *min, int64_t *max)
{
	(void)d;
	*min = 0;
	*max = 1;
	return 1;
}

bool prog_type_may_call(const struct skep_prog_type *t, const struct skep_prog_desc *d, u32 id)
{
	for (const u32 *const *set = t->helpers; set && *set; set++)
		for (const u32 *h = *set; *h; h++)
			if (*h == id)
				return !t->may_call || t->may_call(d, id);
	return false;
}
