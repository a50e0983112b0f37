/* The log as a buffer: what of its text a client with too little room gets. */
#include "both.h"

static const struct bpf_insn bad[] = { { .code = BPF_JMP | BPF_EXIT } }; /* R0 !read_ok */

static struct attr_prog_load load_attr(const struct bpf_insn *insns, u32 n)
{
	return (struct attr_prog_load){ .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
					.insn_cnt = n,
					.insns = (u64)insns,
					.license = (u64) "GPL" };
}

static long load(struct side *s, struct attr_prog_load *a)
{
	return side_bpf(s, BPF_PROG_LOAD, a, sizeof(*a));
}

/* The same program with buffers of every size: which bytes of the whole text are kept? */
static void log_sizes(struct side *s, u32 level)
{
	struct attr_prog_load a = load_attr(bad, 1);
	char whole[2048], part[2048];
	u32 len;

	a.log_level = level;
	a.log_buf = (u64)whole;
	a.log_size = sizeof(whole);
	SAY(s, "level %u: %ld", level, load(s, &a));
	len = (u32)strlen(whole);
	SAY(s, " true size is text and NUL: %d\n", a.log_true_size == len + 1);
	for (u32 size = 1; size < len + 4; size += 1 + size / 7) {
		bool first = level & 8, fits = size > len;
		long err;

		memset(part, 'x', sizeof(part));
		a.log_buf = (u64)part;
		a.log_size = size;
		err = load(s, &a);
		SAY(s, "fits %d: %ld, true %d, ends %d, beyond %d, kept %d\n", fits, err,
		    a.log_true_size == len + 1, strlen(part) == MIN(size - 1, len),
		    part[size] == 'x',
		    !strncmp(part, first || fits ? whole : whole + len + 1 - size, size - 1));
	}
}

static void logs(struct side *s)
{
	log_sizes(s, 8);
	log_sizes(s, 1);
	log_sizes(s, 1 | 8);
}

TEST("a log that does not fit keeps its last bytes, or its first with the FIXED level")
{
	run_both(logs);
}
