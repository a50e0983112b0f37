/* BPF_PROG_TYPE_CGROUP_DEVICE: may a process of the cgroup use that device? 1 yes, 0 no.
 * Context: struct bpf_cgroup_dev_ctx, natively the same. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog.h"
#include "prog/prog_types.h"

#define DEV struct bpf_cgroup_dev_ctx

static const struct skep_ctx_field cgroup_device_fields[] = {
	CTX_NUMBER(DEV, access_type, SKEP_READ), /* access << 16 | type: read by halves */
	CTX_WHOLE(DEV, major, SKEP_READ),
	CTX_WHOLE(DEV, minor, SKEP_READ),
};

static const u32 *const cgroup_device_helpers[] = { helpers_base, helpers_output,
						    helpers_local_storage, helpers_retval, NULL };

/* Clients that do not say for what they load see fewer helpers. */
static int cgroup_device_may_call(const struct skep_prog_desc *d, u32 helper)
{
	return d->expected_attach_type == BPF_CGROUP_DEVICE ||
	       (helper != BPF_FUNC_get_retval && helper != BPF_FUNC_set_retval);
}

const struct skep_prog_type prog_type_cgroup_device = {
	.type = BPF_PROG_TYPE_CGROUP_DEVICE,
	.name = "cgroup_device",
	.ctx_size = sizeof(struct bpf_cgroup_dev_ctx),
	.fields = cgroup_device_fields,
	.nr_fields = ARRAY_SIZE(cgroup_device_fields),
	.helpers = cgroup_device_helpers,
	.ret_range = ret_range_bool,
	.may_call = cgroup_device_may_call,
};
