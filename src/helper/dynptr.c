/* bpf_dynptr_*, bpf_ringbuf_*_dynptr: memory whose bounds are known at run time only. */
#include "helper/dynptr.h"

#include <string.h>

#include "base/err.h"
#include "helper/helper.h"
#include "map/map.h"

int dynptr_check(const struct dynptr *d, u64 offset, u64 len)
{
	u64 size = dynptr_size(d);

	return len > size || offset > size - len ? -E2BIG : 0;
}

static char *bytes_at(const struct dynptr *d, u64 offset)
{
	return (char *)d->data + d->offset + offset;
}

/* Packets are read and written as the helpers for them do. */
static u64 call_helper(struct skep_run *run, u32 id, const struct dynptr *d, u64 offset, u64 mem,
		       u64 len, u64 flags)
{
	const struct skep_helper *h = runtime_helper(run->rt, id);

	return h ? h->fn((uintptr_t)d->data, d->offset + offset, mem, len, flags, run)
		 : helper_result(-EINVAL);
}

int dynptr_read(struct skep_run *run, void *dst, u64 len, const struct dynptr *d, u64 offset)
{
	switch (dynptr_kind(d)) {
	case SKEP_DYNPTR_LOCAL:
	case SKEP_DYNPTR_RINGBUF: memmove(dst, bytes_at(d, offset), len); return 0;
	case SKEP_DYNPTR_SKB:
		return (int)call_helper(run, BPF_FUNC_skb_load_bytes, d, offset, (uintptr_t)dst,
					len, 0);
	case SKEP_DYNPTR_XDP:
		return (int)call_helper(run, BPF_FUNC_xdp_load_bytes, d, offset, (uintptr_t)dst,
					len, 0);
	default: return -EFAULT;
	}
}

int dynptr_write(struct skep_run *run, struct dynptr *d, u64 offset, const void *src, u64 len,
		 u64 flags)
{
	switch (dynptr_kind(d)) {
	case SKEP_DYNPTR_LOCAL:
	case SKEP_DYNPTR_RINGBUF:
		if (flags)
			return -EINVAL;
		memmove(bytes_at(d, offset), src, len);
		return 0;
	case SKEP_DYNPTR_SKB:
		return (int)call_helper(run, BPF_FUNC_skb_store_bytes, d, offset, (uintptr_t)src,
					len, flags);
	case SKEP_DYNPTR_XDP:
		if (flags)
			return -EINVAL;
		return (int)call_helper(run, BPF_FUNC_xdp_store_bytes, d, offset, (uintptr_t)src,
					len, 0);
	default: return -EFAULT;
	}
}

HELPER_FN(dynptr_from_mem)
{
	struct dynptr *d = helper_ptr(r4);
	int err = r2 > DYNPTR_MAX_SIZE ? -E2BIG : r3 ? -EINVAL : 0;

	if (err) {
		dynptr_set_null(d);
		return helper_result(err);
	}
	dynptr_init(d, helper_ptr(r1), SKEP_DYNPTR_LOCAL, 0, (u32)r2);
	return 0;
}

const struct skep_helper helper_dynptr_from_mem = {
	HELPER_ID(dynptr_from_mem),
	.arg = { SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_ANYTHING,
		 SKEP_ARG_DYNPTR | SKEP_ARG_MAKE },
	.arg_size = { [3] = SKEP_DYNPTR_LOCAL },
};

HELPER_FN(dynptr_read)
{
	const struct dynptr *d = helper_ptr(r3);
	int err = !d->data || r5 ? -EINVAL : dynptr_check(d, (u32)r4, (u32)r2);

	return helper_result(err ?: dynptr_read(run, helper_ptr(r1), (u32)r2, d, (u32)r4));
}

const struct skep_helper helper_dynptr_read = {
	HELPER_ID(dynptr_read),
	.arg = { SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_DYNPTR, SKEP_ARG_ANYTHING,
		 SKEP_ARG_ANYTHING },
};

HELPER_FN(dynptr_write)
{
	struct dynptr *d = helper_ptr(r1);
	int err = !d->data || dynptr_rdonly(d) ? -EINVAL : dynptr_check(d, (u32)r2, (u32)r4);

	return helper_result(err ?: dynptr_write(run, d, (u32)r2, helper_ptr(r3), (u32)r4, r5));
}

const struct skep_helper helper_dynptr_write = {
	HELPER_ID(dynptr_write),
	.arg = { SKEP_ARG_DYNPTR, SKEP_ARG_ANYTHING, SKEP_ARG_MEM, SKEP_ARG_SIZE_OR_ZERO,
		 SKEP_ARG_ANYTHING },
};

/* The verifier knows the length: a slice of that many bytes, or none. Packets move and have none. */
HELPER_FN(dynptr_data)
{
	const struct dynptr *d = helper_ptr(r1);

	if (!d->data || dynptr_check(d, (u32)r2, (u32)r3) || dynptr_rdonly(d))
		return 0;
	if (dynptr_kind(d) != SKEP_DYNPTR_LOCAL && dynptr_kind(d) != SKEP_DYNPTR_RINGBUF)
		return 0;
	return (uintptr_t)bytes_at(d, (u32)r2);
}

const struct skep_helper helper_dynptr_data = {
	HELPER_ID(dynptr_data),
	.ret = SKEP_RET_DYNPTR_MEM_OR_NULL,
	.arg = { SKEP_ARG_DYNPTR, SKEP_ARG_ANYTHING, SKEP_ARG_ALLOC_SIZE },
};

HELPER_FN(ringbuf_reserve_dynptr)
{
	struct dynptr *d = helper_ptr(r4);
	u32 size = (u32)r2;
	void *record;
	int err = r3 ? -EINVAL : size > DYNPTR_MAX_SIZE ? -E2BIG : 0;

	dynptr_set_null(d);
	if (err)
		return helper_result(err);
	record = ringbuf_reserve(helper_ptr(r1), size, 0);
	if (!record)
		return helper_result(-EINVAL);
	dynptr_init(d, record, SKEP_DYNPTR_RINGBUF, 0, size);
	return 0;
}

const struct skep_helper helper_ringbuf_reserve_dynptr = {
	HELPER_ID(ringbuf_reserve_dynptr),
	.arg = { SKEP_ARG_MAP, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING,
		 SKEP_ARG_DYNPTR | SKEP_ARG_MAKE },
	.arg_size = { [3] = SKEP_DYNPTR_RINGBUF },
	.map_types = MAP_TYPE_BIT(RINGBUF),
};

static u64 commit_dynptr(struct skep_run *run, struct dynptr *d, u64 flags, bool discard)
{
	if (!d->data)
		return 0;
	ringbuf_commit(run, d->data, flags, discard);
	dynptr_set_null(d);
	return 0;
}

HELPER_FN(ringbuf_submit_dynptr)
{
	return commit_dynptr(run, helper_ptr(r1), r2, false);
}

const struct skep_helper helper_ringbuf_submit_dynptr = {
	HELPER_ID(ringbuf_submit_dynptr),
	.ret = SKEP_RET_VOID,
	.arg = { SKEP_ARG_DYNPTR | SKEP_ARG_RELEASE, SKEP_ARG_ANYTHING },
	.arg_size = { SKEP_DYNPTR_RINGBUF },
};

HELPER_FN(ringbuf_discard_dynptr)
{
	return commit_dynptr(run, helper_ptr(r1), r2, true);
}

const struct skep_helper helper_ringbuf_discard_dynptr = {
	HELPER_ID(ringbuf_discard_dynptr),
	.ret = SKEP_RET_VOID,
	.arg = { SKEP_ARG_DYNPTR | SKEP_ARG_RELEASE, SKEP_ARG_ANYTHING },
	.arg_size = { SKEP_DYNPTR_RINGBUF },
};
