/* The same through bpf_ringbuf_output, and a sample of the packet through a perf buffer. */
#include "parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

struct meta {
	__u32 len, cookie;
};

__u64 full, missing;

SEC("xdp")
int output(struct xdp_md *ctx)
{
	struct meta m = { ctx->data_end - ctx->data, 0xfeed };
	__u64 bytes = m.len < 64 ? m.len : 64;

	if (bpf_ringbuf_output(&ring, &m, sizeof(m), 0))
		full++;
	if (bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU | bytes << 32, &m, sizeof(m)))
		missing++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
