/* See dpdk.h. The library's headers define what linux/bpf.h defines, so this file includes neither
 * that nor dpdk.h; an instruction is 8 bytes in the same order. */
#include <rte_bpf.h>
#include <rte_log.h>
#include <stdint.h>

void *dpdk_load(const void *insns, uint32_t n, uint32_t size);
void dpdk_run(void *prog, void *ctx, uint64_t times, uint64_t *ret);

void *dpdk_load(const void *insns, uint32_t n, uint32_t size)
{
	struct rte_bpf_prm prm = {
		.ins = insns,
		.nb_ins = n,
		.prog_arg = { .type = RTE_BPF_ARG_PTR, .size = size },
	};

	rte_log_set_global_level(RTE_LOG_EMERG);
	return rte_bpf_load(&prm);
}

void dpdk_run(void *prog, void *ctx, uint64_t times, uint64_t *ret)
{
	while (times--)
		*ret = rte_bpf_exec(prog, ctx);
}

int dpdk_run_jit(void *prog, void *ctx, uint64_t times, uint64_t *ret);
int dpdk_run_jit(void *prog, void *ctx, uint64_t times, uint64_t *ret)
{
	struct rte_bpf_jit jit;

	if (rte_bpf_get_jit(prog, &jit) || !jit.func)
		return -1;
	while (times--)
		*ret = jit.func(ctx);
	return 0;
}
