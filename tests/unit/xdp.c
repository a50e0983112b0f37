/* XDP: test runs and helpers do as the kernel's. */
#include "packet_run.h"

static const s16 no_fields[] = { 12, 16, -1 }; /* ingress_ifindex, rx_queue_index */
static const struct script pass = { .type = BPF_PROG_TYPE_XDP, .fields = no_fields };
static u8 frame[80000];

static struct script one_call(u32 id, const char *args, u64 n1, u64 n3)
{
	struct script s = pass;

	s.nr_calls = 1;
	s.call[0] = (struct call){
		.id = id, .args = args, .number = { 0, n1, 0, n3 }, .mem = { 1, 2 }
	};
	return s;
}

TEST("test runs take and give packets of the kernel's sizes")
{
	static const u32 sizes[] = { 0,	   1,	 13,   14,    15,    64,    3519,  3520,
				     3521, 4096, 7616, 65535, 65536, 73151, 73152, 73153 };

	if (kernel_missing())
		SKIP(kernel_missing());
	fill_frame(frame, sizeof(frame), 0x800);
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct request q = { .data = frame, .data_len = sizes[i] };

		same_run(&pass, &q);
		q.no_data_out = q.no_ctx_out = true;
		same_run(&pass, &q);
	}
}

TEST("the context that a test run takes is checked as the kernel does")
{
	static const u32 values[] = { 0,  1,  2,  3,  4,  16,  32,  49,	 50,
				      51, 52, 60, 64, 65, 216, 220, 1000 };

	if (kernel_missing())
		SKIP(kernel_missing());
	fill_frame(frame, sizeof(frame), 0x800);
	for (u32 word = 0; word < 6; word++)
		for (u32 v = 0; v < ARRAY_SIZE(values); v++)
			for (u32 len = 64; len <= 5000; len += 4936 / 2) {
				u32 md[6] = { 0, len };
				struct request q = {
					.data = frame, .data_len = len, .ctx = md, .ctx_len = 24
				};

				md[word] = values[v];
				same_run(&pass, &q);
				q.no_ctx_out = true;
				same_run(&pass, &q);
			}
}

TEST("contexts shorter and longer than struct xdp_md")
{
	u32 md[1300] = { 0, 64 };

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 size = 4; size < sizeof(md); size += size < 40 ? 4 : 500) {
		struct request q = { .data = frame, .data_len = 64, .ctx = md, .ctx_len = size };

		same_run(&pass, &q);
		md[20] = 1;
		same_run(&pass, &q);
		md[20] = 0;
	}
}

TEST("flags, cpu and batch size that are not for XDP are refused")
{
	struct request q = { .data = frame, .data_len = 64 };

	if (kernel_missing())
		SKIP(kernel_missing());
	for (u32 bit = 0; bit < 32; bit++) {
		if (1u << bit == BPF_F_TEST_XDP_LIVE_FRAMES)
			continue;
		q.flags = 1u << bit;
		same_run(&pass, &q);
	}
	q.flags = 0;
	q.cpu = 1;
	same_run(&pass, &q);
	q.cpu = 0;
	q.batch_size = 1;
	same_run(&pass, &q);
}

TEST("adjust_head, adjust_tail and adjust_meta stop where the kernel's do")
{
	static const u32 ids[] = { BPF_FUNC_xdp_adjust_head, BPF_FUNC_xdp_adjust_tail,
				   BPF_FUNC_xdp_adjust_meta };
	static const s32 far[] = { -5000, -4987, -4986, -4097, -4096,  2000,	  2615,
				   2616,  2617,	 3456,	3457,  100000, INT32_MAX, INT32_MIN };

	if (kernel_missing())
		SKIP(kernel_missing());
	fill_frame(frame, sizeof(frame), 0x800);
	for (u32 h = 0; h < ARRAY_SIZE(ids); h++)
		for (u32 big = 0; big < 2; big++) {
			struct request q = { .data = frame, .data_len = big ? 5000 : 64 };

			for (s32 by = -300; by < 120; by++) {
				struct script s = one_call(ids[h], "cn", (u64)(s64)by, 0);

				same_run(&s, &q);
			}
			for (u32 i = 0; i < ARRAY_SIZE(far); i++) {
				struct script s = one_call(ids[h], "cn", (u64)(s64)far[i], 0);

				same_run(&s, &q);
			}
		}
}

TEST("load_bytes, store_bytes and get_buff_len reach what the kernel's do")
{
	static const u32 lens[] = { 14, 64, 3520, 5000, 70000 };
	static const s64 offs[] = { 0,	  1,	13,   56,   57,	   63,	  64,
				    3515, 3518, 4992, 4993, 65535, 65536, -1 };
	static const u64 sizes[] = { 1, 2, 8, 15, 16 };

	if (kernel_missing())
		SKIP(kernel_missing());
	fill_frame(frame, sizeof(frame), 0x800);
	for (u32 l = 0; l < ARRAY_SIZE(lens); l++)
		for (u32 o = 0; o < ARRAY_SIZE(offs); o++)
			for (u32 z = 0; z < ARRAY_SIZE(sizes); z++) {
				struct script s = one_call(BPF_FUNC_xdp_load_bytes, "cnmn",
							   (u64)offs[o], sizes[z]);
				struct request q = { .data = frame, .data_len = lens[l] };

				same_run(&s, &q);
				s.call[0].id = BPF_FUNC_xdp_store_bytes;
				same_run(&s, &q);
				s = one_call(BPF_FUNC_xdp_get_buff_len, "c", 0, 0);
				same_run(&s, &q);
			}
}

TEST("redirect returns the kernel's action and records the target")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	for (u64 flags = 0; flags < 4; flags++) {
		struct request q = { .data = frame, .data_len = 64 };
		struct script s = pass;

		s.nr_calls = 1;
		s.call[0] = (struct call){ .id = BPF_FUNC_redirect,
					   .args = "nn",
					   .number = { 7, flags } };
		same_run(&s, &q);
	}
}

static s32 random_offset(void)
{
	switch (rand() % 4) {
	case 0: return rand() % 20 - 10;
	case 1: return rand() % 600 - 300;
	case 2: return (rand() % 16 - 8) * 4;
	default: return rand() % 10000 - 5000;
	}
}

TEST("random sequences of helpers leave the packet as the kernel does")
{
	static const u32 ids[] = { BPF_FUNC_xdp_adjust_head, BPF_FUNC_xdp_adjust_tail,
				   BPF_FUNC_xdp_adjust_meta, BPF_FUNC_xdp_load_bytes,
				   BPF_FUNC_xdp_store_bytes, BPF_FUNC_xdp_get_buff_len };
	u32 bad = 0;

	if (kernel_missing())
		SKIP(kernel_missing());
	srand(1);
	fill_frame(frame, sizeof(frame), 0x800);
	for (u32 round = 0; round < 2000 && bad < 5; round++) {
		struct script s = pass;
		struct request q = { .data = frame, .repeat = round % 500 ? 1 : 3 };

		q.data_len = rand() % 3 ? 14 + (u32)rand() % 200 : 14 + (u32)rand() % 9000;
		s.nr_calls = 1 + (u32)rand() % MAX_CALLS;
		for (u32 i = 0; i < s.nr_calls; i++) {
			u32 id = ids[(u32)rand() % ARRAY_SIZE(ids)];
			bool bytes =
				id == BPF_FUNC_xdp_load_bytes || id == BPF_FUNC_xdp_store_bytes;

			s.call[i] = (struct call){ .id = id,
						   .args = bytes ? "cnmn"
							   : id == BPF_FUNC_xdp_get_buff_len ? "c"
											     : "cn",
						   .number = { 0,
							       bytes ? (u32)rand() % 9000
								     : (u64)(s64)random_offset(),
							       0, 1 + (u32)rand() % 16 },
						   .mem = { rand(), rand() } };
		}
		bad += !same_run(&s, &q);
	}
}
