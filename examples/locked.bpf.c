/* A value guarded by bpf_spin_lock: two counters that always change together. */
#include "parse.h"

struct pair {
	struct bpf_spin_lock lock;
	__u32 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct pair);
	__uint(max_entries, 2);
} pairs SEC(".maps");

SEC("tc")
int locked(struct __sk_buff *skb)
{
	__u32 key = skb->len > 100;
	struct pair *p = bpf_map_lookup_elem(&pairs, &key);

	if (!p)
		return 0;
	bpf_spin_lock(&p->lock);
	p->packets++;
	p->bytes += skb->len;
	bpf_spin_unlock(&p->lock);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
