/* Checksum helpers: differences of memory, and keeping the checksum fields of headers and what is known
 * about a packet's sum true while programs change it. */
#include "helper/helper.h"

#include "base/err.h"
#include "helper/checksum.h"
#include "helper/skb.h"

#define CSUM_LEVEL_MAX 3 /* struct sk_buff counts in two bits */

#ifndef BPF_F_IPV6
#define BPF_F_IPV6 (1ULL << 7)
#endif

/* In words of 32 bits, as Linux adds: seen in results before they are folded to 16. */
u32 csum_bytes(const u8 *p, u64 len, u32 sum)
{
	u64 total = sum;
	u32 word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		__builtin_memcpy(&word, p, sizeof(word));
		total += word;
	}
	word = 0;
	__builtin_memcpy(&word, p, len);
	total += word;
	total = (total & 0xffffffff) + (total >> 32);
	return (u32)(total + (total >> 32));
}

HELPER_FN(csum_diff)
{
	const u8 *from = helper_ptr(r1), *to = helper_ptr(r3);
	u32 sum = (u32)r5;

	if (r2 && r4)
		sum = csum_sub(csum_bytes(to, r4, sum), csum_bytes(from, r2, 0));
	else if (r4)
		sum = csum_bytes(to, r4, sum);
	else if (r2)
		sum = ~csum_bytes(from, r2, ~sum);
	return csum_fold(sum);
}

const struct skep_helper helper_csum_diff = {
	HELPER_ID(csum_diff),
	.flags = SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MEM | SKEP_ARG_OR_NULL, SKEP_ARG_SIZE_OR_ZERO,
		 SKEP_ARG_MEM | SKEP_ARG_OR_NULL, SKEP_ARG_SIZE_OR_ZERO, SKEP_ARG_ANYTHING },
};

/* By how much a covered field's change from `from` to `to` moves the sum; size 0: `to` is that already. */
static int field_diff(u64 from, u64 to, u64 size, u32 *diff)
{
	switch (size) {
	case 0: *diff = (u32)to; return from ? -EINVAL : 0;
	case 2: *diff = csum_sub((u16)to, (u16)from); return 0;
	case 4: *diff = csum_sub((u32)to, (u32)from); return 0;
	default: return -EINVAL;
	}
}

/* The checksum field at off. */
static int find_field(const struct skep_skb *skb, u32 off, u8 **field)
{
	if (off > 0xffff || off & 1 || off + sizeof(u16) > skb->len)
		return -EFAULT;
	*field = skb->data + off;
	return 0;
}

static u16 load_field(const u8 *field)
{
	u16 v;

	__builtin_memcpy(&v, field, sizeof(v));
	return v;
}

static void store_field(u8 *field, u16 v)
{
	__builtin_memcpy(field, &v, sizeof(v));
}

static s64 l3_replace(struct skep_skb *skb, u32 off, u64 from, u64 to, u64 flags)
{
	u8 *field;
	u32 diff;

	if (flags & ~(u64)BPF_F_HDR_FIELD_MASK)
		return -EINVAL;
	TRY(find_field(skb, off, &field));
	TRY(field_diff(from, to, flags & BPF_F_HDR_FIELD_MASK, &diff));
	store_field(field, csum_replaced(load_field(field), diff));
	return 0;
}

HELPER_FN(l3_csum_replace)
{
	return helper_result(l3_replace(helper_ptr(r1), (u32)r2, r3, r4, r5));
}

const struct skep_helper helper_l3_csum_replace = {
	HELPER_ID(l3_csum_replace),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING,
		 SKEP_ARG_ANYTHING },
};

/* The field of a header whose pseudo header changed: the packet's own sum covers the field, but not
 * (RFC 793, section 3.1) the change that it makes up for. */
static u16 l4_field(struct skep_skb *skb, u16 field, u32 diff, bool pseudo)
{
	if (skb->ip_summed == SKEP_CSUM_PARTIAL)
		return pseudo ? csum_fold(csum_add(diff, field)) : field;
	if (skb->ip_summed == SKEP_CSUM_COMPLETE && pseudo)
		skb->csum = csum_sub(skb->csum, diff);
	return csum_replaced(field, diff);
}

static s64 l4_replace(struct skep_skb *skb, u32 off, u64 from, u64 to, u64 flags)
{
	const u64 known = BPF_F_HDR_FIELD_MASK | BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 |
			  BPF_F_MARK_ENFORCE | BPF_F_IPV6;
	bool zero_is_none = flags & BPF_F_MARK_MANGLED_0; /* UDP over IPv4 */
	u8 *field;
	u16 sum;
	u32 diff;

	if (flags & ~known)
		return -EINVAL;
	TRY(find_field(skb, off, &field));
	sum = load_field(field);
	if (zero_is_none && !(flags & BPF_F_MARK_ENFORCE) && !sum)
		return 0;
	TRY(field_diff(from, to, flags & BPF_F_HDR_FIELD_MASK, &diff));
	sum = l4_field(skb, sum, diff, flags & BPF_F_PSEUDO_HDR);
	store_field(field, zero_is_none && !sum ? 0xffff : sum);
	return 0;
}

HELPER_FN(l4_csum_replace)
{
	return helper_result(l4_replace(helper_ptr(r1), (u32)r2, r3, r4, r5));
}

const struct skep_helper helper_l4_csum_replace = {
	HELPER_ID(l4_csum_replace),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING,
		 SKEP_ARG_ANYTHING },
};

HELPER_FN(csum_update)
{
	struct skep_skb *skb = helper_ptr(r1);

	if (skb->ip_summed != SKEP_CSUM_COMPLETE)
		return helper_result(-ENOTSUPP);
	skb->csum = csum_add(skb->csum, (u32)r2);
	return skb->csum;
}

const struct skep_helper helper_csum_update = {
	HELPER_ID(csum_update),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

static void level_up(struct skep_skb *skb)
{
	if (skb->ip_summed == SKEP_CSUM_NONE) {
		skb->ip_summed = SKEP_CSUM_UNNECESSARY;
		skb->csum_level = 0;
	} else if (skb->ip_summed == SKEP_CSUM_UNNECESSARY && skb->csum_level < CSUM_LEVEL_MAX) {
		skb->csum_level++;
	}
}

static void level_down(struct skep_skb *skb)
{
	if (skb->ip_summed != SKEP_CSUM_UNNECESSARY)
		return;
	if (skb->csum_level == 0)
		skb->ip_summed = SKEP_CSUM_NONE;
	else
		skb->csum_level--;
}

HELPER_FN(csum_level)
{
	struct skep_skb *skb = helper_ptr(r1);
	bool known = skb->ip_summed == SKEP_CSUM_UNNECESSARY;

	switch (r2) {
	case BPF_CSUM_LEVEL_QUERY: return helper_result(known ? skb->csum_level : -EACCES);
	case BPF_CSUM_LEVEL_INC: level_up(skb); return 0;
	case BPF_CSUM_LEVEL_DEC: level_down(skb); return 0;
	case BPF_CSUM_LEVEL_RESET: skb_forget_checksums(skb); return 0;
	default: return helper_result(-EINVAL);
	}
}

const struct skep_helper helper_csum_level = {
	HELPER_ID(csum_level),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};
