/* BPF_PROG_TEST_RUN of programs on struct __sk_buff. data_in is an Ethernet frame as if received on the
 * loopback device; socket filters see it from the network header on. The context may set what
 * struct __sk_buff lets come from outside, all else in it must be zero. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "exec/prog.h"
#include "helper/checksum.h"
#include "map/owner.h"
#include "prog/packet.h"
#include "prog/test_run.h"

/* Linux puts the frame into one page, with 64 bytes in front (NET_SKB_PAD). */
#define FRAME_MAX     (PACKET_PAGE - 64 - PACKET_TAILROOM)
#define WIRE_LEN_MAX  65536 /* GSO_LEGACY_MAX_SIZE */
#define GSO_SEGS_MAX  65535
#define IPV4_HEADER   20
#define IPV6_HEADER   40
#define EXTENT(field) offsetof(struct __sk_buff, field), END_OF(field)
#define END_OF(field)                                                                              \
	(offsetof(struct __sk_buff, field) + sizeof(((struct __sk_buff *)NULL)->field))

static int check_request(const struct skep_test_run *t)
{
	if (t->flags & ~(u32)BPF_F_TEST_SKB_CHECKSUM_COMPLETE || t->cpu || t->batch_size)
		return fail(-EINVAL, "test run: flags %#x, cpu and batch_size are not for packets",
			    t->flags);
	if (t->data_size_in < ETH_HLEN || t->data_size_in > FRAME_MAX)
		return fail(-EINVAL, "test run: a frame of %u bytes, %d to %d are possible",
			    t->data_size_in, ETH_HLEN, FRAME_MAX);
	return t->data_in ? 0 : fail(-EFAULT, "test run: no frame");
}

/* What the network stack relies on: that headers of the protocol are there. */
static int check_headers(const struct skep_skb *skb)
{
	u32 need = 0;

	if (skb->protocol == __builtin_bswap16(ETH_P_IP))
		need = IPV4_HEADER;
	else if (skb->protocol == __builtin_bswap16(ETH_P_IPV6))
		need = IPV6_HEADER;
	if (skb->len < ETH_HLEN + need)
		return fail(-EINVAL, "test run: the frame ends in its IP header");
	return 0;
}

static int check_ctx(const struct __sk_buff *c)
{
	static const u32 settable[][2] = {
		/* fields' extents, ascending */
		{ EXTENT(mark) },
		{ EXTENT(priority) },
		{ offsetof(struct __sk_buff, ingress_ifindex), END_OF(ifindex) },
		{ EXTENT(cb) },
		{ EXTENT(tstamp) },
		{ offsetof(struct __sk_buff, wire_len), END_OF(gso_segs) },
		{ EXTENT(gso_size) },
		{ EXTENT(hwtstamp) },
	};
	u32 from = 0;

	for (u32 i = 0; i < ARRAY_SIZE(settable); from = settable[i++][1])
		if (!all_zero(c, from, settable[i][0]))
			return fail(-EINVAL,
				    "test run: a context field that programs only read is set");
	if (!all_zero(c, from, sizeof(*c)))
		return fail(-EINVAL, "test run: bytes behind the context's last field are set");
	return 0;
}

static int device_address(const char *name, u8 *addr)
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	memcpy(req.ifr_name, name, IF_NAMESIZE);
	if (ioctl(fd, SIOCGIFHWADDR, &req))
		err = -errno;
	else
		memcpy(addr, req.ifr_hwaddr.sa_data, ETH_ALEN);
	close(fd);
	return err;
}

static int find_device(u32 ifindex, struct packet_device *dev)
{
	char name[IF_NAMESIZE] = { 0 };

	*dev = packet_loopback;
	if (!ifindex || ifindex == packet_loopback.ifindex)
		return 0;
	if (!if_indextoname(ifindex, name))
		return fail(-ENODEV, "test run: there is no interface %u", ifindex);
	dev->ifindex = ifindex;
	memset(dev->broadcast, 0xff, sizeof(dev->broadcast));
	return device_address(name, dev->addr);
}

static int apply_ctx(struct skep_skb *skb, const struct __sk_buff *c)
{
	skb->mark = c->mark;
	skb->priority = c->priority;
	skb->ingress_ifindex = c->ingress_ifindex;
	skb->tstamp = c->tstamp;
	memcpy(skb->cb, c->cb, sizeof(skb->cb));
	skb->wire_len = c->wire_len ? c->wire_len : skb->len;
	if (skb->wire_len < skb->len || skb->wire_len > WIRE_LEN_MAX)
		return fail(-EINVAL, "test run: wire_len %u for %u bytes", c->wire_len, skb->len);
	if (c->gso_segs > GSO_SEGS_MAX)
		return fail(-EINVAL, "test run: gso_segs %u is over %u", c->gso_segs, GSO_SEGS_MAX);
	skb->gso_segs = (u16)c->gso_segs;
	skb->gso_size = (u16)c->gso_size;
	skb->hwtstamp = c->hwtstamp;
	return 0;
}

static void read_ctx(struct __sk_buff *c, const struct skep_skb *skb)
{
	c->mark = skb->mark;
	c->priority = skb->priority;
	c->ingress_ifindex = skb->ingress_ifindex;
	c->ifindex = skb->ifindex;
	c->tstamp = skb->tstamp;
	memcpy(c->cb, skb->cb, sizeof(skb->cb));
	c->wire_len = skb->wire_len;
	c->gso_segs = skb->gso_segs;
}

static u32 network_sum(const struct skep_skb *skb)
{
	return csum_bytes(skb->network_header, (u64)(skb->data_end - skb->network_header), 0);
}

/* Did helpers keep the sum over what follows the link layer's header true? */
static int check_sum(const struct skep_skb *skb)
{
	if (csum_fold(skb->csum) != csum_fold(network_sum(skb)))
		return fail(-EBADMSG, "test run: the packet's checksum is not kept");
	return 0;
}

static int run_frame(struct skep_prog *p, struct skep_test_run *t, struct __sk_buff *c, bool l2,
		     struct packet *packet)
{
	bool has_ctx = t->ctx_in || t->has_ctx_out;
	struct packet_device dev;
	struct skep_skb *skb;
	/* As Linux's: of no family, closed. */
	struct bpf_sock sk = { .state = BPF_TCP_CLOSE, .rx_queue_mapping = -1 };

	TRY(find_device(c->ifindex, &dev));
	TRY(packet_set(packet, t->data_in, t->data_size_in));
	skb = packet_skb(packet, t->data_size_in, &dev);
	TRY(check_headers(skb));
	skb->sk_uid = 0;
	skb->sk_cookie = 1;
	skb->sk = &sk;
	if (!l2)
		packet_skb_pull_mac(skb);
	if (has_ctx)
		TRY(apply_ctx(skb, c));
	if (t->flags & BPF_F_TEST_SKB_CHECKSUM_COMPLETE) {
		skb->ip_summed = SKEP_CSUM_COMPLETE;
		skb->csum = network_sum(skb);
	}
	test_run_repeat(p, skb, sizeof(*skb), t);
	owner_gone(p->rt, OWNER_SOCK, owner_of_run_sock(&sk));
	if (t->flags & BPF_F_TEST_SKB_CHECKSUM_COMPLETE)
		TRY(check_sum(skb));
	if (!l2) { /* Linux gives no link layer's header back, but room of its size */
		packet_skb_push_mac(skb);
		memset(skb->data, 0, ETH_HLEN);
	}
	read_ctx(c, skb);
	TRY(test_run_ctx_out(t, c, sizeof(*c)));
	return test_run_data_out(t, skb->data, skb->len);
}

static int skb_test_run(struct skep_prog *p, struct skep_test_run *t, bool l2)
{
	struct packet packet;
	struct __sk_buff c;
	int err;

	TRY(check_request(t));
	TRY(test_run_ctx_in(t, &c, sizeof(c)));
	TRY(check_ctx(&c));
	TRY(packet_init(&packet, p->rt->va));
	err = run_frame(p, t, &c, l2, &packet);
	packet_done(&packet);
	return err;
}

int socket_filter_test_run(struct skep_prog *p, struct skep_test_run *t)
{
	return skb_test_run(p, t, false);
}

int sched_cls_test_run(struct skep_prog *p, struct skep_test_run *t)
{
	return skb_test_run(p, t, true);
}
