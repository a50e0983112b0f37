/* Drops everything. The section name says nothing of the type: iproute2's convention. */
#include <linux/bpf.h>

#ifndef __section
#define __section(NAME) __attribute__((section(NAME), used))
#endif

__section("prog") int xdp_drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

char __license[] __section("license") = "GPL";
