/* bpf_skc_to_*: a socket as one of the kernel's structures. The sockets that programs find here are not the
 * kernel's and have no such structure: the answer is that it is none of that kind. */
#include "helper/helper.h"

#define SOCK_CAST(word, type)                                                                      \
	HELPER_FN(word)                                                                            \
	{                                                                                          \
		return 0;                                                                          \
	}                                                                                          \
	const struct skep_helper helper_##word = {                                                 \
		HELPER_ID(word),                                                                   \
		.ret = SKEP_RET_BTF_OR_NULL,                                                       \
		.ret_struct = type,                                                                \
		.flags = SKEP_HELPER_CASTS,                                                        \
		.arg = { SKEP_ARG_SOCK_OR_BTF },                                                   \
	};

SOCK_CAST(skc_to_tcp_sock, "tcp_sock")
SOCK_CAST(skc_to_tcp6_sock, "tcp6_sock")
SOCK_CAST(skc_to_tcp_timewait_sock, "tcp_timewait_sock")
SOCK_CAST(skc_to_tcp_request_sock, "tcp_request_sock")
SOCK_CAST(skc_to_udp6_sock, "udp6_sock")
SOCK_CAST(skc_to_unix_sock, "unix_sock")
SOCK_CAST(skc_to_mptcp_sock, "mptcp_sock")
