/* Maps from inside programs: each runs one operation ROUNDS times. `loop` is what the others do around it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define ROUNDS 1000 /* bench/inside.c knows it */
#define HOT    64
#define MANY   65536
#define MORE   (1 << 20)

#define MAP(name, kind, key_type, value_type, n, ...)                                              \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
		__uint(max_entries, n);                                                            \
		__VA_ARGS__                                                                        \
	} name SEC(".maps")

struct prefix {
	__u32 len, address;
};

MAP(array, ARRAY, __u32, __u64, MANY);
MAP(percpu, PERCPU_ARRAY, __u32, __u64, HOT);
MAP(hot, HASH, __u32, __u64, MANY);
MAP(many, HASH, __u32, __u64, MANY);
MAP(more, HASH, __u32, __u64, MORE);
MAP(changing, HASH, __u32, __u64, MANY);
MAP(lru, LRU_HASH, __u32, __u64, MANY);
MAP(churn, LRU_HASH, __u32, __u64, 4096);
MAP(routes, LPM_TRIE, struct prefix, __u64, 4096, __uint(map_flags, BPF_F_NO_PREALLOC););
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} ring SEC(".maps");

__u64 counter, sum;
static __u32 seed = 1;

/* Numbers that a prefetcher does not foresee. */
static __always_inline __u32 next(__u32 *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

/* Keys of each CPU begin elsewhere, so that threads work on distinct ones. */
static __always_inline __u32 start(void)
{
	return seed + bpf_get_smp_processor_id() * 0x9e3779b9;
}

#define PROGRAM(name, operation)                                                                   \
	SEC("xdp") int name(struct xdp_md *ctx)                                                    \
	{                                                                                          \
		__u32 x = start();                                                                 \
		__u64 total = 0, *v;                                                               \
                                                                                                   \
		for (int i = 0; i < ROUNDS; i++) {                                                 \
			__u32 key = next(&x);                                                      \
			operation;                                                                 \
		}                                                                                  \
		seed = x;                                                                          \
		sum = total;                                                                       \
		return XDP_PASS;                                                                   \
	}

#define LOOK_UP(map, mask)                                                                         \
	key &= (mask);                                                                             \
	v = bpf_map_lookup_elem(&(map), &key);                                                     \
	if (v)                                                                                     \
		total += *v;

PROGRAM(loop, total += key)
PROGRAM(global, counter += key)
PROGRAM(array_hit, LOOK_UP(array, HOT - 1))
PROGRAM(array_random, LOOK_UP(array, MANY - 1))
PROGRAM(percpu_hit, LOOK_UP(percpu, HOT - 1))
PROGRAM(hash_hot, LOOK_UP(many, HOT - 1))
PROGRAM(hash_random, LOOK_UP(many, MANY - 1))
PROGRAM(hash_million, LOOK_UP(more, MORE - 1))
PROGRAM(hash_miss, key |= MORE; v = bpf_map_lookup_elem(&many, &key); if (v) total++)
PROGRAM(hash_update, key &= MANY - 1; bpf_map_update_elem(&many, &key, &total, BPF_EXIST))
PROGRAM(hash_insert_delete, key &= MANY - 1; bpf_map_update_elem(&changing, &key, &total, BPF_ANY);
	bpf_map_delete_elem(&changing, &key))
PROGRAM(lru_hit, LOOK_UP(lru, MANY - 1))
PROGRAM(lru_churn, key &= MANY - 1; bpf_map_update_elem(&churn, &key, &total, BPF_ANY))

SEC("xdp") int lpm(struct xdp_md *ctx)
{
	struct prefix p = { .len = 32 };
	__u64 total = 0, *v;
	__u32 x = start();

	for (int i = 0; i < ROUNDS; i++) {
		p.address = next(&x) & 0xffffff;
		v = bpf_map_lookup_elem(&routes, &p);
		if (v)
			total += *v;
	}
	seed = x;
	sum = total;
	return XDP_PASS;
}

SEC("xdp") int ringbuf(struct xdp_md *ctx)
{
	__u32 x = start();

	for (int i = 0; i < ROUNDS; i++) {
		__u64 *record = bpf_ringbuf_reserve(&ring, 16, 0);

		if (!record)
			return XDP_DROP;
		record[0] = next(&x);
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	}
	seed = x;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
