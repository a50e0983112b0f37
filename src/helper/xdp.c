/* XDP's helpers: moving the packet's ends, metadata before it, bytes beyond the first buffer. */
#include "helper/helper.h"

#include <linux/if_ether.h>
#include <string.h>

#include "base/err.h"
#include "skep/packet.h"

#define FRAG_SIZE 4096 /* further buffers are pages; the last one may grow to its end */
#define META_MAX  255

static u64 meta_len(const struct skep_xdp *x)
{
	return x->data_meta > x->data ? 0 : (u64)(x->data - x->data_meta);
}

static u64 total_len(const struct skep_xdp *x)
{
	return (u64)(x->data_end - x->data) + x->frags_len;
}

/* Metadata stays in front of the packet. */
static s64 adjust_head(struct skep_xdp *x, s64 by)
{
	s64 meta = (s64)meta_len(x);

	if (by < x->data_hard_start + meta - x->data || by > x->data_end - ETH_HLEN - x->data)
		return -EINVAL;
	memmove(x->data_meta + by, x->data_meta, (size_t)meta);
	x->data_meta += by;
	x->data += by;
	return 0;
}

HELPER_FN(xdp_adjust_head)
{
	return helper_result(adjust_head(helper_ptr(r1), (s32)r2));
}

const struct skep_helper helper_xdp_adjust_head = {
	HELPER_ID(xdp_adjust_head),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

static s64 adjust_meta(struct skep_xdp *x, s64 by)
{
	s64 meta = (s64)meta_len(x) - by;

	if (x->data_meta > x->data)
		return -ENOTSUPP;
	if (meta < 0 || meta > x->data - x->data_hard_start)
		return -EINVAL;
	if (meta % (s64)sizeof(u32) || meta > META_MAX)
		return -EACCES;
	x->data_meta += by;
	return 0;
}

HELPER_FN(xdp_adjust_meta)
{
	return helper_result(adjust_meta(helper_ptr(r1), (s32)r2));
}

const struct skep_helper helper_xdp_adjust_meta = {
	HELPER_ID(xdp_adjust_meta),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

static s64 grow_tail(struct skep_xdp *x, u32 by)
{
	u8 *end = x->data_end + x->frags_len;

	if (x->frags_len) {
		if (by > (FRAG_SIZE - x->frags_len % FRAG_SIZE) % FRAG_SIZE)
			return -EINVAL;
		x->frags_len += by;
	} else {
		if (by > x->data_hard_end - x->data_end)
			return -EINVAL;
		x->data_end += by;
	}
	memset(end, 0, by);
	return 0;
}

/* From the end: further buffers go first. */
static s64 shrink_tail(struct skep_xdp *x, u32 by)
{
	u32 from_frags = MIN(by, x->frags_len);

	if (total_len(x) < (u64)by + ETH_HLEN)
		return -EINVAL;
	x->frags_len -= from_frags;
	x->data_end -= by - from_frags;
	return 0;
}

HELPER_FN(xdp_adjust_tail)
{
	struct skep_xdp *x = helper_ptr(r1);
	s32 by = (s32)r2;

	/* The one number without an opposite: Linux finds nothing to cut off further buffers. */
	if (by == INT32_MIN && x->frags_len)
		return 0;
	return helper_result(by < 0 ? shrink_tail(x, -(u32)by) : grow_tail(x, (u32)by));
}

const struct skep_helper helper_xdp_adjust_tail = {
	HELPER_ID(xdp_adjust_tail),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

HELPER_FN(xdp_get_buff_len)
{
	return total_len(helper_ptr(r1));
}

const struct skep_helper helper_xdp_get_buff_len = {
	HELPER_ID(xdp_get_buff_len),
	.arg = { SKEP_ARG_CTX },
};

/* Buffers follow each other in memory, see skep/packet.h. */
static s64 find_bytes(const struct skep_xdp *x, u32 off, u32 len, u8 **at)
{
	if (off > 0xffff || len > 0xffff)
		return -EFAULT;
	if ((u64)off + len > total_len(x))
		return -EINVAL;
	*at = x->data + off;
	return 0;
}

HELPER_FN(xdp_load_bytes)
{
	u8 *at;

	TRY(find_bytes(helper_ptr(r1), (u32)r2, (u32)r4, &at));
	memcpy(helper_ptr(r3), at, (u32)r4);
	return 0;
}

const struct skep_helper helper_xdp_load_bytes = {
	HELPER_ID(xdp_load_bytes),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
};

HELPER_FN(xdp_store_bytes)
{
	u8 *at;

	TRY(find_bytes(helper_ptr(r1), (u32)r2, (u32)r4, &at));
	memcpy(at, helper_ptr(r3), (u32)r4);
	return 0;
}

const struct skep_helper helper_xdp_store_bytes = {
	HELPER_ID(xdp_store_bytes),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};
