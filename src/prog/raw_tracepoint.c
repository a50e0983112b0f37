/* BPF_PROG_TYPE_RAW_TRACEPOINT: runs at a tracepoint with its raw arguments.
 * Context: struct bpf_raw_tracepoint_args, natively the same: up to 12 u64. */
#include <linux/bpf.h>
#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "prog/helper_sets.h"
#include "prog/prog_types.h"
#include "prog/test_run.h"

#define MAX_ARGS 12 /* of any tracepoint in Linux */

static const struct skep_ctx_field raw_tracepoint_fields[] = {
	{ .name = "args",
	  .size = MAX_ARGS * sizeof(u64),
	  .elem = sizeof(u64),
	  .flags = SKEP_READ | SKEP_ANY,
	  .native_elem = sizeof(u64) },
};

static const u32 *const raw_tracepoint_helpers[] = { helpers_base, helpers_output, helpers_tracing,
						     helpers_attach_cookie, NULL };

static int check_request(const struct skep_prog *p, const struct skep_test_run *t)
{
	if (t->data_in || t->has_data_out || t->has_ctx_out || t->duration || t->repeat ||
	    t->batch_size)
		return fail(-EINVAL, "test run: a raw tracepoint has arguments and nothing else");
	if (t->ctx_size_in < p->max_ctx_offset || t->ctx_size_in > MAX_ARGS * sizeof(u64))
		return fail(-EINVAL, "test run: %u bytes of arguments, %u to %zu are possible",
			    t->ctx_size_in, p->max_ctx_offset, MAX_ARGS * sizeof(u64));
	if (t->cpu && !(t->flags & BPF_F_TEST_RUN_ON_CPU))
		return fail(-EINVAL, "test run: cpu without BPF_F_TEST_RUN_ON_CPU");
	if (t->cpu >= p->rt->nr_cpus)
		return fail(-ENXIO, "test run: there is no cpu %u", t->cpu);
	return 0;
}

/* Once; its duration is not told. */
int raw_tracepoint_test_run(struct skep_prog *p, struct skep_test_run *t)
{
	u64 args[MAX_ARGS] = { 0 };

	TRY(check_request(p, t));
	if (t->ctx_size_in)
		memcpy(args, t->ctx_in, t->ctx_size_in);
	if (t->flags & BPF_F_TEST_RUN_ON_CPU)
		test_run_in(run_enter_on(p->rt, t->cpu), p, args, sizeof(args), t);
	else
		test_run_repeat(p, args, sizeof(args), t);
	t->duration = 0;
	return 0;
}

const struct skep_prog_type prog_type_raw_tracepoint = {
	.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.name = "raw_tracepoint",
	.ctx_size = MAX_ARGS * sizeof(u64),
	.fields = raw_tracepoint_fields,
	.nr_fields = ARRAY_SIZE(raw_tracepoint_fields),
	.helpers = raw_tracepoint_helpers,
	.test_run = raw_tracepoint_test_run,
	.flags = SKEP_PROG_TRACING,
};

/* The first argument is a buffer, which the program may change; loads of the others and of its later
 * bytes are as above. */
static const struct skep_ctx_field raw_tracepoint_writable_fields[] = {
	{ .name = "args",
	  .off = 1,
	  .size = MAX_ARGS * sizeof(u64) - 1,
	  .elem = 1,
	  .flags = SKEP_READ | SKEP_ANY,
	  .native_off = 1,
	  .native_elem = 1 },
	{ .name = "buffer",
	  .size = sizeof(u64),
	  .flags = SKEP_READ,
	  .kind = SKEP_FIELD_TP_BUFFER,
	  .native_elem = sizeof(u64) },
};

const struct skep_prog_type prog_type_raw_tracepoint_writable = {
	.type = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
	.name = "raw_tracepoint_writable",
	.ctx_size = MAX_ARGS * sizeof(u64),
	.fields = raw_tracepoint_writable_fields,
	.nr_fields = ARRAY_SIZE(raw_tracepoint_writable_fields),
	.helpers = raw_tracepoint_helpers,
	.flags = SKEP_PROG_TRACING,
};
