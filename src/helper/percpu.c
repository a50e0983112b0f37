/* A CPU's own instance of a per-CPU variable of the kernel's, or of an object that every CPU has its own of. The variables are
 * zeros here, the same for all CPUs (verifier/ksym.c). The last argument is the verifier's: bytes from one CPU's to the
 * next one's. */
#include "helper/helper.h"

HELPER_FN(per_cpu_ptr)
{
	return (u32)r2 < run->rt->nr_cpus ? r1 + (u64)(u32)r2 * r3 : 0;
}

const struct skep_helper helper_per_cpu_ptr = {
	HELPER_ID(per_cpu_ptr),
	.ret = SKEP_RET_PERCPU_OR_NULL,
	.arg = { SKEP_ARG_PERCPU, SKEP_ARG_ANYTHING },
};

HELPER_FN(this_cpu_ptr)
{
	return r1 + run->cpu * r2;
}

const struct skep_helper helper_this_cpu_ptr = {
	HELPER_ID(this_cpu_ptr),
	.ret = SKEP_RET_PERCPU,
	.arg = { SKEP_ARG_PERCPU },
};
