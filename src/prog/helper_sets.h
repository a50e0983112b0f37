/* Sets of helper ids, each ended by 0, from which program types make their lists. Two helpers are in one
 * set if exactly the same types may call them; a set bears the name of its purpose or first member. */
#ifndef SKEP_PROG_HELPER_SETS_H
#define SKEP_PROG_HELPER_SETS_H

#include "base/types.h"

/* base: every type may call them. tracing: what observes the kernel. */
extern const u32 helpers_base[], helpers_output[], helpers_coarse[], helpers_skc[],
	helpers_cookie[], helpers_storage[], helpers_netns[], helpers_load[],
	helpers_storage_delete[], helpers_inode_storage[], helpers_local_storage[],
	helpers_release[], helpers_lookup[], helpers_csum_diff[], helpers_pull[], helpers_tracing[],
	helpers_route[], helpers_tcp_sock[], helpers_uid[], helpers_sockopt[], helpers_load_rel[],
	helpers_attach_cookie[], helpers_retval[], helpers_skb_edit[], helpers_redirect[],
	helpers_skb_out[], helpers_room[], helpers_forward[], helpers_fullsock[],
	helpers_sk_assign[], helpers_tc[], helpers_push_encap[], helpers_buff_len[], helpers_xdp[],
	helpers_sk_redirect[], helpers_sock_ops[], helpers_perf_prog[], helpers_sk_msg[],
	helpers_bind[], helpers_seg6[], helpers_reuseport[], helpers_sysctl[], helpers_syscall[],
	helpers_sk_cgroup[], helpers_lsm[], helpers_by_btf[];

#endif
