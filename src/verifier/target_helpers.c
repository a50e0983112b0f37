/* Helpers that programs may call, or not, by what they are for: an iterator's target, a hook, a function. */
#include "verifier/env.h"

#include <string.h>

#include "prog/prog.h"

static bool in_names(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

/* Called with a socket that may be changed. */
static const char *const socket_targets[] = { "bpf_iter_tcp", "bpf_iter_unix", NULL };
static const char *const socket_hooks[] = {
	"bpf_lsm_socket_post_create", "bpf_lsm_socket_socketpair",     "bpf_lsm_sock_graft",
	"bpf_lsm_inet_csk_clone",     "bpf_lsm_inet_conn_established", NULL
};
/* Functions that hold no lock which finding a path's name would take. */
static const char *const path_functions[] = { "security_file_permission",
					      "security_inode_getattr",
					      "security_file_open",
					      "security_path_truncate",
					      "vfs_truncate",
					      "vfs_fallocate",
					      "dentry_open",
					      "vfs_getattr",
					      "filp_close",
					      NULL };

bool target_adds_helper(const struct verifier *v, u32 id)
{
	if (id == BPF_FUNC_tcp_send_ack && v->p->type->type == BPF_PROG_TYPE_STRUCT_OPS)
		return !strcmp(prog_ops_name(v), "tcp_congestion_ops");
	if ((id != BPF_FUNC_setsockopt && id != BPF_FUNC_getsockopt) || !v->target.name)
		return false;
	switch (v->desc.expected_attach_type) {
	case BPF_TRACE_ITER:
		return v->p->type->type == BPF_PROG_TYPE_TRACING &&
		       in_names(socket_targets, v->target.name);
	case BPF_LSM_CGROUP: return in_names(socket_hooks, v->target.name);
	default: return false;
	}
}

/* Helpers that leave the slot while they work (exec/pause.h) leave inner maps without protection. */
static bool holds_inner_maps(const struct verifier *v)
{
	for (u32 i = 0; i < v->p->nr_maps; i++)
		if (v->p->maps[i]->inner)
			return true;
	return false;
}

int target_forbids_helper(struct verifier *v, u32 id)
{
	if (id == BPF_FUNC_sys_bpf && holds_inner_maps(v))
		return reject(v, -EACCES,
			      "bpf_sys_bpf may free inner maps that the program points into");
	if (id != BPF_FUNC_d_path || v->p->type->type != BPF_PROG_TYPE_TRACING ||
	    v->desc.expected_attach_type == BPF_TRACE_ITER ||
	    (v->target.name && in_names(path_functions, v->target.name)))
		return 0;
	return reject(v, -EINVAL, "helper call is not allowed in probe");
}
