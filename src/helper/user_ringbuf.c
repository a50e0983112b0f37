/* bpf_user_ringbuf_drain: a callback for each record that user space has written. */
#include "base/err.h"
#include "helper/dynptr.h"
#include "helper/helper.h"
#include "map/map.h"

#define MAX_RECORDS (128 * 1024) /* of one call: Linux's BPF_MAX_USER_RINGBUF_SAMPLES */

/* One record. 1: the callback wants no more; a negative errno of user_ringbuf_peek(). */
static int drain_one(struct skep_map *m, u64 callback, u64 ctx, struct skep_run *run)
{
	struct dynptr d;
	void *data;
	u32 size;
	u64 stop;

	TRY(user_ringbuf_peek(m, &data, &size));
	if (size > DYNPTR_MAX_SIZE) /* no dynptr can show it */
		return -E2BIG;
	dynptr_init(&d, data, SKEP_DYNPTR_LOCAL, 0, size);
	stop = run->callback(run, callback, (uintptr_t)&d, ctx, 0, 0, 0);
	user_ringbuf_consume(m, size);
	return (int)stop;
}

/* How many records the callback has seen. */
static s64 drain(struct skep_map *m, u64 callback, u64 ctx, struct skep_run *run)
{
	s64 seen = 0;

	for (u32 i = 0; i < MAX_RECORDS; i++) {
		int ret = drain_one(m, callback, ctx, run);

		if (ret == -ENODATA)
			break;
		if (ret == -EAGAIN)
			continue;
		if (ret < 0)
			return ret;
		seen++;
		if (ret)
			break;
	}
	return seen;
}

HELPER_FN(user_ringbuf_drain)
{
	struct skep_map *m = helper_ptr(r1);
	s64 ret;

	if (r4 & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return helper_result(-EINVAL);
	if (!user_ringbuf_begin(m))
		return helper_result(-EBUSY);
	ret = drain(m, r2, r3, run);
	user_ringbuf_end(m);
	if ((r4 & BPF_RB_FORCE_WAKEUP) || (!(r4 & BPF_RB_NO_WAKEUP) && ret > 0))
		user_ringbuf_wake(m);
	return helper_result(ret);
}

const struct skep_helper helper_user_ringbuf_drain = {
	HELPER_ID(user_ringbuf_drain),
	.callback = SKEP_CB_USER_RINGBUF,
	.arg = { SKEP_ARG_MAP, SKEP_ARG_FUNC, SKEP_ARG_STACK_OR_NULL, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(USER_RINGBUF),
};
