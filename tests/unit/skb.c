/* Socket filters and tc: test runs and helpers do as the kernel's. */
#include "packet_run.h"

#include <linux/pkt_cls.h>

/* len, pkt_type, mark, protocol, vlan_present, vlan_tci, vlan_proto, priority, ifindex, cb[0] */
static const s16 fields[] = { 0, 4, 8, 16, 20, 24, 28, 32, 36, 40, 48, 164, 176, -1 };
static const u16 types[] = { 0x800, 0x86dd, 0x8100, 0x1234, 0x88a8, 0x10 };
static u8 frame[8192];

static struct script script_of(u32 type)
{
	return (struct script){ .type = type, .fields = fields };
}

/* A frame of that protocol; VLAN frames carry another tag or IPv4. */
static void make_frame(u32 len, u16 type)
{
	fill_frame(frame, len, type);
	if (len < 40)
		return;
	frame[14] = 0x45;
	if (type == 0x8100 || type == 0x88a8) {
		frame[16] = (u8)(len % 2 ? 0x81 : 8);
		frame[17] = 0;
		frame[20] = 8;
		frame[21] = 0;
	}
}

TEST("test runs take and give frames of the kernel's sizes")
{
	static const u32 sizes[] = { 0,	 1,  13, 14, 15,  16,	33,   34,   35,
				     53, 54, 55, 64, 100, 1514, 3711, 3712, 3713 };

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 tc = 0; tc < 2; tc++)
		for (u32 t = 0; t < ARRAY_SIZE(types); t++)
			for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
				struct script s = script_of(tc ? BPF_PROG_TYPE_SCHED_CLS
							       : BPF_PROG_TYPE_SOCKET_FILTER);
				struct request q = { .data = frame, .data_len = sizes[i] };

				make_frame(sizes[i], types[t]);
				same_run(&s, &q);
				q.no_data_out = q.no_ctx_out = true;
				same_run(&s, &q);
			}
}

TEST("each context field is taken, refused and given back as the kernel does")
{
	static const u32 values[] = { 1, 2, 100, 0xffff, 0x10000, 0x7fffffff, 0xffffffff };
	u32 ctx[48];

	if (kernel_missing())
		SKIP(kernel_missing());
	make_frame(100, 0x800);
	for (u32 tc = 0; tc < 2; tc++)
		for (u32 word = 0; word < 48; word++)
			for (u32 v = 0; v < ARRAY_SIZE(values); v++) {
				struct script s = script_of(tc ? BPF_PROG_TYPE_SCHED_CLS
							       : BPF_PROG_TYPE_SOCKET_FILTER);
				struct request q = {
					.data = frame, .data_len = 100, .ctx = ctx, .ctx_len = 192
				};

				memset(ctx, 0, sizeof(ctx));
				ctx[word] = values[v];
				same_run(&s, &q);
				q.no_ctx_out = true;
				same_run(&s, &q);
			}
}

TEST("contexts shorter and longer than struct __sk_buff")
{
	u32 ctx[1300] = { 0 };

	if (kernel_missing())
		SKIP(kernel_missing());
	make_frame(100, 0x800);
	for (u32 size = 4; size < sizeof(ctx); size += size < 220 ? 4 : 500) {
		struct script s = script_of(BPF_PROG_TYPE_SCHED_CLS);
		struct request q = { .data = frame, .data_len = 100, .ctx = ctx, .ctx_len = size };

		same_run(&s, &q);
		ctx[49] = 1;
		same_run(&s, &q);
		ctx[49] = 0;
	}
}

TEST("flags, cpu and batch size that are not for frames are refused")
{
	struct script s = script_of(BPF_PROG_TYPE_SCHED_CLS);
	struct request q = { .data = frame, .data_len = 100 };

	if (kernel_missing())
		SKIP(kernel_missing());
	make_frame(100, 0x800);
	for (u32 bit = 0; bit < 32; bit++) {
		q.flags = 1u << bit;
		same_run(&s, &q);
	}
	q.flags = 0;
	q.cpu = 1;
	same_run(&s, &q);
	q.cpu = 0;
	q.batch_size = 1;
	same_run(&s, &q);
}

#define MODEST 10 /* bytes; MAX_CALLS times fit Linux's headroom of 64 */

/* How random calls of one helper look. */
struct family {
	u32 id;
	const char *args;
	bool socket_filter, only_errors;
};
static const struct family families[] = {
	{ BPF_FUNC_skb_load_bytes, "cnmn", true, false },
	{ BPF_FUNC_skb_load_bytes_relative, "cnmnn", true, false },
	{ BPF_FUNC_skb_store_bytes, "cnmnn", false, false },
	{ BPF_FUNC_skb_pull_data, "cn", false, false },
	{ BPF_FUNC_skb_change_tail, "cnn", false, false },
	{ BPF_FUNC_skb_change_head, "cnn", false, false },
	{ BPF_FUNC_skb_adjust_room, "cnnn", false, false },
	{ BPF_FUNC_skb_vlan_push, "cnn", false, false },
	{ BPF_FUNC_skb_vlan_pop, "c", false, false },
	{ BPF_FUNC_skb_change_type, "cn", false, false },
	{ BPF_FUNC_set_hash, "cn", false, false },
	{ BPF_FUNC_set_hash_invalid, "c", false, false },
	{ BPF_FUNC_get_hash_recalc, "c", false, true },
	{ BPF_FUNC_get_socket_uid, "c", true, false },
	{ BPF_FUNC_csum_update, "cn", false, true },
	{ BPF_FUNC_csum_level, "cn", false, false },
	{ BPF_FUNC_l3_csum_replace, "cnnnn", false, false },
	{ BPF_FUNC_l4_csum_replace, "cnnnn", false, false },
	{ BPF_FUNC_redirect, "nn", false, false },
};

static u64 pick(const u64 *from, u32 n)
{
	return from[(u32)rand() % n];
}
#define PICK(...) pick((const u64[]){ __VA_ARGS__ }, ARRAY_SIZE(((const u64[]){ __VA_ARGS__ })))

static u64 any_offset(void)
{
	switch (rand() % 5) {
	case 0: return PICK(0, 1, 2, 12, 14, 16, 24, 34, 0xffff, 0x10000, 0x7fffffff, (u64)-1);
	case 1: return (u32)rand() % 4000;
	default: return (u32)rand() % 120;
	}
}

static u64 any_flags(u32 id)
{
	switch (id) {
	case BPF_FUNC_skb_load_bytes_relative: return PICK(0, 1, 1, 2);
	case BPF_FUNC_skb_store_bytes: return PICK(0, 1, 1, 2, 3, 4);
	case BPF_FUNC_l3_csum_replace: return PICK(0, 2, 2, 4, 4, 1, 8, 0x12);
	case BPF_FUNC_l4_csum_replace:
		return PICK(0, 2, 2, 4, 0x10, 0x12, 0x14, 0x22, 0x24, 0x20, 0x62, 0x42, 0x32, 3,
			    0x102);
	case BPF_FUNC_skb_adjust_room:
		return PICK(0, 0, 0, 1, 2, 4, 6, 10, 0x12, 0x14, 0x18, 0x20, 0x40, 0x80, 0x100,
			    0x180, 0x82, 0x200, 0x42 | 14ull << 56, 2 | 8ull << 56,
			    0x12 | 14ull << 56);
	case BPF_FUNC_redirect: return PICK(0, 1, 2, 3);
	default: return PICK(0, 0, 0, 0, 1);
	}
}

static struct call random_call(const struct family *f, bool modest)
{
	struct call c = { .id = f->id,
			  .args = f->args,
			  .only_errors = f->only_errors,
			  .mem = { rand(), rand() } };

	c.number[1] = any_offset();
	c.number[2] = PICK(0, 1, 0x1234, 0xffff, 0x12345678, 5);
	c.number[3] = 1 + (u32)rand() % 16;
	c.number[4] = any_flags(f->id);
	switch (f->id) {
	case BPF_FUNC_skb_change_head:
		if (modest)
			c.number[1] %= MODEST;
		/* fall through */
	case BPF_FUNC_skb_change_tail: c.number[2] = any_flags(f->id); break;
	case BPF_FUNC_skb_adjust_room:
		c.number[1] = (u64)(s64)(rand() % (modest ? 100 + MODEST : 200) - 100);
		c.number[2] = PICK(0, 1, 0, 1, 2);
		c.number[3] = modest ? PICK(0, 1, 0x20, 0x80, 0x100, 0x200) : any_flags(f->id);
		break;
	case BPF_FUNC_skb_vlan_push: c.number[1] = PICK(0x81, 0xa888, 0x8, 0); break;
	case BPF_FUNC_skb_change_type:
	case BPF_FUNC_csum_level: c.number[1] = PICK(0, 1, 2, 3, 4, 9); break;
	case BPF_FUNC_l3_csum_replace:
	case BPF_FUNC_l4_csum_replace:
		c.number[3] = (u32)rand();
		c.number[2] = rand() % 2 ? 0 : (u32)rand();
		break;
	case BPF_FUNC_redirect:
		c.number[0] = 1;
		c.number[1] = any_flags(f->id);
		break;
	}
	return c;
}

/* Random scripts of one to MAX_CALLS calls, of `only` if not 0. If different helpers follow each other,
 * packets grow in front by less than the headroom that Linux gives: when it must reallocate, it takes a
 * header offset that was never set for real, and bpf_skb_change_tail() checks against that; the same
 * with tunnels' headers. */
static void random_scripts(u32 type, u32 only, u32 rounds, u32 flags)
{
	u32 bad = 0;

	for (u32 round = 0; round < rounds && bad < 4;) {
		struct script s = script_of(type);
		struct request q = { .data = frame, .flags = flags };
		u32 want = 1 + (u32)rand() % MAX_CALLS;

		q.data_len = 60 + (u32)rand() % (rand() % 4 ? 100 : 3000);
		make_frame(q.data_len, types[(u32)rand() % ARRAY_SIZE(types)]);
		while (s.nr_calls < want) {
			const struct family *f = &families[(u32)rand() % ARRAY_SIZE(families)];

			if (type == BPF_PROG_TYPE_SOCKET_FILTER && !f->socket_filter)
				continue;
			if (only && f->id != only)
				continue;
			s.call[s.nr_calls++] = random_call(f, !only);
		}
		round++;
		bad += !same_run(&s, &q);
	}
}

TEST("each helper alone, at random, does as the kernel's")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	srand(2);
	for (u32 i = 0; i < ARRAY_SIZE(families); i++)
		random_scripts(BPF_PROG_TYPE_SCHED_CLS, families[i].id, 100, 0);
}

TEST("random sequences of helpers in socket filters do as the kernel's")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	srand(3);
	random_scripts(BPF_PROG_TYPE_SOCKET_FILTER, 0, 500, 0);
}

TEST("random sequences of helpers in tc programs leave the packet as the kernel does")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	srand(4);
	random_scripts(BPF_PROG_TYPE_SCHED_CLS, 0, 2000, 0);
}

TEST("a known sum over the packet is kept or lost as in the kernel")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	srand(5);
	random_scripts(BPF_PROG_TYPE_SCHED_CLS, 0, 2000, BPF_F_TEST_SKB_CHECKSUM_COMPLETE);
}

TEST("csum_diff gives the kernel's sums")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	srand(6);
	make_frame(100, 0x800);
	for (u32 round = 0; round < 500; round++) {
		struct script s = script_of(BPF_PROG_TYPE_SCHED_CLS);
		struct request q = { .data = frame, .data_len = 100 };

		s.nr_calls = 1;
		s.call[0] = (struct call){ .id = BPF_FUNC_csum_diff, .args = "mnmnn" };
		s.call[0].number[1] = (u32)rand() % 17;
		s.call[0].number[3] = (u32)rand() % 17;
		s.call[0].number[4] = PICK(0, 1, 0xffff, 0xffffffff, (u32)rand());
		s.call[0].mem[0] = (s32)PICK(0, 0xffffffff, (u32)rand());
		s.call[0].mem[1] = (s32)PICK(0, 0xffffffff, (u32)rand());
		if (!same_run(&s, &q))
			break;
	}
}

TEST("room between headers ends where the packet does")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	make_frame(76, 0x86dd);
	for (s32 by = -62; by < 0; by++)
		for (u64 mode = 0; mode < 2; mode++)
			for (u64 flags = 0; flags <= 0x100; flags += 0x80) {
				struct script s = script_of(BPF_PROG_TYPE_SCHED_CLS);
				struct request q = { .data = frame, .data_len = 76 };

				s.nr_calls = 1;
				s.call[0] = (struct call){ .id = BPF_FUNC_skb_adjust_room,
							   .args = "cnnn" };
				s.call[0].number[1] = (u64)(s64)by;
				s.call[0].number[2] = mode;
				s.call[0].number[3] = flags;
				same_run(&s, &q);
			}
}
