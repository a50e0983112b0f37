/* What fentry and fexit programs ask about the function that they were called for (exec/tracers.h). */
#include "exec/tracers.h"

#include <errno.h>

#include "helper/helper.h"

HELPER_FN(get_func_arg)
{
	const struct traced_call *c = run->traced;

	if (!c || r2 >= MIN(c->nr_args, (u32)TRACER_ARGS_MAX))
		return helper_result(-EINVAL);
	*(u64 *)helper_ptr(r3) = c->args[r2];
	return 0;
}

const struct skep_helper helper_get_func_arg = {
	HELPER_ID(get_func_arg),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_LONG },
};

HELPER_FN(get_func_ret)
{
	const struct traced_call *c = run->traced;

	if (!c || c->kind == TRACER_ENTRY || c->nr_args >= TRACER_ARGS_MAX)
		return helper_result(-EOPNOTSUPP);
	*(u64 *)helper_ptr(r2) = c->args[c->nr_args];
	return 0;
}

const struct skep_helper helper_get_func_ret = {
	HELPER_ID(get_func_ret),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_LONG },
};

HELPER_FN(get_func_arg_cnt)
{
	return run->traced ? run->traced->nr_args : 0;
}

const struct skep_helper helper_get_func_arg_cnt = {
	HELPER_ID(get_func_arg_cnt),
	.arg = { SKEP_ARG_CTX },
};
