/* bpf_ringbuf_*: records in a ring buffer that a controller consumes. The ring itself is the map
 * type's. */
#include "helper/helper.h"

#include "map/map.h"

HELPER_FN(ringbuf_output)
{
	return helper_result(ringbuf_output(helper_ptr(r1), helper_ptr(r2), r3, r4));
}

const struct skep_helper helper_ringbuf_output = {
	HELPER_ID(ringbuf_output),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_MEM, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(RINGBUF),
};

HELPER_FN(ringbuf_reserve)
{
	return (uintptr_t)ringbuf_reserve(helper_ptr(r1), r2, r3);
}

const struct skep_helper helper_ringbuf_reserve = {
	HELPER_ID(ringbuf_reserve),
	.ret = SKEP_RET_ALLOC_MEM_OR_NULL,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_ALLOC_SIZE, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(RINGBUF),
};

HELPER_FN(ringbuf_submit)
{
	ringbuf_commit(run, helper_ptr(r1), r2, false);
	return 0;
}

const struct skep_helper helper_ringbuf_submit = {
	HELPER_ID(ringbuf_submit),
	.ret = SKEP_RET_VOID,
	.arg = { SKEP_ARG_RINGBUF_MEM | SKEP_ARG_RELEASE, SKEP_ARG_ANYTHING },
};

HELPER_FN(ringbuf_discard)
{
	ringbuf_commit(run, helper_ptr(r1), r2, true);
	return 0;
}

const struct skep_helper helper_ringbuf_discard = {
	HELPER_ID(ringbuf_discard),
	.ret = SKEP_RET_VOID,
	.arg = { SKEP_ARG_RINGBUF_MEM | SKEP_ARG_RELEASE, SKEP_ARG_ANYTHING },
};

HELPER_FN(ringbuf_query)
{
	return ringbuf_query(helper_ptr(r1), r2);
}

const struct skep_helper helper_ringbuf_query = {
	HELPER_ID(ringbuf_query),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(RINGBUF),
};
