/* The bpf(2) ABI as of Linux 6.18: what a client passes for each command and what info commands
 * answer. Declared here because the system's <linux/bpf.h> may be older (Debian 12: 6.1).
 *
 * Facts of the UAPI only: field order and widths are fixed for ever; new kernels append. One struct
 * per command, in the words of bpf(2); all lie at offset 0 of union abi_attr. Checked against the
 * running kernel's own BTF by tests/unit/syscall_abi.c. */
#ifndef SKEP_ABI_ABI_H
#define SKEP_ABI_ABI_H

#include <assert.h>
#include <linux/bpf.h>

#include "base/types.h"

typedef u64 __attribute__((aligned(8))) uaddr; /* an address in the client's memory */

#define ABI_ATTR_SIZE 168 /* sizeof(union bpf_attr) in Linux 6.18 */
#define ABI_NAME_LEN  16

#define ABI_MAP_TYPE_ARENA 33

struct attr_map_create {
	u32 map_type, key_size, value_size, max_entries, map_flags, inner_map_fd, numa_node;
	char map_name[ABI_NAME_LEN];
	u32 map_ifindex, btf_fd, btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
	u64 map_extra;
	s32 value_type_btf_obj_fd, map_token_fd;
	uaddr excl_prog_hash;
	u32 excl_prog_hash_size;
};

struct attr_map_elem {
	u32 map_fd;
	uaddr key;
	union {
		uaddr value, next_key;
	};
	u64 flags;
};

struct attr_batch {
	uaddr in_batch, out_batch, keys, values;
	u32 count, map_fd;
	u64 elem_flags, flags;
};

struct attr_prog_load {
	u32 prog_type, insn_cnt;
	uaddr insns, license;
	u32 log_level, log_size;
	uaddr log_buf;
	u32 kern_version, prog_flags;
	char prog_name[ABI_NAME_LEN];
	u32 prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size;
	uaddr func_info;
	u32 func_info_cnt, line_info_rec_size;
	uaddr line_info;
	u32 line_info_cnt, attach_btf_id;
	union {
		u32 attach_prog_fd, attach_btf_obj_fd;
	};
	u32 core_relo_cnt;
	uaddr fd_array, core_relos;
	u32 core_relo_rec_size, log_true_size;
	s32 prog_token_fd;
	u32 fd_array_cnt;
	uaddr signature;
	u32 signature_size;
	s32 keyring_id;
};

struct attr_obj { /* OBJ_PIN, OBJ_GET */
	uaddr pathname;
	u32 bpf_fd, file_flags;
	s32 path_fd;
};

struct attr_attach { /* PROG_ATTACH, PROG_DETACH */
	union {
		u32 target_fd, target_ifindex;
	};
	u32 attach_bpf_fd, attach_type, attach_flags, replace_bpf_fd;
	union {
		u32 relative_fd, relative_id;
	};
	u64 expected_revision;
};

struct attr_test {
	u32 prog_fd, retval, data_size_in, data_size_out;
	uaddr data_in, data_out;
	u32 repeat, duration, ctx_size_in, ctx_size_out;
	uaddr ctx_in, ctx_out;
	u32 flags, cpu, batch_size;
};

struct attr_get_id { /* *_GET_NEXT_ID, *_GET_FD_BY_ID */
	union {
		u32 start_id, prog_id, map_id, btf_id, link_id;
	};
	u32 next_id, open_flags;
	s32 token_fd;
};

struct attr_info {
	u32 bpf_fd, info_len;
	uaddr info;
};

struct attr_query {
	union {
		u32 target_fd, target_ifindex;
	};
	u32 attach_type, query_flags, attach_flags;
	uaddr prog_ids;
	union {
		u32 prog_cnt, count;
	};
	uaddr prog_attach_flags, link_ids, link_attach_flags;
	u64 revision;
};

struct attr_raw_tp {
	uaddr name;
	u32 prog_fd;
	u64 cookie;
};

struct attr_btf_load {
	uaddr btf, btf_log_buf;
	u32 btf_size, btf_log_size, btf_log_level, btf_log_true_size, btf_flags;
	s32 btf_token_fd;
};

struct attr_task_fd_query {
	u32 pid, fd, flags, buf_len;
	uaddr buf;
	u32 prog_id, fd_type;
	u64 probe_offset, probe_addr;
};

struct attr_link_create {
	union {
		u32 prog_fd, map_fd;
	};
	union {
		u32 target_fd, target_ifindex;
	};
	u32 attach_type, flags;
	union {
		u32 target_btf_id;
		struct {
			uaddr iter_info;
			u32 iter_info_len;
		};
		struct {
			u64 bpf_cookie;
		} perf_event;
		struct {
			u32 flags, cnt;
			uaddr syms, addrs, cookies;
		} kprobe_multi;
		struct {
			u32 target_btf_id;
			u64 cookie;
		} tracing;
		struct {
			u32 pf, hooknum;
			s32 priority;
			u32 flags;
		} netfilter;
		struct {
			u32 relative_fd;
			u64 expected_revision;
		} tcx, netkit, cgroup;
		struct {
			uaddr path, offsets, ref_ctr_offsets, cookies;
			u32 cnt, flags, pid;
		} uprobe_multi;
	};
};

/* What iter_info points to, one after the other by target. */
union abi_iter_info {
	u32 map_fd;
	struct {
		u32 order, fd;
		u64 id;
	} cgroup;
	struct {
		u32 tid, pid, pid_fd;
	} task;
};
static_assert(sizeof(union abi_iter_info) == 16, "bpf_iter_link_info");

struct attr_link_update {
	u32 link_fd;
	union {
		u32 new_prog_fd, new_map_fd;
	};
	u32 flags;
	union {
		u32 old_prog_fd, old_map_fd;
	};
};

struct attr_link_detach {
	u32 link_fd;
};

struct attr_enable_stats {
	u32 type;
};

struct attr_iter_create {
	u32 link_fd, flags;
};

struct attr_bind_map {
	u32 prog_fd, map_fd, flags;
};

struct attr_token_create {
	u32 flags, bpffs_fd;
};

struct attr_stream_read {
	uaddr stream_buf;
	u32 stream_buf_len, stream_id, prog_fd;
};

union abi_attr {
	struct attr_map_create map_create;
	struct attr_map_elem map_elem;
	struct attr_batch batch;
	struct attr_prog_load prog_load;
	struct attr_obj obj;
	struct attr_attach attach;
	struct attr_test test;
	struct attr_get_id get_id;
	struct attr_info info;
	struct attr_query query;
	struct attr_raw_tp raw_tp;
	struct attr_btf_load btf_load;
	struct attr_task_fd_query task_fd_query;
	struct attr_link_create link_create;
	struct attr_link_update link_update;
	struct attr_link_detach link_detach;
	struct attr_enable_stats enable_stats;
	struct attr_iter_create iter_create;
	struct attr_bind_map bind_map;
	struct attr_token_create token_create;
	struct attr_stream_read stream_read;
	u8 raw[ABI_ATTR_SIZE];
};
static_assert(sizeof(union abi_attr) == ABI_ATTR_SIZE, "no command may outgrow Linux's union");

struct abi_prog_info {
	u32 type, id;
	u8 tag[8];
	u32 jited_prog_len, xlated_prog_len;
	uaddr jited_prog_insns, xlated_prog_insns;
	u64 load_time; /* ns since boot */
	u32 created_by_uid, nr_map_ids;
	uaddr map_ids;
	char name[ABI_NAME_LEN];
	u32 ifindex;
	u32 gpl_compatible : 1;
	u32 : 31;
	u64 netns_dev, netns_ino;
	u32 nr_jited_ksyms, nr_jited_func_lens;
	uaddr jited_ksyms, jited_func_lens;
	u32 btf_id, func_info_rec_size;
	uaddr func_info;
	u32 nr_func_info, nr_line_info;
	uaddr line_info, jited_line_info;
	u32 nr_jited_line_info, line_info_rec_size, jited_line_info_rec_size, nr_prog_tags;
	uaddr prog_tags;
	u64 run_time_ns, run_cnt, recursion_misses;
	u32 verified_insns, attach_btf_obj_id, attach_btf_id;
	u32 : 32;
};
static_assert(sizeof(struct abi_prog_info) == 232, "bpf_prog_info");

struct abi_map_info {
	u32 type, id, key_size, value_size, max_entries, map_flags;
	char name[ABI_NAME_LEN];
	u32 ifindex, btf_vmlinux_value_type_id;
	u64 netns_dev, netns_ino;
	u32 btf_id, btf_key_type_id, btf_value_type_id, btf_vmlinux_id;
	u64 map_extra;
	uaddr hash;
	u32 hash_size;
	u32 : 32;
};
static_assert(sizeof(struct abi_map_info) == 104, "bpf_map_info");

struct abi_btf_info {
	uaddr btf;
	u32 btf_size, id;
	uaddr name;
	u32 name_len, kernel_btf;
};
static_assert(sizeof(struct abi_btf_info) == 32, "bpf_btf_info");

struct abi_link_info {
	u32 type, id, prog_id;
	union {
		struct {
			uaddr tp_name;
			u32 tp_name_len;
			u32 : 32;
			u64 cookie;
		} raw_tracepoint;
		struct {
			u32 attach_type, target_obj_id, target_btf_id;
			u32 : 32;
			u64 cookie;
		} tracing;
		struct {
			u64 cgroup_id;
			u32 attach_type;
		} cgroup;
		struct {
			uaddr target_name; /* where raw_tracepoint has tp_name */
			u32 target_name_len, map_id;
			union {
				struct {
					u64 cgroup_id;
					u32 order;
				} cgroup;
				struct {
					u32 tid, pid;
				} task;
			};
		} iter;
		struct {
			u32 netns_ino, attach_type;
		} netns;
		struct {
			u32 map_id;
		} struct_ops;
		struct {
			u32 ifindex;
		} xdp;
		struct {
			u32 ifindex, attach_type;
		} tcx, netkit;
		struct {
			u32 pf, hooknum;
			s32 priority;
			u32 flags;
		} netfilter;
		struct {
			uaddr path, offsets, ref_ctr_offsets, cookies;
			u32 path_size, count, flags, pid;
		} uprobe_multi; /* the largest */
		struct {
			u32 type;
			u32 : 32;
			uaddr name;
			u32 name_len, offset;
			u64 addr, missed, cookie;
		} perf_event;
	};
};
static_assert(sizeof(struct abi_link_info) == 64, "bpf_link_info");

/* Flags that Linux 6.1's header lacks. */
/* Enumerators that Debian 12's headers lack, with the values that newer ones give them. */
#define BPF_MAP_TYPE_CGRP_STORAGE    32
#define BPF_FUNC_cgrp_storage_get    210
#define BPF_FUNC_cgrp_storage_delete 211

#define ABI_F_LINK	       (1u << 13) /* attach commands: the fd is a link's */
#define ABI_F_PATH_FD	       (1u << 14) /* OBJ_PIN, OBJ_GET: pathname is relative to path_fd */
#define ABI_F_VTYPE_BTF_OBJ_FD (1u << 15)
#define ABI_F_TOKEN_FD	       (1u << 16)
#define ABI_F_SEGV_ON_FAULT    (1u << 17)
#define ABI_F_NO_USER_CONV     (1u << 18)
#define ABI_F_PROG_DEV_BOUND   (1u << 6) /* PROG_LOAD */
#define ABI_F_TEST_RND_HI32    (1u << 2)
#define ABI_F_TEST_STATE_FREQ  (1u << 3)
#define ABI_F_TEST_REG_INVAR   (1u << 7)
#define ABI_ATTACH_STRUCT_OPS  44
#define ABI_ATTACH_NETFILTER   45
enum { /* of CGROUP_SOCK_ADDR programs */
       ABI_ATTACH_UNIX_CONNECT = 49,
       ABI_ATTACH_UNIX_SENDMSG,
       ABI_ATTACH_UNIX_RECVMSG,
       ABI_ATTACH_UNIX_GETPEERNAME,
       ABI_ATTACH_UNIX_GETSOCKNAME,
};
#define ABI_LINK_TYPE_NETFILTER 10
#define ABI_LINK_TYPE_TCX	11

#endif
