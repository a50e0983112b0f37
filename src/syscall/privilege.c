/* What clients may do without capabilities. Linux: CAP_SYS_ADMIN stands for CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN. */
#include "syscall/privilege.h"

#include <errno.h>
#include <linux/capability.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF	    39
#endif

bool privilege_has(struct skep_client *c, int cap)
{
	return client_capable(c, cap) || client_capable(c, CAP_SYS_ADMIN);
}

bool privilege_bpf(struct call *c)
{
	return c->skep->unprivileged_bpf < 2 && privilege_has(c->client, CAP_BPF);
}

int need_bpf(struct call *c, const char *what)
{
	return privilege_has(c->client, CAP_BPF) ? 0 : fail(-EPERM, "%s needs CAP_BPF", what);
}

int need_net_admin(struct call *c, const char *what)
{
	return privilege_has(c->client, CAP_NET_ADMIN)
		       ? 0
		       : fail(-EPERM, "%s needs CAP_NET_ADMIN", what);
}

int need_sys_admin(struct call *c, const char *what)
{
	return client_capable(c->client, CAP_SYS_ADMIN)
		       ? 0
		       : fail(-EPERM, "%s needs CAP_SYS_ADMIN", what);
}

#define P(type)	       (1ull << BPF_PROG_TYPE_##type)
#define NETFILTER_PROG (1ull << 32) /* not in Linux 6.1's header */
static const u64 net_progs = P(SCHED_CLS) | P(SCHED_ACT) | P(XDP) | P(LWT_IN) | P(LWT_OUT) |
			     P(LWT_XMIT) | P(LWT_SEG6LOCAL) | P(SK_SKB) | P(SK_MSG) |
			     P(FLOW_DISSECTOR) | P(CGROUP_DEVICE) | P(CGROUP_SOCK) |
			     P(CGROUP_SOCK_ADDR) | P(CGROUP_SOCKOPT) | P(CGROUP_SYSCTL) |
			     P(SOCK_OPS) | P(EXT) | NETFILTER_PROG;
static const u64 trace_progs = P(KPROBE) | P(TRACEPOINT) | P(PERF_EVENT) | P(RAW_TRACEPOINT) |
			       P(RAW_TRACEPOINT_WRITABLE) | P(TRACING) | P(LSM) | P(STRUCT_OPS) |
			       P(EXT);

int privilege_prog(struct call *c, u32 type)
{
	u64 bit = type < 64 ? 1ull << type : 0;

	if (bit & net_progs)
		TRY(need_net_admin(c, "prog: this type"));
	if ((bit & trace_progs) && !privilege_has(c->client, CAP_PERFMON))
		return fail(-EPERM, "prog: this type needs CAP_PERFMON");
	return 0;
}

#define M(type) (1ull << BPF_MAP_TYPE_##type)
static const u64 for_all = M(ARRAY) | M(PERCPU_ARRAY) | M(PROG_ARRAY) | M(PERF_EVENT_ARRAY) |
			   M(CGROUP_ARRAY) | M(ARRAY_OF_MAPS) | M(HASH) | M(PERCPU_HASH) |
			   M(HASH_OF_MAPS) | M(RINGBUF) | M(USER_RINGBUF) | M(CGROUP_STORAGE) |
			   M(PERCPU_CGROUP_STORAGE);
static const u64 for_networks = M(SOCKMAP) | M(SOCKHASH) | M(DEVMAP) | M(DEVMAP_HASH) | M(XSKMAP);

int privilege_map(struct call *c, u32 type)
{
	u64 bit = type < 64 ? 1ull << type : 0;

	if (!c->skep->unprivileged_bpf)
		TRY(need_bpf(c, "map: to create one"));
	if (bit & for_all)
		return 0;
	return bit & for_networks ? need_net_admin(c, "map: this type")
				  : need_bpf(c, "map: this type");
}
