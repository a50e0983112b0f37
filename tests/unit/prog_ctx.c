/* Context access: our field tables and the kernel allow the same; helpers per type likewise;
 * rewritten accesses touch the right native bytes. */
#include "prog/prog.h"

#include "abi/abi.h"
#include "insn/insn.h"
#include "insns.h"
#include "oracle/kernel.h"
#include "skep/packet.h"
#include "test.h"

#include <stdio.h>
#include <unistd.h>

static int load(u32 type, u32 attach_type, const struct bpf_insn *insns, u32 len, char *log,
		u32 log_size)
{
	union bpf_attr attr = { .prog_type = type,
				.expected_attach_type = attach_type,
				.insns = (uintptr_t)insns,
				.insn_cnt = len,
				.license = (uintptr_t) "GPL",
				.log_buf = (uintptr_t)log,
				.log_size = log_size,
				.log_level = log ? 1 : 0 };

	if (log)
		log[0] = '\0';
	return (int)kernel_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static const u8 size_bits[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

enum access { ACCESS_LOAD, ACCESS_STORE_REG, ACCESS_STORE_IMM, NR_ACCESS };

static bool kernel_allows(u32 type, u32 attach_type, s16 off, u8 bits, enum access how)
{
	struct bpf_insn prog[4] = { MOV_IMM(2, 0) }, *access = &prog[1];
	int fd;

	if (how == ACCESS_LOAD)
		*access = LOAD(bits, 2, 1, off);
	else if (how == ACCESS_STORE_REG)
		*access = STORE(bits, 1, 2, off);
	else
		*access = STORE_IMM(bits, 1, off, 0);
	prog[2] = MOV_IMM(0, 1); /* in range for all */
	prog[3] = EXIT_INSN();
	fd = load(type, attach_type, prog, 4, NULL, 0);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Linux lets tracepoint programs read in front of their record, which nobody should. */
static bool unsupported(u32 type, s16 off)
{
	return type == BPF_PROG_TYPE_TRACEPOINT && off < 0;
}

static void compare_accesses(u32 type, u32 attach_type)
{
	const struct skep_prog_type *t = prog_type_find(type);
	struct skep_prog_desc d = { .type = type, .expected_attach_type = attach_type };

	REQUIRE(t);
	for (s16 off = -8; off < (s16)MIN(t->ctx_size, 512) + 8; off++)
		for (u32 s = 0; s < 4; s++)
			for (enum access how = 0; how < NR_ACCESS; how++) {
				bool ours = ctx_access(t, &d, off, 1u << s, how != ACCESS_LOAD);
				bool theirs =
					kernel_allows(type, attach_type, off, size_bits[s], how);

				EXPECT(ours == theirs || (unsupported(type, off) && !ours),
				       "type %u attach %u offset %d size %d access %d: ours %d",
				       type, attach_type, off, 1 << s, how, ours);
			}
}

/* Every program type of this kernel, with every attach type that makes a difference. TRACING and others
 * that are loaded for a target are not among them, nor is NETFILTER: its context holds pointers by BTF. */
static const u32 types[][2] = {
	{ BPF_PROG_TYPE_SOCKET_FILTER, 0 },
	{ BPF_PROG_TYPE_KPROBE, 0 },
	{ BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI },
	{ BPF_PROG_TYPE_SCHED_CLS, 0 },
	{ BPF_PROG_TYPE_SCHED_ACT, 0 },
	{ BPF_PROG_TYPE_TRACEPOINT, 0 },
	{ BPF_PROG_TYPE_XDP, 0 },
	{ BPF_PROG_TYPE_XDP, BPF_XDP },
	{ BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP },
	{ BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP },
	{ BPF_PROG_TYPE_PERF_EVENT, 0 },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND },
	{ BPF_PROG_TYPE_LWT_IN, 0 },
	{ BPF_PROG_TYPE_LWT_OUT, 0 },
	{ BPF_PROG_TYPE_LWT_XMIT, 0 },
	{ BPF_PROG_TYPE_LWT_SEG6LOCAL, 0 },
	{ BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
	{ BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_PARSER },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, 0 },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE },
	{ BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 0 },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETPEERNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ABI_ATTACH_UNIX_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ABI_ATTACH_UNIX_SENDMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ABI_ATTACH_UNIX_RECVMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ABI_ATTACH_UNIX_GETPEERNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ABI_ATTACH_UNIX_GETSOCKNAME },
	{ BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT },
	{ BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE },
	{ BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, 0 },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT },
	{ BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP },
};

TEST("context accesses allowed are the kernel's")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(types); i++)
		compare_accesses(types[i][0], types[i][1]);
}

/* Attach types beyond the last are nobody's. */
TEST("attach types that a program type may be loaded for are the kernel's")
{
	struct bpf_insn prog[] = { MOV_IMM(0, 1), EXIT_INSN() };

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(types); i++)
		for (u32 attach = 0; attach < 64; attach++) {
			const struct skep_prog_type *t = prog_type_find(types[i][0]);
			struct skep_prog_desc d = { types[i][0], attach, 0, 1 };
			int fd = load(types[i][0], attach, prog, 2, NULL, 0);

			if (fd >= 0)
				close(fd);
			EXPECT((!t->check_load || !t->check_load(&d)) == (fd >= 0),
			       "type %u attach %u", types[i][0], attach);
		}
}

/* The kernel's range of return values, by its message about a number that is in none. */
static bool kernel_ret_range(u32 type, u32 attach, s64 *min, s64 *max)
{
	struct bpf_insn prog[] = { MOV_IMM(0, 0x77777777), EXIT_INSN() };
	char log[4096];
	const char *at;
	int fd = load(type, attach, prog, 2, log, sizeof(log));
	long long lo, hi;

	if (fd >= 0)
		close(fd);
	at = strstr(log, "should have been in [");
	if (!at || sscanf(at, "should have been in [%lld, %lld]", &lo, &hi) != 2)
		return false;
	*min = lo;
	*max = hi;
	return true;
}

TEST("return values are limited as the kernel limits them")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		const struct skep_prog_type *t = prog_type_find(types[i][0]);
		struct skep_prog_desc d = { types[i][0], types[i][1], 0, 1 };
		s64 min = 0, max = 0;
		int64_t lo = 0, hi = 0;
		bool ours = t->ret_range && t->ret_range(&d, &lo, &hi);

		EXPECT(ours == kernel_ret_range(types[i][0], types[i][1], &min, &max) &&
			       (!ours || (lo == min && hi == max)),
		       "type %u attach %u: [%lld, %lld]", types[i][0], types[i][1], (long long)lo,
		       (long long)hi);
	}
}

static bool kernel_may_call(u32 type, u32 attach, s32 id)
{
	struct bpf_insn prog[] = { CALL_HELPER(id), MOV_IMM(0, 1), EXIT_INSN() };
	char log[4096];
	int fd = load(type, attach, prog, 3, log, sizeof(log));

	if (fd >= 0)
		close(fd);
	return !strstr(log, "cannot use helper");
}

TEST("helpers that a type may call are the kernel's")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		struct skep_prog_desc d = { types[i][0], types[i][1], 0, 1 };

		for (u32 id = 1; id <= 211; id++)
			EXPECT(prog_type_may_call(prog_type_find(types[i][0]), &d, id) ==
				       kernel_may_call(types[i][0], types[i][1], (s32)id),
			       "type %u attach %u helper %u", types[i][0], types[i][1], id);
	}
}

/* Does the native load, done by hand on native memory, give `want`? */
static u64 run_load(const struct bpf_insn *insns, u32 n, const void *native)
{
	u64 dst = 0;

	for (u32 i = 0; i < n; i++) {
		const struct bpf_insn *in = &insns[i];

		if (BPF_CLASS(in->code) == BPF_LDX) {
			dst = 0;
			memcpy(&dst, (const u8 *)native + in->off, access_size(in->code));
		} else if (BPF_SRC(in->code) == BPF_K) {
			dst = (u64)(s64)in->imm;
		} else {
			u32 shift = 64 - (u32)in->off;

			dst = (u64)((s64)(dst << shift) >> shift);
		}
	}
	return dst;
}

static u64 read_ctx(u32 type, u8 code, s16 off, const void *native)
{
	const struct skep_prog_type *t = prog_type_find(type);
	struct skep_prog_desc d = { .type = type, .expected_attach_type = BPF_XDP_DEVMAP };
	struct bpf_insn in = INSN(code, 2, 1, off, 0), out[CTX_REWRITE_MAX];
	const struct skep_ctx_field *f = ctx_access(t, &d, off, access_size(code), false);

	if (!f)
		return ~0ULL;
	return run_load(out, ctx_rewrite(f, &in, out), native);
}

TEST("rewritten loads read the native field")
{
	u8 bytes[64];
	struct skep_xdp x = { .data = bytes, .data_end = bytes + 60, .egress_ifindex = 7 };
	struct skep_skb s = { .len = 0x12345678,
			      .tc_index = 0xabcd,
			      .tstamp_type = 2,
			      .cb = { 1, 2, 0x80706050 },
			      .data = bytes };
	u64 args[12] = { 5, 0x8877665544332211 };
	const u8 ldx = BPF_LDX | BPF_MEM, ldsx = BPF_LDX | BPF_MEMSX;
	const u32 tc = BPF_PROG_TYPE_SCHED_CLS;

	EXPECT_EQ(read_ctx(BPF_PROG_TYPE_XDP, ldx | BPF_W, 0, &x), (uintptr_t)bytes);
	EXPECT_EQ(read_ctx(BPF_PROG_TYPE_XDP, ldx | BPF_W, 4, &x), (uintptr_t)bytes + 60);
	EXPECT_EQ(read_ctx(BPF_PROG_TYPE_XDP, ldx | BPF_W, 20, &x), 7);
	EXPECT_EQ(read_ctx(tc, ldx | BPF_W, 0, &s), 0x12345678);
	EXPECT_EQ(read_ctx(tc, ldx | BPF_B, 1, &s), 0x56);
	EXPECT_EQ(read_ctx(tc, ldx | BPF_H, 2, &s), 0x1234);
	EXPECT_EQ(read_ctx(tc, ldx | BPF_W, 44, &s), 0xabcd); /* tc_index: 16 bits */
	EXPECT_EQ(read_ctx(tc, ldx | BPF_B, 45, &s), 0xab);
	EXPECT_EQ(read_ctx(tc, ldx | BPF_H, 46, &s), 0);
	EXPECT_EQ(read_ctx(tc, ldsx | BPF_H, 44, &s), (s16)0xabcd);
	EXPECT_EQ(read_ctx(tc, ldsx | BPF_W, 44, &s), 0xabcd);
	EXPECT_EQ(read_ctx(tc, ldx | BPF_DW, 48, &s), 0x200000001);
	EXPECT_EQ(read_ctx(tc, ldx | BPF_B, 59, &s), 0x80);
	EXPECT_EQ(read_ctx(tc, ldsx | BPF_B, 59, &s), -128);
	EXPECT_EQ(read_ctx(tc, ldx | BPF_B, 180, &s), 2);
	EXPECT_EQ(read_ctx(tc, ldx | BPF_W, 76, &s), (uintptr_t)bytes);
	EXPECT_EQ(read_ctx(BPF_PROG_TYPE_RAW_TRACEPOINT, ldx | BPF_DW, 8, args), args[1]);
	EXPECT_EQ(read_ctx(BPF_PROG_TYPE_RAW_TRACEPOINT, ldx | BPF_H, 10, args), 0x4433);
}

TEST("rewritten stores have the native field's size")
{
	const struct skep_prog_type *t = prog_type_find(BPF_PROG_TYPE_SCHED_CLS);
	struct skep_prog_desc d = { .type = BPF_PROG_TYPE_SCHED_CLS };
	struct bpf_insn in = STORE(BPF_W, 1, 3, 44), out[CTX_REWRITE_MAX];

	EXPECT_EQ(ctx_rewrite(ctx_access(t, &d, 44, 4, true), &in, out), 1);
	EXPECT_EQ(out->code, BPF_STX | BPF_MEM | BPF_H);
	EXPECT_EQ(out->off, offsetof(struct skep_skb, tc_index));
	EXPECT_EQ(out->src_reg, 3);
	in = STORE_IMM(BPF_DW, 1, 56, -1);
	EXPECT_EQ(ctx_rewrite(ctx_access(t, &d, 56, 8, true), &in, out), 1);
	EXPECT_EQ(out->code, BPF_ST | BPF_MEM | BPF_DW);
	EXPECT_EQ(out->off, offsetof(struct skep_skb, cb) + 8);
	EXPECT_EQ(out->imm, -1);
	/* queue_mapping: 0xffff and more are ignored, as in Linux */
	in = STORE(BPF_W, 1, 3, 12);
	EXPECT_EQ(ctx_rewrite(ctx_access(t, &d, 12, 4, true), &in, out), 2);
	EXPECT_EQ(out[0].code, BPF_JMP32 | BPF_JGE | BPF_K);
	EXPECT_EQ(out[0].imm, 0xffff);
	EXPECT_EQ(out[1].code, BPF_STX | BPF_MEM | BPF_H);
	in = STORE_IMM(BPF_W, 1, 12, -1);
	EXPECT_EQ(ctx_rewrite(ctx_access(t, &d, 12, 4, true), &in, out), 1);
	EXPECT_EQ(out->code, BPF_JMP | BPF_JA);
}
