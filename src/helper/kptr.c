/* bpf_kptr_xchg: an object moves into a field of a map value or object, what was there comes out. */
#include <stdatomic.h>

#include "helper/helper.h"

HELPER_FN(kptr_xchg)
{
	return atomic_exchange((_Atomic u64 *)helper_ptr(r1), r2);
}

const struct skep_helper helper_kptr_xchg = {
	HELPER_ID(kptr_xchg),
	.ret = SKEP_RET_KPTR_OR_NULL,
	.arg = { SKEP_ARG_KPTR, SKEP_ARG_OBJECT | SKEP_ARG_OR_NULL | SKEP_ARG_RELEASE },
};
