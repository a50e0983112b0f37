/* BPF_PROG_TYPE_CGROUP_SOCKOPT: looks at and changes getsockopt() and setsockopt() of a cgroup.
 * Context: struct bpf_sockopt, natively the same; optval … optval_end is memory like a packet, but the
 * system's own, so every helper may take pointers into it. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog.h"
#include "prog/prog_types.h"

#define OPT struct bpf_sockopt

static const struct skep_ctx_field cgroup_sockopt_fields[] = {
	CTX_POINTER(OPT, sk, SKEP_FIELD_SOCK),
	CTX_POINTER(OPT, optval, SKEP_FIELD_PKT),
	CTX_POINTER(OPT, optval_end, SKEP_FIELD_PKT_END),
	CTX_WHOLE(OPT, level, SKEP_READ_WRITE),
	CTX_WHOLE(OPT, optname, SKEP_READ_WRITE),
	CTX_WHOLE(OPT, optlen, SKEP_READ_WRITE),
	CTX_WHOLE(OPT, retval, SKEP_READ_WRITE),
};

/* What was asked for is setsockopt()'s to change, what is answered getsockopt()'s. */
static int cgroup_sockopt_check_ctx(const struct skep_prog_desc *d, const struct skep_ctx_field *f,
				    u32 off, u32 size, int is_write)
{
	bool get = d->expected_attach_type == BPF_CGROUP_GETSOCKOPT;

	(void)off;
	(void)size;
	switch (f->off) {
	case offsetof(OPT, level):
	case offsetof(OPT, optname): return is_write && get ? -EACCES : 0;
	case offsetof(OPT, retval): return get ? 0 : -EACCES;
	default: return 0;
	}
}

static int cgroup_sockopt_check_load(const struct skep_prog_desc *d)
{
	return d->expected_attach_type == BPF_CGROUP_GETSOCKOPT ||
			       d->expected_attach_type == BPF_CGROUP_SETSOCKOPT
		       ? 0
		       : -EINVAL;
}

static int cgroup_sockopt_may_call(const struct skep_prog_desc *d, u32 helper)
{
	return d->expected_attach_type == BPF_CGROUP_SETSOCKOPT ||
	       (helper != BPF_FUNC_setsockopt && helper != BPF_FUNC_getsockopt);
}

static const u32 *const cgroup_sockopt_helpers[] = { helpers_base,	     helpers_output,
						     helpers_storage,	     helpers_netns,
						     helpers_storage_delete, helpers_local_storage,
						     helpers_tcp_sock,	     helpers_sockopt,
						     helpers_retval,	     NULL };

const struct skep_prog_type prog_type_cgroup_sockopt = {
	.type = BPF_PROG_TYPE_CGROUP_SOCKOPT,
	.name = "cgroup_sockopt",
	.ctx_size = sizeof(struct bpf_sockopt),
	.fields = cgroup_sockopt_fields,
	.nr_fields = ARRAY_SIZE(cgroup_sockopt_fields),
	.helpers = cgroup_sockopt_helpers,
	.flags = SKEP_PROG_PKT_READ | SKEP_PROG_PKT_WRITE | SKEP_PROG_PKT_HELPERS,
	.check_load = cgroup_sockopt_check_load,
	.ret_range = ret_range_bool,
	.check_ctx = cgroup_sockopt_check_ctx,
	.may_call = cgroup_sockopt_may_call,
};
