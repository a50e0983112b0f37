/* bpf_spin_lock, bpf_spin_unlock: a lock inside a map value, held for a few instructions (the verifier
 * allows no helper call and no loop without end under it). */
#include "helper/helper.h"

#include "base/spin.h"

HELPER_FN(spin_lock)
{
	spin_lock(helper_ptr(r1));
	return 0;
}

const struct skep_helper helper_spin_lock = {
	HELPER_ID(spin_lock),
	.ret = SKEP_RET_VOID,
	.arg = { SKEP_ARG_SPIN_LOCK },
};

HELPER_FN(spin_unlock)
{
	spin_unlock(helper_ptr(r1));
	return 0;
}

const struct skep_helper helper_spin_unlock = {
	HELPER_ID(spin_unlock),
	.ret = SKEP_RET_VOID,
	.arg = { SKEP_ARG_SPIN_LOCK },
};
