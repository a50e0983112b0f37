/* Raw tracepoints: test runs take what the kernel's do. */
#include "packet_run.h"

static const s16 no_fields[] = { -1 };
static const struct script nothing = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .fields = no_fields };
static u64 args[20] = { 1, 2, 3 };

TEST("arguments may be none to twelve, and any number of bytes")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 len = 0; len <= sizeof(args); len++) {
		struct request q = { .ctx = len ? args : NULL,
				     .ctx_len = len,
				     .no_data_out = true,
				     .no_ctx_out = true };

		same_run(&nothing, &q);
	}
}

TEST("data, results, repeat and batches are refused")
{
	struct request q = { .no_data_out = true, .no_ctx_out = true };

	if (kernel_missing())
		SKIP(kernel_missing());
	q.repeat = 1;
	same_run(&nothing, &q);
	q = (struct request){ .batch_size = 1, .no_data_out = true, .no_ctx_out = true };
	same_run(&nothing, &q);
	q = (struct request){
		.data = args, .data_len = 64, .no_data_out = true, .no_ctx_out = true
	};
	same_run(&nothing, &q);
	q = (struct request){ .no_data_out = true };
	same_run(&nothing, &q);
	q = (struct request){ .no_ctx_out = true };
	same_run(&nothing, &q);
}

TEST("a program runs on the processor that is asked for")
{
	struct script s = nothing;

	if (kernel_missing())
		SKIP(kernel_missing());
	s.nr_calls = 1;
	s.call[0] = (struct call){ .id = BPF_FUNC_get_smp_processor_id, .args = "" };
	for (u32 cpu = 0; cpu < 4; cpu++)
		for (u32 flags = 0; flags < 2; flags++) {
			struct request q = {
				.flags = flags, .cpu = cpu, .no_data_out = true, .no_ctx_out = true
			};

			if (flags || cpu)
				same_run(&s, &q);
		}
}
