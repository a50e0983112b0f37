/* bpf_loop, bpf_for_each_map_elem: helpers that call back into the program. */
#include "helper/helper.h"

#include "base/err.h"
#include "map/map.h"

#define MAX_LOOPS (8 * 1024 * 1024) /* Linux's BPF_MAX_LOOPS: bounds the time of one call */

/* With flags the constant 0, as in all sensible programs, Linux's verifier puts the loop into the
 * program, and there all 64 bits count and the error is the 32-bit number: 0xfffffff9, which is positive. */
HELPER_FN(loop)
{
	if (r4)
		return helper_result(-EINVAL);
	if (r1 > MAX_LOOPS)
		return (u32)-E2BIG;
	for (u32 i = 0; i < r1; i++)
		if (run->callback(run, r2, i, r3, 0, 0, 0))
			return i + 1;
	return r1;
}

const struct skep_helper helper_loop = {
	HELPER_ID(loop),
	.callback = SKEP_CB_LOOP,
	.arg = { SKEP_ARG_ANYTHING, SKEP_ARG_FUNC, SKEP_ARG_STACK_OR_NULL, SKEP_ARG_ANYTHING },
};

HELPER_FN(for_each_map_elem)
{
	struct skep_map *m = helper_ptr(r1);

	if (unlikely(!m->type->for_each))
		return helper_result(-EOPNOTSUPP);
	return helper_result(m->type->for_each(m, r2, r3, r4, run));
}

const struct skep_helper helper_for_each_map_elem = {
	HELPER_ID(for_each_map_elem),
	.callback = SKEP_CB_FOR_EACH_MAP,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_FUNC, SKEP_ARG_STACK_OR_NULL, SKEP_ARG_ANYTHING },
};
