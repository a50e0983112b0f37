/* Every kind of value that BTF can describe, in maps of several types: for comparing how they are
 * printed. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(name, t, k, v, n)                                                                      \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##t);                                                    \
		__type(key, k);                                                                    \
		__type(value, v);                                                                  \
		__uint(max_entries, n);                                                            \
	} name SEC(".maps")

enum small { S1, S2 } __attribute__((packed));
enum negative { N1 = -5, N2 = 7 };
typedef char letter;

struct bits {
	unsigned int a : 3;
	int b : 5;
	unsigned long c : 33;
	enum negative e : 4;
	_Bool f : 1;
	char text[6];
};

struct address {
	union {
		__u32 v4;
		unsigned char byte[4];
	};
	struct {
		short q, r;
	};
};

struct everything {
	struct everything *next;
	struct bits bits[3];
	union {
		int i;
		struct {
			char c;
			short q;
		} s;
	} u;
	const volatile int *restrict p;
	__int128 s128;
	unsigned __int128 u128;
	_Bool yes;
	enum negative n[3];
	enum small small[2];
	long matrix[2][3];
	char name[8], full[4], del[4];
	letter letters[4];
	volatile char quick[4];
	signed char sc;
	unsigned char uc;
	char c;
	unsigned long ul;
	struct address address;
	int (*fn)(int);
	char none[0];
	struct {
	} empty;
	unsigned char bytes[4];
};

struct key {
	int a;
	short b;
	char c[6];
};

MAP(hash, HASH, struct key, struct everything, 4);
MAP(array, ARRAY, int, unsigned long, 3);
MAP(empty, HASH, int, int, 2);
MAP(lru, LRU_HASH, int, _Bool, 2);
MAP(percpu, PERCPU_ARRAY, int, struct address, 2);
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(key_size, 4);
	__uint(value_size, 24);
	__uint(max_entries, 4);
} untyped SEC(".maps");

int counter;
static volatile struct everything global;
char msg[] = "hello";
const volatile int five = 5;
const volatile char lines[] = "x\ny";

SEC("xdp") int fill(struct xdp_md *ctx)
{
	struct key k = { 1, 2, "abc" };
	struct everything v;
	char raw[24] = { 1, 2, 3, 'a' };
	_Bool yes = 1;
	int one = 1;
	unsigned long *slot;

	__builtin_memset(&v, 0, sizeof(v));
	v.bits[0].a = 5;
	v.bits[0].b = -3;
	v.bits[1].c = 0x123456789ul;
	v.bits[1].text[0] = 'z';
	v.bits[2].e = N1;
	v.bits[2].f = 1;
	v.bits[2].text[0] = 1;
	v.u.i = 42;
	v.p = (void *)0x1234;
	v.s128 = -2;
	v.u128 = ((unsigned __int128)1 << 100) + 7;
	v.yes = 1;
	v.n[0] = N1;
	v.n[1] = -6;
	v.n[2] = N2;
	v.small[1] = S2;
	v.matrix[1][2] = -9;
	__builtin_memcpy(v.name, "a\"b\0c", 6);
	__builtin_memcpy(v.full, "abcd", 4);
	v.del[0] = 0x7f;
	v.letters[0] = 'q';
	v.quick[0] = 'q';
	v.sc = -5;
	v.uc = 200;
	v.c = 'x';
	v.ul = -1ul;
	v.address.v4 = 0x01020304;
	v.bytes[0] = 'a';
	bpf_map_update_elem(&hash, &k, &v, 0);
	slot = bpf_map_lookup_elem(&array, &one);
	if (slot)
		*slot = -1ul;
	bpf_map_update_elem(&lru, &one, &yes, 0);
	bpf_map_update_elem(&untyped, &one, raw, 0);
	bpf_map_lookup_elem(&empty, &one);
	bpf_map_lookup_elem(&percpu, &one);
	counter += five + lines[ctx->rx_queue_index & 1];
	global.n[0] = N1;
	return msg[ctx->rx_queue_index & 1];
}

char _license[] SEC("license") = "GPL";
