/* Packets: contexts over them, link layer facts, legacy loads; compared with the kernel where it tells. */
#include "prog/packet.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <unistd.h>

#include "insns.h"
#include "oracle/kernel.h"
#include "test.h"

static struct va *va;
static struct packet packet;

static bool set_up(void)
{
	return va_new(&va) == 0 && packet_init(&packet, va) == 0;
}

static void tear_down(void)
{
	packet_done(&packet);
	va_free(va);
	va = NULL;
}

static void fill_frame(u8 *frame, u32 len, u16 type)
{
	for (u32 i = 0; i < len; i++)
		frame[i] = (u8)i;
	memset(frame, 0, 6);
	frame[12] = (u8)(type >> 8);
	frame[13] = (u8)type;
}

/* What a program gives on this frame in the kernel. */
static u32 kernel_run(u32 type, const struct bpf_insn *insns, u32 n, const u8 *frame, u32 len)
{
	union bpf_attr attr = { 0 };
	int fd = kernel_load(type, insns, n, 0, NULL, 0);

	EXPECT(fd >= 0);
	attr.test.prog_fd = (u32)fd;
	attr.test.data_in = (uintptr_t)frame;
	attr.test.data_size_in = len;
	EXPECT_EQ(kernel_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	close(fd);
	return attr.test.retval;
}

TEST("a packet is instance memory and keeps its bytes")
{
	u8 bytes[100];
	struct skep_xdp *x;

	REQUIRE(set_up());
	fill_frame(bytes, sizeof(bytes), 0x800);
	EXPECT_EQ(packet_set(&packet, bytes, sizeof(bytes)), 0);
	x = packet_xdp(&packet, sizeof(bytes));
	EXPECT_EQ(x->data_end - x->data, sizeof(bytes));
	EXPECT(!memcmp(x->data, bytes, sizeof(bytes)));
	EXPECT_EQ(x->data - x->data_hard_start, 216);
	EXPECT_EQ(x->data_hard_end - x->data, 3520);
	EXPECT(x->data_meta == x->data);
	EXPECT(va_owns(va, (uintptr_t)x->data, sizeof(bytes)));
	EXPECT(va_owns(va, (uintptr_t)x, sizeof(*x)));
	tear_down();
}

TEST("packets of no bytes and of the most are possible, longer ones not")
{
	u8 *big = calloc(1, PACKET_MAX + 1);

	REQUIRE(big && set_up());
	EXPECT_EQ(packet_set(&packet, NULL, 0), 0);
	EXPECT(packet_xdp(&packet, 0)->data == packet.xdp->data_end);
	memset(big, 7, PACKET_MAX);
	EXPECT_EQ(packet_set(&packet, big, PACKET_MAX), 0);
	EXPECT_EQ(packet_xdp(&packet, PACKET_MAX)->data_end[-1], 7);
	EXPECT_EQ(packet_set(&packet, big, PACKET_MAX + 1), -E2BIG);
	tear_down();
	free(big);
}

TEST("headroom shows nothing of the packet before")
{
	u8 bytes[64];

	REQUIRE(set_up());
	memset(bytes, 0xaa, sizeof(bytes));
	EXPECT_EQ(packet_set(&packet, bytes, sizeof(bytes)), 0);
	memset(packet.bytes - PACKET_HEADROOM, 0xbb, PACKET_HEADROOM);
	EXPECT_EQ(packet_set(&packet, bytes, sizeof(bytes)), 0);
	for (int i = 1; i <= PACKET_HEADROOM; i++)
		EXPECT_EQ(packet.bytes[-i], 0);
	tear_down();
}

/* Both sides run "return skb->field" on the same frame. */
static void compare_field(const u8 *frame, u32 len, s16 off, u32 ours)
{
	struct bpf_insn prog[] = { LOAD(BPF_W, 0, 1, off), EXIT_INSN() };
	u32 theirs = kernel_run(BPF_PROG_TYPE_SCHED_CLS, prog, 2, frame, len);

	EXPECT(ours == theirs, "field at %d: %#x, kernel %#x", off, ours, theirs);
}

TEST("protocol and packet type are what the kernel sees")
{
	static const u16 types[] = { 0x0800, 0x86dd, 0x8100, 0x0806, 0x0100,
				     0x05dc, 0x05ff, 0x0600, 4,	     0xffff };
	static const u8 macs[][2] = { { 0, 0 }, { 0xff, 0xff }, { 1, 0 }, { 2, 0 }, { 0, 1 } };
	u8 frame[100];

	if (kernel_missing())
		SKIP(kernel_missing());
	REQUIRE(set_up());
	for (u32 t = 0; t < ARRAY_SIZE(types); t++)
		for (u32 m = 0; m < 2 * ARRAY_SIZE(macs); m++) {
			struct skep_skb *skb;

			fill_frame(frame, sizeof(frame), types[t]);
			memset(frame, macs[m / 2][1], 6);
			frame[0] = macs[m / 2][0];
			if (m % 2)
				frame[14] = frame[15] = 0xff;
			EXPECT_EQ(packet_set(&packet, frame, sizeof(frame)), 0);
			skb = packet_skb(&packet, sizeof(frame), &packet_loopback);
			compare_field(frame, sizeof(frame), 16, skb->protocol);
			compare_field(frame, sizeof(frame), 4, skb->pkt_type);
			compare_field(frame, sizeof(frame), 0, skb->len);
			compare_field(frame, sizeof(frame), 40, skb->ifindex);
		}
	tear_down();
}

TEST("a device's own and broadcast address decide the packet type")
{
	static const struct packet_device dev = { .addr = { 2, 0, 0, 0, 0, 1 },
						  .broadcast = { 255, 255, 255, 255, 255, 255 },
						  .ifindex = 3 };
	u8 frame[60];

	REQUIRE(set_up());
	fill_frame(frame, sizeof(frame), 0x800);
	memcpy(frame, dev.addr, 6);
	EXPECT_EQ(packet_set(&packet, frame, sizeof(frame)), 0);
	EXPECT_EQ(packet_skb(&packet, 60, &dev)->pkt_type, 0);
	memset(packet.bytes, 0xff, 6);
	EXPECT_EQ(packet_skb(&packet, 60, &dev)->pkt_type, 1);
	packet.bytes[5] = 1;
	EXPECT_EQ(packet_skb(&packet, 60, &dev)->pkt_type, 2);
	packet.bytes[0] = 0;
	EXPECT_EQ(packet_skb(&packet, 60, &dev)->pkt_type, 3);
	EXPECT_EQ(packet.skb->ifindex, 3);
	tear_down();
}

static void compare_ld_abs(u32 type, const u8 *frame, u32 len, s32 off)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W };

	for (u32 i = 0; i < 3; i++) {
		struct bpf_insn prog[] = { MOV_REG(6, 1),
					   INSN(BPF_LD | BPF_ABS | sizes[i], 0, 0, 0, off),
					   EXIT_INSN() };
		u32 theirs = kernel_run(type, prog, 3, frame, len);
		u64 ours = 0;

		packet_ld_abs(packet.skb, off, 1u << i, &ours);
		EXPECT(ours == theirs, "type %u ld_abs%u %d: %#llx, kernel %#x", type, 1u << i, off,
		       (unsigned long long)ours, theirs);
	}
}

TEST("legacy loads give the kernel's bytes at every kind of offset")
{
	static const s32 bases[] = { 0, SKF_NET_OFF, SKF_LL_OFF, SKF_AD_OFF };
	static const s32 offs[] = { 0, 1, 12, 13, 14, 50, 82, 84, 85, 86, 96, 98, 99, 100, -1 };
	u8 frame[100];

	if (kernel_missing())
		SKIP(kernel_missing());
	REQUIRE(set_up());
	fill_frame(frame, sizeof(frame), 0x800);
	EXPECT_EQ(packet_set(&packet, frame, sizeof(frame)), 0);
	packet_skb(&packet, sizeof(frame), &packet_loopback);
	for (u32 l2 = 0; l2 < 2; l2++) {
		for (u32 b = 0; b < ARRAY_SIZE(bases); b++)
			for (u32 i = 0; i < ARRAY_SIZE(offs); i++)
				compare_ld_abs(l2 ? BPF_PROG_TYPE_SOCKET_FILTER
						  : BPF_PROG_TYPE_SCHED_CLS,
					       frame, sizeof(frame), bases[b] + offs[i]);
		packet_skb_pull_mac(packet.skb);
	}
	tear_down();
}
