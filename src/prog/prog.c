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

bool prog_type_may_call(const struct skep_prog_type *t, u32 id)
{
	for (const u32 *const *set = t->helpers; set && *set; set++)
		for (const u32 *h = *set; *h; h++)
			if (*h == id)
				return true;
	return false;
}
