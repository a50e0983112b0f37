/* DPDK's BPF interpreter and JIT, for comparison. */
#ifndef SKEP_BENCH_DPDK_H
#define SKEP_BENCH_DPDK_H

#include <linux/bpf.h>

#include "base/types.h"

/* NULL: not built in, or it refuses the program. ctx is size bytes at run time. */
void *dpdk_load(const struct bpf_insn *insns, u32 n, u32 size);
void dpdk_run(void *prog, void *ctx, u64 times, u64 *ret);
/* Negative: it has made no native code. */
int dpdk_run_jit(void *prog, void *ctx, u64 times, u64 *ret);

#endif
