/* Program types that are loaded for something that the kernel's BTF describes: a function, a tracepoint, an
 * iterator, an LSM hook, a member of a structure of functions. Their contexts are that function's arguments
 * (src/verifier/btf_ctx.c). And BPF_PROG_TYPE_SYSCALL, whose context is whatever the caller passes. */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"
#include "prog/test_functions.h"
#include "prog/test_run.h"

static const u32 *const tracing_helpers[] = {
	helpers_base, helpers_output, helpers_tracing, helpers_attach_cookie,  helpers_by_btf,
	helpers_skc,  helpers_coarse, helpers_storage, helpers_storage_delete, NULL
};
static const u32 *const lsm_helpers[] = {
	helpers_base,		helpers_output, helpers_tracing,       helpers_attach_cookie,
	helpers_by_btf,		helpers_skc,	helpers_coarse,	       helpers_storage,
	helpers_storage_delete, helpers_lsm,	helpers_inode_storage, NULL
};
static const u32 *const struct_ops_helpers[] = { helpers_base,	  helpers_coarse,
						 helpers_storage, helpers_storage_delete,
						 helpers_sockopt, NULL };
static const u32 *const syscall_helpers[] = { helpers_base, helpers_output, helpers_tracing,
					      helpers_syscall, NULL };

/* Functions: 0, or anything where the result is theirs to change; iterators: 0 or 1. */
static int tracing_range(const struct skep_prog_desc *d, int64_t *min, int64_t *max)
{
	*min = 0;
	switch (d->expected_attach_type) {
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT: *max = 0; return 1;
	case BPF_TRACE_ITER: *max = 1; return 1;
	default: return 0;
	}
}

static int tracing_may_call(const struct skep_prog_desc *d, u32 helper)
{
	switch (helper) {
	case BPF_FUNC_seq_printf:
	case BPF_FUNC_seq_write:
	case BPF_FUNC_seq_printf_btf:
		return d->type == BPF_PROG_TYPE_TRACING &&
		       d->expected_attach_type == BPF_TRACE_ITER;
	case BPF_FUNC_get_func_arg:
	case BPF_FUNC_get_func_ret:
	case BPF_FUNC_get_func_arg_cnt: /* called for a function */
		return d->expected_attach_type != BPF_TRACE_ITER &&
		       d->expected_attach_type != BPF_TRACE_RAW_TP;
	default: return 1;
	}
}

static int check_tracing(const struct skep_prog_desc *d)
{
	switch (d->expected_attach_type) {
	case BPF_TRACE_RAW_TP:
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
	case BPF_MODIFY_RETURN:
	case BPF_TRACE_ITER: return 0;
	default: return -EINVAL;
	}
}

const struct skep_prog_type prog_type_tracing = {
	.type = BPF_PROG_TYPE_TRACING,
	.name = "tracing",
	.ctx_size = 12 * 8,
	.helpers = tracing_helpers,
	.flags = SKEP_PROG_TRACING | SKEP_PROG_BTF_CTX,
	.check_load = check_tracing,
	.test_run = tracing_test_run,
	.may_call = tracing_may_call,
	.ret_range = tracing_range,
};

static int check_lsm(const struct skep_prog_desc *d)
{
	return d->expected_attach_type == BPF_LSM_MAC || d->expected_attach_type == BPF_LSM_CGROUP
		       ? 0
		       : -EINVAL;
}

const struct skep_prog_type prog_type_lsm = {
	.type = BPF_PROG_TYPE_LSM,
	.name = "lsm",
	.ctx_size = 12 * 8,
	.helpers = lsm_helpers,
	.flags = SKEP_PROG_TRACING | SKEP_PROG_BTF_CTX,
	.check_load = check_lsm,
	.may_call = tracing_may_call,
};

const struct skep_prog_type prog_type_struct_ops = {
	.type = BPF_PROG_TYPE_STRUCT_OPS,
	.name = "struct_ops",
	.ctx_size = 12 * 8,
	.helpers = struct_ops_helpers,
	.flags = SKEP_PROG_BTF_CTX,
};

#define SYSCALL_CTX_MAX 65535

static const struct skep_ctx_field syscall_fields[] = {
	{ .name = "ctx",
	  .size = SYSCALL_CTX_MAX - 7,
	  .elem = 8,
	  .flags = SKEP_READ | SKEP_WRITE | SKEP_ANY,
	  .native_elem = 8 },
};

static int syscall_test_run(struct skep_prog *p, struct skep_test_run *t)
{
	struct skep_run *run;
	void *ctx;

	if (t->data_in || t->has_data_out || t->has_ctx_out || t->duration || t->repeat || t->flags)
		return fail(-EINVAL, "test run: a syscall program has a context and nothing else");
	if (t->ctx_size_in < p->max_ctx_offset || t->ctx_size_in > SYSCALL_CTX_MAX)
		return fail(-EINVAL, "test run: %u bytes of context, %u to %u are possible",
			    t->ctx_size_in, p->max_ctx_offset, SYSCALL_CTX_MAX);
	ctx = calloc(1, t->ctx_size_in + 8);
	if (!ctx)
		return -ENOMEM;
	if (t->ctx_size_in)
		memcpy(ctx, t->ctx_in, t->ctx_size_in);
	run = run_enter(p->rt);
	run->caller = t->caller;
	test_run_in(run, p, ctx, t->ctx_size_in, t);
	t->ctx_out = ctx;
	t->ctx_size_out = t->ctx_size_in;
	t->duration = 0;
	return 0;
}

const struct skep_prog_type prog_type_syscall = {
	.type = BPF_PROG_TYPE_SYSCALL,
	.name = "syscall",
	.ctx_size = SYSCALL_CTX_MAX,
	.fields = syscall_fields,
	.nr_fields = ARRAY_SIZE(syscall_fields),
	.helpers = syscall_helpers,
	.test_run = syscall_test_run,
};
