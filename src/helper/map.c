/* bpf_map_*: what programs do to maps. The map's type does the work; which types each helper takes is
 * said by the types (skep_map_type.helpers), except where the helper itself is limited.
 *
 * A type without the operation is refused by the verifier for every type of ours; the checks here
 * keep an embedder's incomplete type from crashing. */
#include "helper/helper.h"

#include "base/err.h"
#include "map/map.h"

HELPER_FN(map_lookup_elem)
{
	struct skep_map *m = helper_ptr(r1);

	if (unlikely(!m->type->lookup))
		return 0;
	return (uintptr_t)m->type->lookup(m, helper_ptr(r2), run);
}

const struct skep_helper helper_map_lookup_elem = {
	HELPER_ID(map_lookup_elem),
	.ret = SKEP_RET_MAP_VALUE_OR_NULL,
	.flags = SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_MAP_KEY },
};

HELPER_FN(map_update_elem)
{
	struct skep_map *m = helper_ptr(r1);

	if (unlikely(!m->type->update))
		return helper_result(-EOPNOTSUPP);
	return helper_result(m->type->update(m, helper_ptr(r2), helper_ptr(r3), r4, run));
}

const struct skep_helper helper_map_update_elem = {
	HELPER_ID(map_update_elem),
	.flags = SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_MAP_KEY, SKEP_ARG_MAP_VALUE, SKEP_ARG_ANYTHING },
};

HELPER_FN(map_delete_elem)
{
	struct skep_map *m = helper_ptr(r1);

	/* Arrays have no delete at all; Linux's answer for them is EINVAL. */
	if (unlikely(!m->type->remove))
		return helper_result(-EINVAL);
	return helper_result(m->type->remove(m, helper_ptr(r2), run));
}

const struct skep_helper helper_map_delete_elem = {
	HELPER_ID(map_delete_elem),
	.flags = SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_MAP_KEY },
};

HELPER_FN(map_push_elem)
{
	struct skep_map *m = helper_ptr(r1);

	if (unlikely(!m->type->push))
		return helper_result(-EOPNOTSUPP);
	return helper_result(m->type->push(m, helper_ptr(r2), r3));
}

const struct skep_helper helper_map_push_elem = {
	HELPER_ID(map_push_elem),
	.flags = SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_MAP_VALUE, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(QUEUE) | MAP_TYPE_BIT(STACK) | MAP_TYPE_BIT(BLOOM_FILTER),
};

HELPER_FN(map_pop_elem)
{
	struct skep_map *m = helper_ptr(r1);

	if (unlikely(!m->type->pop))
		return helper_result(-EOPNOTSUPP);
	return helper_result(m->type->pop(m, helper_ptr(r2)));
}

const struct skep_helper helper_map_pop_elem = {
	HELPER_ID(map_pop_elem),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_MAP_VALUE_UNINIT },
	.map_types = MAP_TYPE_BIT(QUEUE) | MAP_TYPE_BIT(STACK),
};

HELPER_FN(map_peek_elem)
{
	struct skep_map *m = helper_ptr(r1);

	if (unlikely(!m->type->peek))
		return helper_result(-EOPNOTSUPP);
	return helper_result(m->type->peek(m, helper_ptr(r2)));
}

const struct skep_helper helper_map_peek_elem = {
	HELPER_ID(map_peek_elem),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_MAP_VALUE_UNINIT },
	.map_types = MAP_TYPE_BIT(QUEUE) | MAP_TYPE_BIT(STACK) | MAP_TYPE_BIT(BLOOM_FILTER),
};

/* A per-CPU type finds the value by the run's slot: ask it on behalf of the other slot. The look-up
 * reads nothing of a slot but its number. */
HELPER_FN(map_lookup_percpu_elem)
{
	struct skep_map *m = helper_ptr(r1);
	u32 cpu = (u32)r3;

	if (cpu >= run->rt->nr_cpus || unlikely(!m->type->lookup))
		return 0;
	return (uintptr_t)m->type->lookup(m, helper_ptr(r2), &run->rt->runs[cpu]);
}

const struct skep_helper helper_map_lookup_percpu_elem = {
	HELPER_ID(map_lookup_percpu_elem),
	.ret = SKEP_RET_MAP_VALUE_OR_NULL,
	.flags = SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_MAP_KEY, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(PERCPU_ARRAY) | MAP_TYPE_BIT(PERCPU_HASH) |
		     MAP_TYPE_BIT(LRU_PERCPU_HASH),
};
