/* Maps whose pins are read as files, for tests/cli/bpffs.py. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(name, kind, K, V)                                                                      \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__uint(max_entries, 2);                                                            \
		__type(key, K);                                                                    \
		__type(value, V);                                                                  \
	} name SEC(".maps")

enum color { RED, GREEN = -5 };
enum wide { NARROW, WIDE = 1ull << 40 };

struct key {
	int a;
	short b[3];
	char c;
};

struct value {
	char text[8], none[4], odd[4];
	unsigned char bytes[3];
	signed char negative;
	_Bool yes;
	short s;
	long l;
	unsigned long long u;
	__int128 large;
	unsigned __int128 small;
	struct {
		int x;
		union {
			int y;
			short z[2];
		};
	} in[2];
	unsigned f : 3, g : 5;
	int h : 7;
	unsigned long wide : 40;
	enum color red, green, other;
	enum wide w, n;
	void *null;
	float real;
	const volatile unsigned *const *q;
	int empty[0];
};

MAP(table, HASH, struct key, struct value);
MAP(list, ARRAY, int, struct value);
MAP(percpu, PERCPU_ARRAY, int, short);
MAP(percputable, PERCPU_HASH, struct key, short);
MAP(lru, LRU_HASH, unsigned long, enum color);
MAP(progs, PROG_ARRAY, int, int);
MAP(events, PERF_EVENT_ARRAY, int, int);

int one = 1, two[2] = { 2, 3 };
char name[8] = "name";
long zero;
static struct key keys[2];

SEC("socket") int prog(struct __sk_buff *ctx)
{
	struct key k = {};
	int i = 0;

	bpf_map_lookup_elem(&table, &k);
	bpf_map_lookup_elem(&list, &i);
	bpf_map_lookup_elem(&percpu, &i);
	bpf_map_lookup_elem(&percputable, &k);
	bpf_map_lookup_elem(&lru, &zero);
	bpf_perf_event_output(ctx, &events, 0, &k, 4);
	bpf_tail_call(ctx, &progs, 0);
	keys[1].a = one;
	return two[1] + name[0] + keys[0].a;
}

char _license[] SEC("license") = "GPL";
