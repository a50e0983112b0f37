/* BPF_PROG_TYPE_CGROUP_SOCK: sockets of a cgroup that are made, bound and released.
 * Context: struct bpf_sock, natively the same. */
#include <linux/bpf.h>

#include "base/err.h"
#include "prog/ctx_fields.h"
#include "prog/helper_sets.h"
#include "prog/prog.h"
#include "prog/prog_types.h"
#include "prog/sock_fields.h"

#define SOCK struct bpf_sock

static const struct skep_ctx_field cgroup_sock_fields[] = {
	CTX_WHOLE(SOCK, bound_dev_if, SKEP_READ_WRITE),
	CTX_LOW(SOCK, family),
	CTX_LOW(SOCK, type),
	CTX_LOW(SOCK, protocol),
	CTX_WHOLE(SOCK, mark, SKEP_READ_WRITE),
	CTX_WHOLE(SOCK, priority, SKEP_READ_WRITE),
	SOCK_ADDRESS_FIELDS,
};

/* A new or released socket may be marked, a bound one has an address. */
static int cgroup_sock_check_ctx(const struct skep_prog_desc *d, const struct skep_ctx_field *f,
				 u32 off, u32 size, int is_write)
{
	bool bound4 = d->expected_attach_type == BPF_CGROUP_INET4_POST_BIND;
	bool bound6 = d->expected_attach_type == BPF_CGROUP_INET6_POST_BIND;

	(void)off;
	(void)size;
	(void)is_write;
	switch (f->off) {
	case offsetof(SOCK, bound_dev_if):
	case offsetof(SOCK, mark):
	case offsetof(SOCK, priority): return bound4 || bound6 ? -EACCES : 0;
	case offsetof(SOCK, src_ip4): return bound4 ? 0 : -EACCES;
	case offsetof(SOCK, src_ip6): return bound6 ? 0 : -EACCES;
	case offsetof(SOCK, src_port): return bound4 || bound6 ? 0 : -EACCES;
	default: return 0;
	}
}

static int cgroup_sock_check_load(const struct skep_prog_desc *d)
{
	switch (d->expected_attach_type) {
	case 0: /* older clients: socket creation */
	case BPF_CGROUP_INET_SOCK_CREATE:
	case BPF_CGROUP_INET_SOCK_RELEASE:
	case BPF_CGROUP_INET4_POST_BIND:
	case BPF_CGROUP_INET6_POST_BIND: return 0;
	default: return -EINVAL;
	}
}

static const u32 *const cgroup_sock_helpers[] = {
	helpers_base,	       helpers_output,	helpers_coarse,
	helpers_cookie,	       helpers_storage, helpers_netns,
	helpers_local_storage, helpers_retval,	NULL
};

const struct skep_prog_type prog_type_cgroup_sock = {
	.type = BPF_PROG_TYPE_CGROUP_SOCK,
	.name = "cgroup_sock",
	.ctx_size = sizeof(struct bpf_sock),
	.fields = cgroup_sock_fields,
	.nr_fields = ARRAY_SIZE(cgroup_sock_fields),
	.helpers = cgroup_sock_helpers,
	.check_load = cgroup_sock_check_load,
	.ret_range = ret_range_bool,
	.check_ctx = cgroup_sock_check_ctx,
};
