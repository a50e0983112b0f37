/* Counts packets by IP protocol, with the packet access that classic BPF had (LD_ABS). */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 256);
} protocols SEC(".maps");

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");

SEC("socket")
int count_protocols(struct __sk_buff *skb)
{
	/* a socket filter's packet begins at the network header; the link layer's is at a negative
	 * offset that the kernel reserves for it */
	__u32 proto = load_byte(skb, offsetof(struct iphdr, protocol));
	__u64 *n = bpf_map_lookup_elem(&protocols, &proto);

	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
