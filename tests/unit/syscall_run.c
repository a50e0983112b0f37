/* BPF_PROG_TEST_RUN and statistics, compared with the kernel. */
#include "both.h"

static const struct bpf_insn good[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
					{ .code = BPF_JMP | BPF_EXIT } };

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

static long info_of(struct side *s, int fd, struct abi_prog_info *info, u32 *len)
{
	struct attr_info a = { (u32)fd, *len, (u64)info };
	long ret = side_bpf(s, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a));

	*len = a.info_len;
	return ret;
}

static void say_run(struct side *s, const char *what, int fd, struct attr_test t)
{
	long ret;

	t.prog_fd = (u32)fd;
	ret = side_bpf(s, BPF_PROG_TEST_RUN, &t, sizeof(t));
	SAY(s, "%s: %ld retval %u out %u ctx out %u\n", what, ret, t.retval, t.data_size_out,
	    t.ctx_size_out);
}

static void test_runs(struct side *s)
{
	struct attr_prog_load a = load_attr(good, ARRAY_SIZE(good));
	static u8 in[64], out[64], ctx[256];
	int fd, xdp, raw;

#define RUN(fd, ...) say_run(s, #fd " " #__VA_ARGS__, fd, (struct attr_test){ __VA_ARGS__ })
	fd = (int)load(s, &a);
	a.prog_type = BPF_PROG_TYPE_XDP;
	xdp = (int)load(s, &a);
	a.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	raw = (int)load(s, &a);
	RUN(-1, .repeat = 1);
	RUN(fd, .repeat = 1);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .data_size_out = 64, .data_out = (u64)out);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .data_size_out = 10, .data_out = (u64)out);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .data_out = (u64)out);
	RUN(fd, .data_size_in = 13, .data_in = (u64)in);
	RUN(fd, .data_size_in = 64);
	RUN(fd, .data_size_in = 64, .data_in = 8);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .data_size_out = 64, .data_out = 8);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .ctx_size_in = 8);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .ctx_in = (u64)ctx);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .ctx_size_in = 192, .ctx_in = (u64)ctx);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .ctx_size_out = 192, .ctx_out = (u64)ctx);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .ctx_size_out = 100, .ctx_out = (u64)ctx);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .flags = 1);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .cpu = 1);
	RUN(fd, .data_size_in = 64, .data_in = (u64)in, .batch_size = 1);
	RUN(xdp, .data_size_in = 64, .data_in = (u64)in, .data_size_out = 64, .data_out = (u64)out);
	RUN(xdp, .data_size_in = 64, .data_in = (u64)in, .data_size_out = 20, .data_out = (u64)out);
	RUN(xdp, .data_size_in = 5000, .data_in = (u64)in);
	RUN(xdp, .repeat = 3, .data_size_in = 64, .data_in = (u64)in);
	RUN(raw, .repeat = 1);
	RUN(raw, .ctx_size_in = 64, .ctx_in = (u64)ctx);
	RUN(raw, .ctx_size_in = 64, .ctx_in = 8);
	RUN(raw, .data_size_in = 64, .data_in = (u64)in);
	close(fd);
	close(xdp);
	close(raw);
}

TEST("test runs: sizes, pointers and results as Linux's")
{
	run_both(test_runs);
}

TEST("runs are counted while somebody wants statistics")
{
	struct skep *skep;
	struct side s = { .client = side_open(&skep) };
	struct attr_prog_load a = load_attr(good, ARRAY_SIZE(good));
	struct attr_enable_stats stats = { 0 };
	struct attr_test t = { .data_size_in = 64, .data_in = (u64)(u8[64]){ 0 }, .repeat = 10 };
	struct abi_prog_info info = { 0 };
	u32 len = sizeof(info);
	int fd = (int)load(&s, &a), one, two;

	t.prog_fd = (u32)fd;
	EXPECT_EQ(side_bpf(&s, BPF_PROG_TEST_RUN, &t, sizeof(t)), 0);
	info_of(&s, fd, &info, &len);
	EXPECT_EQ(info.run_cnt, 0);
	one = (int)side_bpf(&s, BPF_ENABLE_STATS, &stats, sizeof(stats));
	two = (int)side_bpf(&s, BPF_ENABLE_STATS, &stats, sizeof(stats));
	EXPECT(one >= 0 && two >= 0);
	close(one);
	EXPECT_EQ(side_bpf(&s, BPF_PROG_TEST_RUN, &t, sizeof(t)), 0);
	info = (struct abi_prog_info){ 0 };
	info_of(&s, fd, &info, &len);
	EXPECT_EQ(info.run_cnt, 10);
	close(two);
	EXPECT_EQ(side_bpf(&s, BPF_PROG_TEST_RUN, &t, sizeof(t)), 0);
	info = (struct abi_prog_info){ 0 };
	info_of(&s, fd, &info, &len);
	EXPECT_EQ(info.run_cnt, 10);
	close(fd);
	skep_client_free(s.client);
	skep_free(skep);
}
