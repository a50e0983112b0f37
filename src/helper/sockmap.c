/* Helpers of programs at sockets: streams and messages of maps of sockets, TCP options, SO_REUSEPORT.
 * Maps of ours hold no sockets, so that nothing is found in them. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "skep/packet.h"

HELPER_FN(sk_redirect_map)
{
	return 0 /* SK_DROP */;
}

const struct skep_helper helper_sk_redirect_map = {
	HELPER_ID(sk_redirect_map),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(SOCKMAP),
};

HELPER_FN(sk_redirect_hash)
{
	return 0 /* SK_DROP */;
}

const struct skep_helper helper_sk_redirect_hash = {
	HELPER_ID(sk_redirect_hash),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_MAP_KEY, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(SOCKHASH),
};

HELPER_FN(msg_redirect_map)
{
	return 0 /* SK_DROP */;
}

const struct skep_helper helper_msg_redirect_map = {
	HELPER_ID(msg_redirect_map),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(SOCKMAP),
};

HELPER_FN(msg_redirect_hash)
{
	return 0 /* SK_DROP */;
}

const struct skep_helper helper_msg_redirect_hash = {
	HELPER_ID(msg_redirect_hash),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_MAP_KEY, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(SOCKHASH),
};

HELPER_FN(sock_map_update)
{
	return helper_result(-EOPNOTSUPP);
}

const struct skep_helper helper_sock_map_update = {
	HELPER_ID(sock_map_update),
	.flags = SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_MAP_KEY, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(SOCKMAP),
};

HELPER_FN(sock_hash_update)
{
	return helper_result(-EOPNOTSUPP);
}

const struct skep_helper helper_sock_hash_update = {
	HELPER_ID(sock_hash_update),
	.flags = SKEP_HELPER_PKT_ACCESS,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_MAP_KEY, SKEP_ARG_ANYTHING },
	.map_types = MAP_TYPE_BIT(SOCKHASH),
};

HELPER_FN(sk_select_reuseport)
{
	return helper_result(-ENOENT);
}

const struct skep_helper helper_sk_select_reuseport = {
	HELPER_ID(sk_select_reuseport),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MAP, SKEP_ARG_MAP_KEY, SKEP_ARG_ANYTHING },
	.map_types =
		MAP_TYPE_BIT(REUSEPORT_SOCKARRAY) | MAP_TYPE_BIT(SOCKMAP) | MAP_TYPE_BIT(SOCKHASH),
};

HELPER_FN(msg_apply_bytes)
{
	return 0;
}

const struct skep_helper helper_msg_apply_bytes = {
	HELPER_ID(msg_apply_bytes),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

HELPER_FN(msg_cork_bytes)
{
	return 0;
}

const struct skep_helper helper_msg_cork_bytes = {
	HELPER_ID(msg_cork_bytes),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

HELPER_FN(msg_pull_data)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_msg_pull_data = {
	HELPER_ID(msg_pull_data),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(msg_push_data)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_msg_push_data = {
	HELPER_ID(msg_push_data),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(msg_pop_data)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_msg_pop_data = {
	HELPER_ID(msg_pop_data),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

HELPER_FN(sock_ops_cb_flags_set)
{
	return helper_result(-EINVAL);
}

const struct skep_helper helper_sock_ops_cb_flags_set = {
	HELPER_ID(sock_ops_cb_flags_set),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

HELPER_FN(load_hdr_opt)
{
	return helper_result(-ENOMSG);
}

const struct skep_helper helper_load_hdr_opt = {
	HELPER_ID(load_hdr_opt),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_RW, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING },
};

HELPER_FN(store_hdr_opt)
{
	return helper_result(-EPERM);
}

const struct skep_helper helper_store_hdr_opt = {
	HELPER_ID(store_hdr_opt),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING },
};

HELPER_FN(reserve_hdr_opt)
{
	return helper_result(-EPERM);
}

const struct skep_helper helper_reserve_hdr_opt = {
	HELPER_ID(reserve_hdr_opt),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};
