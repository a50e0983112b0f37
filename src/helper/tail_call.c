/* bpf_tail_call: continue in another program. It replaces what runs, which only the engine can do;
 * here is its declaration. */
#include "helper/helper.h"

#include "base/err.h"

/* Reached only if an engine forgot the instruction: the tail call fails, as with an empty slot. */
HELPER_FN(tail_call)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_tail_call = {
	HELPER_ID(tail_call),
	.ret = SKEP_RET_VOID,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(PROG_ARRAY),
};
