/* Changing a struct skep_skb: room, headers, what is known about its checksum. Shared by the helpers
 * on it. */
#ifndef SKEP_HELPER_SKB_H
#define SKEP_HELPER_SKB_H

#include "base/types.h"
#include "skep/packet.h"

/* What Linux lets helpers grow a packet to: four pages less struct skb_shared_info. */
#define SKB_LEN_MAX (4 * 4096 - 320)

/* Make the packet longer by `len` bytes in front of data or behind data_end; their content is up to the
 * caller. May move the packet within its memory. -ENOMEM. */
int skb_grow_front(struct skep_skb *skb, u32 len) MUST_CHECK;
int skb_grow_back(struct skep_skb *skb, u32 len) MUST_CHECK;
void skb_shrink_front(struct skep_skb *skb, u32 len);

/* The sum over the packet, if it is known, loses or gains the len bytes at off (from data), which count
 * as if they were `at` bytes from where the sum begins. */
void skb_csum_lose(struct skep_skb *skb, u32 off, u32 len, u32 at);
void skb_csum_gain(struct skep_skb *skb, u32 off, u32 len, u32 at);
/* Checksums that the device had found correct no longer are known to be. */
static inline void skb_forget_checksums(struct skep_skb *skb)
{
	if (skb->ip_summed == SKEP_CSUM_UNNECESSARY)
		skb->ip_summed = SKEP_CSUM_NONE;
}

static inline void skb_forget_hash(struct skep_skb *skb)
{
	skb->hash = 0;
	skb->hash_valid = 0;
}

#endif
