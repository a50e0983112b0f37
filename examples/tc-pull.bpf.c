/* Makes sure that the headers are linear, then reads and writes them directly. */
#include "parse.h"

SEC("tc")
int pull(struct __sk_buff *skb)
{
	struct ethhdr *eth;
	void *data_end;

	if (bpf_skb_pull_data(skb, 34))
		return 2;
	eth = (void *)(long)skb->data;
	data_end = (void *)(long)skb->data_end;
	if ((void *)(eth + 1) > data_end)
		return 2;
	eth->h_source[5] ^= 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
