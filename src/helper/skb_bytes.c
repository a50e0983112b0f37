/* The packet's bytes through helpers: bpf_skb_load_bytes and its like, for any offset that is known only
 * at run time. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "helper/skb.h"

/* A load that fails leaves zeroes: programs that do not look at the result still see defined bytes. */
static s64 load_or_clear(const u8 *from, bool inside, void *to, u64 len)
{
	if (!inside) {
		memset(to, 0, len);
		return -EFAULT;
	}
	memcpy(to, from, len);
	return 0;
}

HELPER_FN(skb_load_bytes)
{
	const struct skep_skb *skb = helper_ptr(r1);
	u64 off = (u32)r2, len = (u32)r4;

	if (!(run->prog->type->flags & SKEP_PROG_SKB)) /* SK_REUSEPORT's context is none */
		return helper_result(load_or_clear(NULL, false, helper_ptr(r3), len));
	return helper_result(
		load_or_clear(skb->data + off, off + len <= skb->len, helper_ptr(r3), len));
}

const struct skep_helper helper_skb_load_bytes = {
	HELPER_ID(skb_load_bytes),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
};

HELPER_FN(skb_load_bytes_relative)
{
	const struct skep_skb *skb = helper_ptr(r1);
	u64 off = (u32)r2, len = (u32)r4;
	const u8 *start = NULL, *from = NULL;

	if (!(run->prog->type->flags & SKEP_PROG_SKB))
		return helper_result(load_or_clear(NULL, false, helper_ptr(r3), len));
	if (r5 == BPF_HDR_START_MAC)
		start = skb->mac_header;
	else if (r5 == BPF_HDR_START_NET)
		start = skb->network_header;
	if (start && off + len <= (u64)(skb->data_end - start))
		from = start + off;
	return helper_result(load_or_clear(from, from, helper_ptr(r3), len));
}

const struct skep_helper helper_skb_load_bytes_relative = {
	HELPER_ID(skb_load_bytes_relative),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE,
		 SKEP_ARG_ANYTHING },
};

HELPER_FN(skb_store_bytes)
{
	struct skep_skb *skb = helper_ptr(r1);
	u64 len = (u32)r4;
	u32 off = (u32)r2;
	bool recompute = r5 & BPF_F_RECOMPUTE_CSUM;

	if (r5 & ~(u64)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return helper_result(-EINVAL);
	if (off + len > skb->len)
		return helper_result(-EFAULT);
	if (recompute)
		skb_csum_lose(skb, off, (u32)len, off);
	memcpy(skb->data + off, helper_ptr(r3), len);
	if (recompute)
		skb_csum_gain(skb, off, (u32)len, off);
	if (r5 & BPF_F_INVALIDATE_HASH)
		skb_forget_hash(skb);
	return 0;
}

const struct skep_helper helper_skb_store_bytes = {
	HELPER_ID(skb_store_bytes),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING },
};

/* Ours are in one piece anyway. */
HELPER_FN(skb_pull_data)
{
	const struct skep_skb *skb = helper_ptr(r1);

	return helper_result((u32)r2 > skb->len ? -ENOMEM : 0);
}

const struct skep_helper helper_skb_pull_data = {
	HELPER_ID(skb_pull_data),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};
