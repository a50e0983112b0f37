/* Which helpers Linux 6.18 lets which program types call (for clients with all capabilities), as
 * sets that the types combine. Found by asking the kernel for every helper and type;
 * tests/unit/prog_oracle.c does so again. */
#include "prog/helper_sets.h"

/* All of Linux's helpers: Debian 12's headers lack the newest. */
enum {
#define FN(id, name) F_##name = (id),
#include "insn/helper_names.def"
#undef FN
};

/* clang-format off */
const u32 helpers_base[] = {
	F_map_lookup_elem, F_map_update_elem, F_map_delete_elem, F_ktime_get_ns, F_trace_printk,
	F_get_prandom_u32, F_get_smp_processor_id, F_tail_call, F_get_current_pid_tgid,
	F_get_current_uid_gid, F_get_current_comm, F_get_cgroup_classid, F_perf_event_read,
	F_get_current_task, F_current_task_under_cgroup, F_get_numa_node_id,
	F_perf_event_read_value, F_get_current_cgroup_id, F_map_push_elem, F_map_pop_elem,
	F_map_peek_elem, F_spin_lock, F_spin_unlock, F_strtol, F_strtoul, F_send_signal,
	F_probe_read_user, F_probe_read_kernel, F_probe_read_user_str, F_probe_read_kernel_str,
	F_send_signal_thread, F_jiffies64, F_get_ns_current_pid_tgid,
	F_get_current_ancestor_cgroup_id, F_ktime_get_boot_ns, F_ringbuf_output,
	F_ringbuf_reserve, F_ringbuf_submit, F_ringbuf_discard, F_ringbuf_query,
	F_get_task_stack, F_copy_from_user, F_snprintf_btf, F_per_cpu_ptr, F_this_cpu_ptr,
	F_task_storage_get, F_task_storage_delete, F_get_current_task_btf, F_for_each_map_elem,
	F_snprintf, F_timer_init, F_timer_set_callback, F_timer_start, F_timer_cancel,
	F_task_pt_regs, F_get_branch_snapshot, F_trace_vprintk, F_find_vma, F_loop, F_strncmp,
	F_copy_from_user_task, F_kptr_xchg, F_map_lookup_percpu_elem, F_dynptr_from_mem,
	F_ringbuf_reserve_dynptr, F_ringbuf_submit_dynptr, F_ringbuf_discard_dynptr,
	F_dynptr_read, F_dynptr_write, F_dynptr_data, F_ktime_get_tai_ns, F_user_ringbuf_drain,
	F_cgrp_storage_get, F_cgrp_storage_delete, 0,
};

const u32 helpers_output[] = {
	F_perf_event_output, 0,
};

const u32 helpers_coarse[] = {
	F_ktime_get_coarse_ns, 0,
};

const u32 helpers_skc[] = {
	F_skc_to_tcp6_sock, F_skc_to_tcp_sock, F_skc_to_tcp_timewait_sock,
	F_skc_to_tcp_request_sock, F_skc_to_udp6_sock, F_skc_to_unix_sock, F_skc_to_mptcp_sock, 0,
};

const u32 helpers_cookie[] = {
	F_get_socket_cookie, 0,
};

const u32 helpers_storage[] = {
	F_sk_storage_get, 0,
};

const u32 helpers_inode_storage[] = {
	F_inode_storage_get, F_inode_storage_delete, 0,
};

const u32 helpers_netns[] = {
	F_get_netns_cookie, 0,
};

const u32 helpers_load[] = {
	F_skb_load_bytes, 0,
};

const u32 helpers_storage_delete[] = {
	F_sk_storage_delete, 0,
};

const u32 helpers_local_storage[] = {
	F_get_local_storage, 0,
};

const u32 helpers_release[] = {
	F_sk_release, 0,
};

const u32 helpers_lookup[] = {
	F_sk_lookup_tcp, F_sk_lookup_udp, F_skc_lookup_tcp, 0,
};

const u32 helpers_csum_diff[] = {
	F_csum_diff, 0,
};

const u32 helpers_pull[] = {
	F_skb_pull_data, 0,
};

const u32 helpers_tracing[] = {
	F_probe_read, F_get_stackid, F_probe_read_str, F_get_stack, F_get_func_ip, 0,
};

const u32 helpers_route[] = {
	F_get_route_realm, F_skb_under_cgroup, F_get_hash_recalc, 0,
};

const u32 helpers_tcp_sock[] = {
	F_tcp_sock, 0,
};

const u32 helpers_uid[] = {
	F_get_socket_uid, 0,
};

const u32 helpers_sockopt[] = {
	F_setsockopt, F_getsockopt, 0,
};

const u32 helpers_load_rel[] = {
	F_skb_load_bytes_relative, 0,
};

const u32 helpers_attach_cookie[] = {
	F_get_attach_cookie, 0,
};

const u32 helpers_retval[] = {
	F_get_retval, F_set_retval, 0,
};

const u32 helpers_skb_edit[] = {
	F_skb_store_bytes, F_skb_change_tail, F_skb_change_head, 0,
};

const u32 helpers_redirect[] = {
	F_redirect, 0,
};

const u32 helpers_skb_out[] = {
	F_l3_csum_replace, F_l4_csum_replace, F_clone_redirect, F_skb_get_tunnel_key,
	F_skb_set_tunnel_key, F_skb_get_tunnel_opt, F_skb_set_tunnel_opt, F_csum_update,
	F_set_hash_invalid, F_csum_level, 0,
};

const u32 helpers_room[] = {
	F_skb_adjust_room, 0,
};

const u32 helpers_forward[] = {
	F_fib_lookup, F_tcp_check_syncookie, F_tcp_gen_syncookie, F_check_mtu,
	F_tcp_raw_gen_syncookie_ipv4, F_tcp_raw_gen_syncookie_ipv6,
	F_tcp_raw_check_syncookie_ipv4, F_tcp_raw_check_syncookie_ipv6, 0,
};

const u32 helpers_fullsock[] = {
	F_skb_cgroup_id, F_skb_ancestor_cgroup_id, F_sk_fullsock, F_skb_ecn_set_ce,
	F_get_listener_sock, 0,
};

const u32 helpers_sk_assign[] = {
	F_sk_assign, 0,
};

const u32 helpers_tc[] = {
	F_skb_vlan_push, F_skb_vlan_pop, F_skb_change_proto, F_skb_change_type, F_set_hash,
	F_skb_get_xfrm_state, F_skb_cgroup_classid, F_redirect_neigh, F_redirect_peer,
	F_skb_set_tstamp, 0,
};

const u32 helpers_push_encap[] = {
	F_lwt_push_encap, 0,
};

const u32 helpers_buff_len[] = {
	F_xdp_get_buff_len, 0,
};

const u32 helpers_xdp[] = {
	F_xdp_adjust_head, F_redirect_map, F_xdp_adjust_meta, F_xdp_adjust_tail,
	F_xdp_load_bytes, F_xdp_store_bytes, 0,
};

const u32 helpers_sk_redirect[] = {
	F_sk_redirect_map, F_sk_redirect_hash, 0,
};

const u32 helpers_sock_ops[] = {
	F_sock_map_update, F_sock_ops_cb_flags_set, F_sock_hash_update, F_load_hdr_opt,
	F_store_hdr_opt, F_reserve_hdr_opt, 0,
};

const u32 helpers_perf_prog[] = {
	F_perf_prog_read_value, F_read_branch_records, 0,
};

const u32 helpers_sk_msg[] = {
	F_msg_redirect_map, F_msg_apply_bytes, F_msg_cork_bytes, F_msg_pull_data,
	F_msg_redirect_hash, F_msg_push_data, F_msg_pop_data, 0,
};

const u32 helpers_bind[] = {
	F_bind, 0,
};

const u32 helpers_seg6[] = {
	F_lwt_seg6_store_bytes, F_lwt_seg6_adjust_srh, F_lwt_seg6_action, 0,
};

const u32 helpers_reuseport[] = {
	F_sk_select_reuseport, 0,
};

const u32 helpers_sysctl[] = {
	F_sysctl_get_name, F_sysctl_get_current_value, F_sysctl_get_new_value,
	F_sysctl_set_new_value, 0,
};

const u32 helpers_syscall[] = {
	F_skb_output, F_xdp_output, F_d_path, F_sock_from_file, F_sys_bpf,
	F_btf_find_by_name_kind, F_sys_close, F_kallsyms_lookup_name, 0,
};

const u32 helpers_by_btf[] = {
	F_skb_output, F_xdp_output, F_d_path, F_sock_from_file, F_seq_printf, F_seq_write,
	F_seq_printf_btf, F_get_func_arg, F_get_func_ret, F_get_func_arg_cnt, F_get_socket_cookie, 0,
};

const u32 helpers_lsm[] = {
	F_bprm_opts_set, F_ima_inode_hash, F_ima_file_hash, 0,
};

const u32 helpers_sk_cgroup[] = {
	F_sk_cgroup_id, F_sk_ancestor_cgroup_id, 0,
};
/* clang-format on */
