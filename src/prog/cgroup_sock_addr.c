/* BPF_PROG_TYPE_CGROUP_SOCK_ADDR: looks at and changes the addresses in bind(), connect(), sendmsg() …
 * of a cgroup. Context: struct bpf_sock_addr, natively the same. */
#include <linux/bpf.h>

#include "abi/abi.h"
#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"

#define ADDR struct bpf_sock_addr

static const struct skep_ctx_field cgroup_sock_addr_fields[] = {
	CTX_WHOLE(ADDR, user_family, SKEP_READ),
	CTX_NUMBER(ADDR, user_ip4, SKEP_READ_WRITE),
	CTX_WORDS(ADDR, user_ip6, SKEP_READ_WRITE | SKEP_NARROW | SKEP_PAIRS),
	CTX_NUMBER(ADDR, user_port, SKEP_READ_WRITE),
	CTX_WHOLE(ADDR, family, SKEP_READ),
	CTX_WHOLE(ADDR, type, SKEP_READ),
	CTX_WHOLE(ADDR, protocol, SKEP_READ),
	CTX_NUMBER(ADDR, msg_src_ip4, SKEP_READ_WRITE),
	CTX_WORDS(ADDR, msg_src_ip6, SKEP_READ_WRITE | SKEP_NARROW | SKEP_PAIRS),
	CTX_POINTER(ADDR, sk, SKEP_FIELD_SOCK),
};

enum { INET4 = 1, INET6 = 2, UNIX = 4, SEND = 8, TELL = 16, BIND = 32, CONNECT = 64 };

/* What an attach type is about; 0: it is none of ours. TELL: an address is told, not chosen. */
static u32 about(u32 attach_type)
{
	switch (attach_type) {
	case BPF_CGROUP_INET4_BIND: return INET4 | BIND;
	case BPF_CGROUP_INET6_BIND: return INET6 | BIND;
	case BPF_CGROUP_INET4_CONNECT: return INET4 | CONNECT;
	case BPF_CGROUP_INET6_CONNECT: return INET6 | CONNECT;
	case BPF_CGROUP_UDP4_SENDMSG: return INET4 | SEND;
	case BPF_CGROUP_UDP6_SENDMSG: return INET6 | SEND;
	case BPF_CGROUP_UDP4_RECVMSG:
	case BPF_CGROUP_INET4_GETPEERNAME:
	case BPF_CGROUP_INET4_GETSOCKNAME: return INET4 | TELL;
	case BPF_CGROUP_UDP6_RECVMSG:
	case BPF_CGROUP_INET6_GETPEERNAME:
	case BPF_CGROUP_INET6_GETSOCKNAME: return INET6 | TELL;
	case ABI_ATTACH_UNIX_CONNECT:
	case ABI_ATTACH_UNIX_SENDMSG: return UNIX;
	case ABI_ATTACH_UNIX_RECVMSG:
	case ABI_ATTACH_UNIX_GETPEERNAME:
	case ABI_ATTACH_UNIX_GETSOCKNAME: return UNIX | TELL;
	default: return 0;
	}
}

static int cgroup_sock_addr_check_ctx(const struct skep_prog_desc *d,
				      const struct skep_ctx_field *f, u32 off, u32 size,
				      int is_write)
{
	u32 a = about(d->expected_attach_type), need = 0;

	(void)off;
	(void)size;
	(void)is_write;
	switch (f->off) {
	case offsetof(ADDR, user_ip4): need = INET4; break;
	case offsetof(ADDR, user_ip6): need = INET6; break;
	case offsetof(ADDR, msg_src_ip4): need = INET4 | SEND; break;
	case offsetof(ADDR, msg_src_ip6): need = INET6 | SEND; break;
	default: break;
	}
	return (a & need) == need ? 0 : -EACCES;
}

static int cgroup_sock_addr_check_load(const struct skep_prog_desc *d)
{
	return about(d->expected_attach_type) ? 0 : -EINVAL;
}

/* What tells an address cannot refuse; bind() has more to say than yes and no. */
static int cgroup_sock_addr_ret_range(const struct skep_prog_desc *d, int64_t *min, int64_t *max)
{
	u32 a = about(d->expected_attach_type);

	*min = a & TELL ? 1 : 0;
	*max = a & BIND ? 3 : 1;
	return 1;
}

static int cgroup_sock_addr_may_call(const struct skep_prog_desc *d, u32 helper)
{
	u32 a = about(d->expected_attach_type);

	switch (helper) {
	case BPF_FUNC_bind: return a & CONNECT;
	case BPF_FUNC_get_retval:
	case BPF_FUNC_set_retval: return !(a & TELL);
	default: return 1;
	}
}

static const u32 *const cgroup_sock_addr_helpers[] = {
	helpers_base,	 helpers_output,	 helpers_coarse,
	helpers_skc,	 helpers_cookie,	 helpers_storage,
	helpers_netns,	 helpers_storage_delete, helpers_local_storage,
	helpers_release, helpers_lookup,	 helpers_sockopt,
	helpers_retval,	 helpers_bind,		 NULL
};

const struct skep_prog_type prog_type_cgroup_sock_addr = {
	.type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	.name = "cgroup_sock_addr",
	.ctx_size = sizeof(struct bpf_sock_addr),
	.fields = cgroup_sock_addr_fields,
	.nr_fields = ARRAY_SIZE(cgroup_sock_addr_fields),
	.helpers = cgroup_sock_addr_helpers,
	.check_load = cgroup_sock_addr_check_load,
	.ret_range = cgroup_sock_addr_ret_range,
	.check_ctx = cgroup_sock_addr_check_ctx,
	.may_call = cgroup_sock_addr_may_call,
};
