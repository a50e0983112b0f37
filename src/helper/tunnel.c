/* Tunnel metadata beside a packet: kept with the packet's memory (struct skep_tunnel), read back as it
 * was set. */
#include "helper/helper.h"

#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "map/map.h"
#include "skep/packet.h"

#define SET_FLAGS                                                                                  \
	(BPF_F_TUNINFO_IPV6 | BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT | BPF_F_SEQ_NUMBER |        \
	 1ull << 5 /* BPF_F_NO_TUNNEL_KEY */)
#define GET_FLAGS (BPF_F_TUNINFO_IPV6 | 1ull << 4 /* BPF_F_TUNINFO_FLAGS */)

/* Sizes of struct bpf_tunnel_key in the course of time. */
static bool known_size(u32 size, u64 flags)
{
	switch (size) {
	case sizeof(struct bpf_tunnel_key):
	case offsetof(struct bpf_tunnel_key, local_ipv6[0]):
	case offsetof(struct bpf_tunnel_key, tunnel_label):
	case offsetof(struct bpf_tunnel_key, tunnel_ext): return true;
	case offsetof(struct bpf_tunnel_key, remote_ipv6[1]): return !(flags & BPF_F_TUNINFO_IPV6);
	default: return false;
	}
}

static s64 set_key(struct skep_tunnel *t, const struct bpf_tunnel_key *from, u32 size, u64 flags)
{
	struct bpf_tunnel_key key = { 0 };

	if (flags & ~(u64)SET_FLAGS || !known_size(size, flags))
		return -EINVAL;
	memcpy(&key, from, size);
	if ((!(flags & BPF_F_TUNINFO_IPV6) && key.tunnel_label) || key.tunnel_ext)
		return -EINVAL;
	if (!t)
		return -ENOMEM;
	memcpy(t->key, &key, sizeof(key));
	t->has_key = 1;
	t->ipv6 = flags & BPF_F_TUNINFO_IPV6 ? 1 : 0;
	t->opt_len = 0;
	return 0;
}

static s64 get_key(const struct skep_tunnel *t, void *to, u32 size, u64 flags)
{
	memset(to, 0, size);
	if (!t || !t->has_key || flags & ~(u64)GET_FLAGS)
		return -EINVAL;
	if (t->ipv6 != (flags & BPF_F_TUNINFO_IPV6 ? 1 : 0))
		return -EPROTO;
	if (!known_size(size, flags))
		return -EINVAL;
	memcpy(to, t->key, size);
	return 0;
}

HELPER_FN(skb_set_tunnel_key)
{
	return helper_result(
		set_key(((struct skep_skb *)run->ctx)->tunnel, helper_ptr(r2), (u32)r3, r4));
}

const struct skep_helper helper_skb_set_tunnel_key = {
	HELPER_ID(skb_set_tunnel_key),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING },
};

HELPER_FN(skb_get_tunnel_key)
{
	return helper_result(
		get_key(((struct skep_skb *)run->ctx)->tunnel, helper_ptr(r2), (u32)r3, r4));
}

const struct skep_helper helper_skb_get_tunnel_key = {
	HELPER_ID(skb_get_tunnel_key),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE, SKEP_ARG_ANYTHING },
};

HELPER_FN(skb_set_tunnel_opt)
{
	struct skep_tunnel *t = ((struct skep_skb *)run->ctx)->tunnel;

	if (!t || !t->has_key || r3 % 4)
		return helper_result(-EINVAL);
	if (r3 > sizeof(t->opt))
		return helper_result(-ENOMEM);
	memcpy(t->opt, helper_ptr(r2), r3);
	t->opt_len = (u8)r3;
	return 0;
}

const struct skep_helper helper_skb_set_tunnel_opt = {
	HELPER_ID(skb_set_tunnel_opt),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM, SKEP_ARG_SIZE },
};

HELPER_FN(skb_get_tunnel_opt)
{
	const struct skep_tunnel *t = ((struct skep_skb *)run->ctx)->tunnel;
	u8 *to = helper_ptr(r2);

	memset(to, 0, (u32)r3);
	if (!t || !t->opt_len)
		return helper_result(-ENOENT);
	if (t->opt_len > r3)
		return helper_result(-ENOMEM);
	memcpy(to, t->opt, t->opt_len);
	return t->opt_len;
}

const struct skep_helper helper_skb_get_tunnel_opt = {
	HELPER_ID(skb_get_tunnel_opt),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE },
};

HELPER_FN(skb_get_xfrm_state)
{
	memset(helper_ptr(r3), 0, (u32)r4);
	return helper_result(-EINVAL); /* the packet was not transformed */
}

const struct skep_helper helper_skb_get_xfrm_state = {
	HELPER_ID(skb_get_xfrm_state),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_MEM_UNINIT, SKEP_ARG_SIZE,
		 SKEP_ARG_ANYTHING },
};
