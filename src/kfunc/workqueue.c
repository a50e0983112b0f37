/* bpf_wq_*: calls of the program's own functions outside of what runs now. map/async.h says how. */
#include <errno.h>
#include <time.h>

#include "btf/record.h"
#include "helper/helper.h"
#include "kfunc/fns.h"
#include "map/async.h"

/* An int: the upper half of the register is zero. */
static u64 int_result(int ret)
{
	return (u32)ret;
}

KFUNC_FN(kfunc_wq_init)
{
	struct skep_map *m = helper_ptr(r2);

	if ((u32)r3)
		return int_result(-EINVAL);
	return int_result(
		async_init(m, helper_ptr(r1), (u32)m->record->wq_off, ASYNC_WORK, CLOCK_MONOTONIC));
}

/* r4: the program, which the verifier puts there. */
KFUNC_FN(kfunc_wq_set_callback)
{
	if ((u32)r3)
		return int_result(-EINVAL);
	return int_result(async_set_callback(run->rt, helper_ptr(r1), helper_ptr(r4), r2, run));
}

KFUNC_FN(kfunc_wq_start)
{
	if ((u32)r2)
		return int_result(-EINVAL);
	return int_result(async_start(run, helper_ptr(r1), 0, false, -1));
}
