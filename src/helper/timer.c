/* bpf_timer_*: calls of the program's own functions at a later time. map/async.h says how. */
#include "helper/helper.h"

#include <errno.h>
#include <time.h>

#include "btf/record.h"
#include "map/async.h"

#define TIMER_ABS     1ull /* BPF_F_TIMER_ABS */
#define TIMER_CPU_PIN 2ull /* BPF_F_TIMER_CPU_PIN, which Debian 12's headers lack */
#define MAX_CLOCKS    16   /* the flags of bpf_timer_init: a clock's number, and nothing else */

HELPER_FN(timer_init)
{
	struct skep_map *m = helper_ptr(r2);

	if (r3 >= MAX_CLOCKS ||
	    (r3 != CLOCK_MONOTONIC && r3 != CLOCK_REALTIME && r3 != CLOCK_BOOTTIME))
		return helper_result(-EINVAL);
	return helper_result(
		async_init(m, helper_ptr(r1), (u32)m->record->timer_off, ASYNC_TIMER, (int)r3));
}

const struct skep_helper helper_timer_init = {
	HELPER_ID(timer_init),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_TIMER, SKEP_ARG_MAP, SKEP_ARG_ANYTHING },
};

/* r3: the program, which the verifier puts there. */
HELPER_FN(timer_set_callback)
{
	return helper_result(async_set_callback(run->rt, helper_ptr(r1), helper_ptr(r3), r2, run));
}

const struct skep_helper helper_timer_set_callback = {
	HELPER_ID(timer_set_callback),
	.flags = SKEP_HELPER_GPL,
	.callback = SKEP_CB_ASYNC,
	.arg = { SKEP_ARG_TIMER, SKEP_ARG_FUNC },
};

HELPER_FN(timer_start)
{
	if (r3 & ~(TIMER_ABS | TIMER_CPU_PIN))
		return helper_result(-EINVAL);
	return helper_result(async_start(run, helper_ptr(r1), r2, r3 & TIMER_ABS,
					 r3 & TIMER_CPU_PIN ? (int)run->cpu : -1));
}

const struct skep_helper helper_timer_start = {
	HELPER_ID(timer_start),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_TIMER, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(timer_cancel)
{
	return helper_result(async_cancel(run, helper_ptr(r1)));
}

const struct skep_helper helper_timer_cancel = {
	HELPER_ID(timer_cancel),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_TIMER },
};
