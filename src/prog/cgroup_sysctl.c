/* BPF_PROG_TYPE_CGROUP_SYSCTL: may a process of the cgroup read or write that sysctl? 1 yes, 0 no.
 * Context: struct bpf_sysctl, natively the same. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog.h"
#include "prog/prog_types.h"

#define SYSCTL struct bpf_sysctl

static const struct skep_ctx_field cgroup_sysctl_fields[] = {
	CTX_NUMBER(SYSCTL, write, SKEP_READ),
	CTX_NUMBER(SYSCTL, file_pos, SKEP_READ_WRITE),
};

static const u32 *const cgroup_sysctl_helpers[] = { helpers_base,
						    helpers_output,
						    helpers_coarse,
						    helpers_local_storage,
						    helpers_sysctl,
						    helpers_retval,
						    NULL };

/* Clients that do not say for what they load see fewer helpers. */
static int cgroup_sysctl_may_call(const struct skep_prog_desc *d, u32 helper)
{
	return d->expected_attach_type == BPF_CGROUP_SYSCTL ||
	       (helper != BPF_FUNC_get_retval && helper != BPF_FUNC_set_retval);
}

const struct skep_prog_type prog_type_cgroup_sysctl = {
	.type = BPF_PROG_TYPE_CGROUP_SYSCTL,
	.name = "cgroup_sysctl",
	.ctx_size = sizeof(struct bpf_sysctl),
	.fields = cgroup_sysctl_fields,
	.nr_fields = ARRAY_SIZE(cgroup_sysctl_fields),
	.helpers = cgroup_sysctl_helpers,
	.ret_range = ret_range_bool,
	.may_call = cgroup_sysctl_may_call,
};
