/* DPDK's BPF interpreter, for comparison. */
#ifndef SKEP_BENCH_DPDK_H
#define SKEP_BENCH_DPDK_H

#include <linux/bpf.h>

#include "base/types.h"

/* NULL: not built in, or it refuses the program. ctx is size bytes at run time. */
void *dpdk_load(const struct bpf_insn *insns, u32 n, u32 size);
void dpdk_run(void *prog, void *ctx, u64 times, u64 *ret);

#endif
