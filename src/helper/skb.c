#include "helper/skb.h"

#include <string.h>

#include "base/err.h"
#include "helper/checksum.h"

static void set_bounds(struct skep_skb *skb, u8 *data, u8 *data_end)
{
	skb->data = data;
	skb->data_meta = data;
	skb->data_end = data_end;
	skb->len = (u32)(data_end - data);
}

/* Move the packet so that `front` bytes are free before it. */
static void relocate(struct skep_skb *skb, u64 front)
{
	u8 *to = skb->data_hard_start + front;
	s64 by = to - skb->data;

	memmove(to, skb->data, skb->len);
	skb->mac_header += by;
	skb->network_header += by;
	set_bounds(skb, to, to + skb->len);
}

static int make_room(struct skep_skb *skb, u64 front, u64 back)
{
	u64 have_front = (u64)(skb->data - skb->data_hard_start);
	u64 have_back = (u64)(skb->data_hard_end - skb->data_end);

	if (front <= have_front && back <= have_back)
		return 0;
	if (front + back > have_front + have_back)
		return -ENOMEM;
	/* What is left over goes to both sides alike, so that this stays rare. */
	relocate(skb, front + (have_front + have_back - front - back) / 2);
	return 0;
}

int skb_grow_front(struct skep_skb *skb, u32 len)
{
	TRY(make_room(skb, len, 0));
	set_bounds(skb, skb->data - len, skb->data_end);
	return 0;
}

int skb_grow_back(struct skep_skb *skb, u32 len)
{
	TRY(make_room(skb, 0, len));
	set_bounds(skb, skb->data, skb->data_end + len);
	return 0;
}

void skb_shrink_front(struct skep_skb *skb, u32 len)
{
	set_bounds(skb, skb->data + len, skb->data_end);
}

void skb_csum_lose(struct skep_skb *skb, u32 off, u32 len, u32 at)
{
	if (skb->ip_summed == SKEP_CSUM_COMPLETE)
		skb->csum = csum_sub(skb->csum, csum_at(csum_bytes(skb->data + off, len, 0), at));
}

void skb_csum_gain(struct skep_skb *skb, u32 off, u32 len, u32 at)
{
	if (skb->ip_summed == SKEP_CSUM_COMPLETE)
		skb->csum = csum_add(skb->csum, csum_at(csum_bytes(skb->data + off, len, 0), at));
}
