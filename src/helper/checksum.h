/* Internet checksums (RFC 1071, RFC 1624): ones' complement sums of 16-bit words in memory order.
 * A sum of 32 bits has its carries not yet folded in; zero means that all that was added was zero. */
#ifndef SKEP_HELPER_CHECKSUM_H
#define SKEP_HELPER_CHECKSUM_H

#include "base/types.h"

static inline u32 csum_add(u32 a, u32 b)
{
	u64 sum = (u64)a + b;

	return (u32)(sum + (sum >> 32));
}
static inline u32 csum_sub(u32 a, u32 b)
{
	return csum_add(a, ~b);
}
static inline u16 csum_fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)(sum + (sum >> 16));
}

/* Add len bytes to a sum. */
u32 csum_bytes(const u8 *p, u64 len, u32 sum);
/* The part of a longer sum that bytes at offset off have: at odd offsets bytes count for the other half
 * of a word. */
static inline u32 csum_at(u32 sum, u64 off)
{
	return off & 1 ? sum << 8 | sum >> 24 : sum;
}

/* A checksum field after a covered word changed so that the sum grew by diff. */
static inline u16 csum_replaced(u16 field, u32 diff)
{
	return (u16)~csum_fold(csum_add(diff, ~(u32)field));
}

#endif
