/* See kfunc.h. */
#include "kfunc/kfunc.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "kfunc/fns.h"

#define ON(type)      (1ull << BPF_PROG_TYPE_##type)
#define ON_ALL	      (~0ull)
#define ON_XDP	      ON(XDP)
#define ON_TC	      ON(SCHED_CLS)
#define ON_ACT	      ON(SCHED_ACT)
#define ON_SYSCALL    ON(SYSCALL)
#define ON_STRUCT_OPS ON(STRUCT_OPS)
#define ON_LSM	      ON(LSM)
#define ON_KPROBE     ON(KPROBE)
#define ON_TRACING    (ON(TRACING) | ON(TRACEPOINT) | ON(PERF_EVENT) | ON(LSM))
#define ON_CGROUP                                                                                  \
	(ON(CGROUP_SKB) | ON(CGROUP_SOCK) | ON(CGROUP_DEVICE) | ON(CGROUP_SOCK_ADDR) |             \
	 ON(CGROUP_SYSCTL) | ON(CGROUP_SOCKOPT) | ON(SOCK_OPS))
#define ON_CPUMASK (ON_TRACING | ON_SYSCALL | ON_STRUCT_OPS)
#define ON_OBJECTS (ON_CPUMASK | ON_CGROUP | ON_TC | ON_XDP)
#define ON_SKB                                                                                     \
	(ON_TRACING | ON_CGROUP | ON_TC | ON_ACT | ON(SOCKET_FILTER) | ON(LWT_IN) | ON(LWT_OUT) |  \
	 ON(LWT_XMIT) | ON(LWT_SEG6LOCAL) | ON(SK_SKB) | 1ull << 32 /* NETFILTER */)

const struct kfunc kfuncs[NR_KFUNCS] = {
#define KFUNC(name, flags, types, fn) { #name, flags, types, fn },
#include "kfunc/kfuncs.def"
};

/* The table is in alphabetical order. */
int kfunc_find(const char *name)
{
	int lo = 0, hi = NR_KFUNCS - 1;

	while (lo <= hi) {
		int mid = (lo + hi) / 2, c = strcmp(name, kfuncs[mid].name);

		if (!c)
			return mid;
		if (c < 0)
			hi = mid - 1;
		else
			lo = mid + 1;
	}
	return -ENOENT;
}

skep_helper_fn kfunc_fn(u32 row)
{
	return row < NR_KFUNCS ? kfuncs[row].fn : NULL;
}

KFUNC_FN(kfunc_nothing)
{
	return 0;
}

KFUNC_FN(kfunc_same)
{
	return r1;
}
