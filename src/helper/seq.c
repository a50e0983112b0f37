/* bpf_seq_printf, bpf_seq_write, bpf_seq_printf_btf: what iterators' programs write. See seq.h. */
#include "helper/seq.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "helper/format.h"
#include "helper/helper.h"

/* The verifier knows that r1 is some struct seq_file; only the run's own may be written. NULL: another one. */
static struct seq *seq_of(struct skep_run *run, u64 file)
{
	return run->seq && file == (uintptr_t)run->seq->file ? run->seq : NULL;
}

static s64 put(struct seq *s, const void *data, u32 len)
{
	if (len >= s->size - s->count) {
		s->count = s->size;
		return -EOVERFLOW;
	}
	memcpy(s->buf + s->count, data, len);
	s->count += len;
	return 0;
}

HELPER_FN(seq_write)
{
	struct seq *s = seq_of(run, r1);

	return helper_result(s ? put(s, helper_ptr(r2), (u32)r3) : -EINVAL);
}

const struct skep_helper helper_seq_write = {
	HELPER_ID(seq_write),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_BTF, SKEP_ARG_MEM, SKEP_ARG_SIZE_OR_ZERO },
	.arg_struct = "seq_file",
};

static s64 print(struct seq *s, struct skep_run *run, const char *fmt, u32 fmt_size,
		 const u64 *args, u32 nr_args)
{
	u32 room = s->size - s->count;
	s64 len = format_text(run, s->buf + s->count, room, fmt, fmt_size, args, nr_args);

	TRY(len);
	s->count += (u32)MIN(len, (s64)room);
	return seq_full(s) ? -EOVERFLOW : 0;
}

HELPER_FN(seq_printf)
{
	struct seq *s = seq_of(run, r1);
	u32 size = (u32)r5;

	if (!s || size % sizeof(u64) || size > FORMAT_MAX_ARGS * sizeof(u64) || (size && !r4))
		return helper_result(-EINVAL);
	return helper_result(
		print(s, run, helper_ptr(r2), (u32)r3, helper_ptr(r4), size / (u32)sizeof(u64)));
}

const struct skep_helper helper_seq_printf = {
	HELPER_ID(seq_printf),
	.flags = SKEP_HELPER_GPL,
	.arg = { SKEP_ARG_BTF, SKEP_ARG_MEM, SKEP_ARG_SIZE, SKEP_ARG_MEM | SKEP_ARG_OR_NULL,
		 SKEP_ARG_SIZE_OR_ZERO },
	.arg_struct = "seq_file",
};
