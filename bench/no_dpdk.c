/* See dpdk.h: where DPDK's development files are not installed. */
#include "dpdk.h"

#include <stddef.h>

void *dpdk_load(const struct bpf_insn *insns, u32 n, u32 size)
{
	return NULL;
}

void dpdk_run(void *prog, void *ctx, u64 times, u64 *ret)
{
}

int dpdk_run_jit(void *prog, void *ctx, u64 times, u64 *ret)
{
	return -1;
}
