/* Programs and global data for tests/cli/skeleton_client.c. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct event {
	__u32 number, factor;
	char text[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

const volatile __u32 first = 1; /* .rodata: set before the object is loaded */
__u32 factor = 3;		/* .data */
__u32 calls;			/* .bss */
__u64 sums[600];		/* more than a page of it */
char text[16] = "from data";
const volatile int unused SEC(".rodata.more") = 7;
int custom SEC(".data.custom") = 5;

static void fill(struct event *e)
{
	e->number = first + calls;
	e->factor = factor;
	__builtin_memcpy(e->text, text, sizeof(e->text));
}

SEC("xdp") int to_ring(struct xdp_md *ctx)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	__u32 i = calls;

	if (!e)
		return XDP_ABORTED;
	fill(e);
	if (i < 600)
		sums[i] += factor;
	sums[599] += custom + unused;
	calls++;
	bpf_ringbuf_submit(e, 0);
	return XDP_PASS;
}

SEC("xdp") int to_perf(struct xdp_md *ctx)
{
	struct event e;

	fill(&e);
	calls++;
	return bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &e, sizeof(e)) ? XDP_ABORTED
										   : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
