/* Helpers on sockets. User space has none that programs could find: look-ups find nothing, and what
 * needs a connection answers what Linux does without one. A run may have one socket, its packet's. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "skep/packet.h"

#define TCP_TIME_WAIT	 6
#define TCP_NEW_SYN_RECV 12

HELPER_FN(sk_lookup_tcp)
{
	return 0;
}

const struct skep_helper helper_sk_lookup_tcp = {
	HELPER_ID(sk_lookup_tcp),
	.ret = SKEP_RET_SOCK_OR_NULL,
	.flags = SKEP_HELPER_PKT_ACCESS | SKEP_HELPER_ACQUIRES,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(sk_lookup_udp)
{
	return 0;
}

const struct skep_helper helper_sk_lookup_udp = {
	HELPER_ID(sk_lookup_udp),
	.ret = SKEP_RET_SOCK_OR_NULL,
	.flags = SKEP_HELPER_PKT_ACCESS | SKEP_HELPER_ACQUIRES,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(skc_lookup_tcp)
{
	return 0;
}

const struct skep_helper helper_skc_lookup_tcp = {
	HELPER_ID(skc_lookup_tcp),
	.ret = SKEP_RET_SOCK_COMMON_OR_NULL,
	.flags = SKEP_HELPER_PKT_ACCESS | SKEP_HELPER_ACQUIRES,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(sk_release)
{
	return 0;
}

const struct skep_helper helper_sk_release = {
	HELPER_ID(sk_release),
	.arg = { SKEP_ARG_SOCK_OR_BTF | SKEP_ARG_RELEASE },
};

HELPER_FN(sk_fullsock)
{
	const struct bpf_sock *sk = helper_ptr(r1);

	/* Connections that are being made or have ended are less than a socket. */
	return sk && sk->state != TCP_TIME_WAIT && sk->state != TCP_NEW_SYN_RECV ? r1 : 0;
}

const struct skep_helper helper_sk_fullsock = {
	HELPER_ID(sk_fullsock),
	.ret = SKEP_RET_SOCK_OR_NULL,
	.flags = SKEP_HELPER_CASTS,
	.arg = { SKEP_ARG_SOCK },
};

HELPER_FN(tcp_sock)
{
	return 0;
}

const struct skep_helper helper_tcp_sock = {
	HELPER_ID(tcp_sock),
	.ret = SKEP_RET_TCP_SOCK_OR_NULL,
	.flags = SKEP_HELPER_CASTS,
	.arg = { SKEP_ARG_SOCK },
};

HELPER_FN(get_listener_sock)
{
	return 0;
}

const struct skep_helper helper_get_listener_sock = {
	HELPER_ID(get_listener_sock),
	.ret = SKEP_RET_SOCK_OR_NULL,
	.arg = { SKEP_ARG_SOCK },
};

HELPER_FN(sk_assign)
{
	return helper_result(-EOPNOTSUPP);
}

const struct skep_helper helper_sk_assign = {
	HELPER_ID(sk_assign),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_SOCK_TO_ASSIGN, SKEP_ARG_ANYTHING },
};

HELPER_FN(tcp_check_syncookie)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_tcp_check_syncookie = {
	HELPER_ID(tcp_check_syncookie),
	.flags = SKEP_HELPER_GPL | SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_SOCK_OR_BTF, SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};

HELPER_FN(tcp_gen_syncookie)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_tcp_gen_syncookie = {
	HELPER_ID(tcp_gen_syncookie),
	.flags = SKEP_HELPER_GPL | SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_SOCK_OR_BTF, SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};

HELPER_FN(tcp_raw_gen_syncookie_ipv4)
{
	return helper_result(-EOPNOTSUPP);
}

const struct skep_helper helper_tcp_raw_gen_syncookie_ipv4 = {
	HELPER_ID(tcp_raw_gen_syncookie_ipv4),
	.flags = SKEP_HELPER_GPL | SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MEM, SKEP_ARG_MEM, SKEP_ARG_SIZE_OR_ZERO },
	.arg_size = { 20 },
};

HELPER_FN(tcp_raw_gen_syncookie_ipv6)
{
	return helper_result(-EOPNOTSUPP);
}

const struct skep_helper helper_tcp_raw_gen_syncookie_ipv6 = {
	HELPER_ID(tcp_raw_gen_syncookie_ipv6),
	.flags = SKEP_HELPER_GPL | SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MEM, SKEP_ARG_MEM, SKEP_ARG_SIZE_OR_ZERO },
	.arg_size = { 40 },
};

HELPER_FN(tcp_raw_check_syncookie_ipv4)
{
	return helper_result(-EOPNOTSUPP);
}

const struct skep_helper helper_tcp_raw_check_syncookie_ipv4 = {
	HELPER_ID(tcp_raw_check_syncookie_ipv4),
	.flags = SKEP_HELPER_GPL | SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MEM, SKEP_ARG_MEM },
	.arg_size = { 20, 20 },
};

HELPER_FN(tcp_raw_check_syncookie_ipv6)
{
	return helper_result(-EOPNOTSUPP);
}

const struct skep_helper helper_tcp_raw_check_syncookie_ipv6 = {
	HELPER_ID(tcp_raw_check_syncookie_ipv6),
	.flags = SKEP_HELPER_GPL | SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_MEM, SKEP_ARG_MEM },
	.arg_size = { 40, 20 },
};

HELPER_FN(sk_cgroup_id)
{
	return 0;
}

const struct skep_helper helper_sk_cgroup_id = {
	HELPER_ID(sk_cgroup_id),
	.arg = { SKEP_ARG_SOCK_OR_BTF },
};

HELPER_FN(sk_ancestor_cgroup_id)
{
	return 0;
}

const struct skep_helper helper_sk_ancestor_cgroup_id = {
	HELPER_ID(sk_ancestor_cgroup_id),
	.arg = { SKEP_ARG_SOCK_OR_BTF, SKEP_ARG_ANYTHING },
};

HELPER_FN(setsockopt)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_setsockopt = {
	HELPER_ID(setsockopt),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};

HELPER_FN(getsockopt)
{
	memset(helper_ptr(r4), 0, (u32)r5);
	return helper_result(-EINVAL);
}

const struct skep_helper helper_getsockopt = {
	HELPER_ID(getsockopt),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_MEM_UNINIT,
		 SKEP_ARG_SIZE },
};

HELPER_FN(bind)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_bind = {
	HELPER_ID(bind),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};

HELPER_FN(get_netns_cookie)
{
	return 1; /* of the first network namespace */
}

const struct skep_helper helper_get_netns_cookie = {
	HELPER_ID(get_netns_cookie),
	.arg = { SKEP_ARG_CTX | SKEP_ARG_OR_NULL },
};
