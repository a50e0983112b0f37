/* Memory that programs allocate for every CPU: each counts in its own part, kept in a map. */
#include "parse.h"
#include <bpf/bpf_core_read.h>

#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))

extern void *bpf_percpu_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void *p, void *meta) __ksym;

struct counts {
	long packets, bytes;
};

struct holder {
	struct counts __percpu_kptr *counts;
	long packets; /* of all CPUs, as far as they were added up */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct holder);
	__uint(max_entries, 1);
} holders SEC(".maps");

static void add_up(struct holder *h, struct counts __percpu_kptr *all)
{
	long sum = 0;

	for (int cpu = 0; cpu < 8; cpu++) {
		struct counts *c = bpf_per_cpu_ptr(all, cpu);

		if (!c)
			break;
		sum += c->packets;
	}
	h->packets = sum;
}

SEC("tc")
int count(struct __sk_buff *skb)
{
	struct counts __percpu_kptr *all, *old;
	__u32 key = 0;
	struct holder *h = bpf_map_lookup_elem(&holders, &key);
	struct counts *own;

	if (!h)
		return 1;
	all = h->counts;
	if (!all) {
		all = bpf_percpu_obj_new_impl(bpf_core_type_id_local(struct counts), 0);
		if (!all)
			return 2;
		old = bpf_kptr_xchg(&h->counts, all);
		if (old)
			bpf_percpu_obj_drop_impl(old, 0);
		return 0;
	}
	own = bpf_this_cpu_ptr(all);
	own->packets++;
	own->bytes += skb->len;
	add_up(h, all);
	return 0;
}

char _license[] SEC("license") = "GPL";
