/* One program per kind of place, for attach_client.c. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";
unsigned long long ticks;

SEC("raw_tp/sys_enter")
int at_raw_tp(void *ctx)
{
	return 0;
}

SEC("tp/syscalls/sys_enter_write")
int at_tracepoint(void *ctx)
{
	return 0;
}

SEC("kprobe/none")
int at_uprobe(void *ctx)
{
	return 0;
}

SEC("cgroup_skb/egress")
int at_cgroup(void *ctx)
{
	return 1;
}

SEC("perf_event")
int at_clock(void *ctx)
{
	__sync_fetch_and_add(&ticks, 1);
	return 0;
}
