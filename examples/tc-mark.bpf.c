/* Classifies: writes mark, priority and the control block, by direct packet access. */
#include "parse.h"

SEC("tc")
int mark(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	struct cursor c = { data, data_end };
	__be16 proto = take_link(&c);

	skb->mark = skb->len;
	skb->cb[0] = proto;
	skb->cb[4] = skb->ifindex;
	skb->priority = 7;
	if (proto == bpf_htons(ETH_P_IPV6))
		return 2; /* TC_ACT_SHOT */
	return skb->cb[0] == proto ? 0 : -1;
}

char LICENSE[] SEC("license") = "GPL";
