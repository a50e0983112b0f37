/* BPF_PROG_TEST_RUN of XDP programs: data_in is metadata and packet; what the context says of them are
 * offsets in data_in. Packets longer than a page's share come in several buffers. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "exec/prog.h"
#include "prog/packet.h"
#include "prog/test_run.h"

static int check_request(const struct skep_test_run *t)
{
	if (t->flags & BPF_F_TEST_XDP_LIVE_FRAMES)
		return fail(-EOPNOTSUPP, "test run: live frames need a network stack");
	if (t->flags || t->batch_size)
		return fail(-EINVAL,
			    "test run: unknown flags %#x or batch size without live frames",
			    t->flags);
	return 0;
}

static int check_device(u32 ifindex, u32 queue)
{
	char name[IF_NAMESIZE], path[128];

	if (!ifindex)
		return queue ? fail(-EINVAL, "test run: rx_queue_index without ingress_ifindex")
			     : 0;
	TRY(test_run_check_ifindex(ifindex));
	if (!queue || !if_indextoname(ifindex, name))
		return 0;
	snprintf(path, sizeof(path), "/sys/class/net/%s/queues/rx-%u", name, queue);
	return access(path, F_OK) ? fail(-EINVAL, "test run: %s has no rx queue %u", name, queue)
				  : 0;
}

/* md: the client's context, with offsets in data_in instead of addresses: metadata, then the packet
 * from md->data on, of which the first buffer ends at md->data_end. */
static int check_md(const struct xdp_md *md, u32 size)
{
	if (md->data_meta || md->egress_ifindex)
		return fail(-EINVAL, "test run: data_meta and egress_ifindex must be 0");
	if (md->data > md->data_end || md->data_end > size)
		return fail(-EINVAL, "test run: data %u, data_end %u do not fit %u bytes", md->data,
			    md->data_end, size);
	if (md->data % sizeof(u32) || md->data > PACKET_HEADROOM - PACKET_RESERVED)
		return fail(-EINVAL, "test run: %u bytes of metadata are not possible", md->data);
	return check_device(md->ingress_ifindex, md->rx_queue_index);
}

/* data_in is in place, metadata first: make the context over it as a driver would. */
static struct skep_xdp *set_up(struct packet *p, const struct xdp_md *md, u32 size)
{
	struct skep_xdp *x = packet_xdp(p, size - md->data);
	u32 linear = MIN(md->data_end - md->data, PACKET_XDP_MAX);

	x->data_meta = x->data - md->data;
	x->data_end = x->data + linear;
	x->data_hard_end = x->data + PACKET_XDP_MAX;
	x->frags_len = size - md->data - linear;
	x->ingress_ifindex = md->ingress_ifindex ? md->ingress_ifindex : packet_loopback.ifindex;
	x->rx_queue_index = md->rx_queue_index;
	return x;
}

static int give_results(struct skep_test_run *t, const struct skep_xdp *x, struct xdp_md *md)
{
	md->data = (u32)(x->data - x->data_meta);
	md->data_end = (u32)(x->data_end - x->data_meta);
	TRY(test_run_ctx_out(t, md, sizeof(*md)));
	return test_run_data_out(t, x->data_meta, md->data_end + x->frags_len);
}

static int run_packet(struct skep_prog *p, struct skep_test_run *t, struct xdp_md *md,
		      struct packet *packet)
{
	struct skep_xdp *x;

	/* The packet's first byte, not the metadata's, is where packets always begin. */
	TRY(packet_set(packet, (const u8 *)t->data_in + md->data, t->data_size_in - md->data));
	memcpy(packet->bytes - md->data, t->data_in, md->data);
	x = set_up(packet, md, t->data_size_in);
	test_run_repeat(p, x, sizeof(*x), t);
	return give_results(t, x, md);
}

/* Offsets in data_in are the client's if it gives or asks for a context at all, even a short one. */
static int packet_layout(const struct skep_test_run *t, struct xdp_md *md)
{
	TRY(test_run_ctx_in(t, md, sizeof(*md)));
	if (t->ctx_in || t->has_ctx_out)
		TRY(check_md(md, t->data_size_in));
	else
		md->data_end = t->data_size_in;
	if (t->data_size_in - md->data < ETH_HLEN)
		return fail(-EINVAL, "test run: a packet has at least %d bytes", ETH_HLEN);
	return 0;
}

static int check_frags(const struct skep_test_run *t, const struct xdp_md *md)
{
	u32 linear = MIN(md->data_end - md->data, PACKET_XDP_MAX);

	if (t->data_size_in - md->data - linear > PACKET_FRAGS_MAX)
		return fail(-ENOMEM, "test run: at most %d bytes in further buffers",
			    PACKET_FRAGS_MAX);
	return t->data_in ? 0 : fail(-EFAULT, "test run: no packet");
}

int xdp_test_run(struct skep_prog *p, struct skep_test_run *t)
{
	struct packet packet;
	struct xdp_md md;
	int err;

	TRY(check_request(t));
	TRY(packet_layout(t, &md));
	TRY(check_frags(t, &md));
	TRY(packet_init(&packet, p->rt->va));
	err = run_packet(p, t, &md, &packet);
	packet_done(&packet);
	return err;
}
