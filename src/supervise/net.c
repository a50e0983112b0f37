/* See net.h. */
#include "supervise/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/net_lo.h"
#include "supervise/socket_progs.h"

#define OWN_ADDR  "10.0.0.2"
#define PEER_ADDR "10.0.0.1"
#define NETMASK	  "255.255.255.0"
#define FRAME_MAX 0x11000 /* longer than any that the kernel hands out */
#define BATCH	  64	  /* frames of one device before the others have their turn */

static const u8 own_mac[6] = { 0x02, 0x73, 0x6b, 0x65, 0x70, 0x02 };
static const u8 peer_mac[6] = { 0x02, 0x73, 0x6b, 0x65, 0x70, 0x01 };

/* --- configuration --- */

int net_open_tap(const char *name)
{
	struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), err;

	if (fd < 0)
		return fail(-errno, "/dev/net/tun: %s", strerror(errno));
	memcpy(req.ifr_name, name, MIN(strlen(name), sizeof(req.ifr_name) - 1));
	if (ioctl(fd, TUNSETIFF, &req) < 0) {
		err = fail(-errno, "no TAP device can be made: %s", strerror(errno));
		close(fd);
		return err;
	}
	return fd;
}

static int control(unsigned long what, void *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, what, arg) < 0)
		err = -errno;
	close(fd);
	return err;
}

static struct ifreq request(const char *name)
{
	struct ifreq req = { 0 };

	memcpy(req.ifr_name, name, MIN(strlen(name), sizeof(req.ifr_name) - 1));
	return req;
}

int net_up(const char *name)
{
	struct ifreq req = request(name);

	TRY(control(SIOCGIFFLAGS, &req));
	req.ifr_flags |= IFF_UP;
	return control(SIOCSIFFLAGS, &req);
}

static int set_address(const char *name, unsigned long what, const char *addr)
{
	struct ifreq req = request(name);
	struct sockaddr_in in = { .sin_family = AF_INET };

	inet_pton(AF_INET, addr, &in.sin_addr);
	memcpy(&req.ifr_addr, &in, sizeof(in));
	return control(what, &req);
}

static int set_mac(const char *name)
{
	struct ifreq req = request(name);

	req.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(req.ifr_hwaddr.sa_data, own_mac, sizeof(own_mac));
	return control(SIOCSIFHWADDR, &req);
}

/* All else goes to the peer, too. */
static int set_default_route(void)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct sockaddr_in any = { .sin_family = AF_INET }, peer = any;

	inet_pton(AF_INET, PEER_ADDR, &peer.sin_addr);
	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	memcpy(&route.rt_gateway, &peer, sizeof(peer));
	return control(SIOCADDRT, &route);
}

static int set_up_eth0(void)
{
	return set_mac("eth0") ?: set_address("eth0", SIOCSIFADDR, OWN_ADDR) ?:
	       set_address("eth0", SIOCSIFNETMASK, NETMASK) ?: net_up("eth0") ?:
							       set_default_route();
}

static void lacks(struct net *n, const char *what, int err)
{
	snprintf(n->missing, sizeof(n->missing), "%s: %s", what,
		 *last_error() ? last_error() : strerror(-err));
}

void net_enter(struct net *n)
{
	int err;

	clear_last_error();
	if (unshare(CLONE_NEWNET) < 0) {
		lacks(n, "no network namespace", -errno);
		return;
	}
	n->on = true;
	err = net_up("lo");
	if (err < 0)
		lacks(n, "lo stays down", err);
	n->tap = net_open_tap("eth0");
	err = n->tap < 0 ? n->tap : set_up_eth0();
	if (err < 0)
		lacks(n, "no eth0", err);
}

/* --- frames --- */

static void write_frame(int fd, const u8 *frame, u32 len)
{
	if (write(fd, frame, len) < 0)
		errno = 0; /* full, or down: lost, as on any wire */
}

static void eth0_up(void *arg, const u8 *frame, u32 len)
{
	struct net *n = arg;

	sockets_choose(n->sockets, n->eth0, frame, len);
	write_frame(n->tap, frame, len);
	sockets_refuse(n->sockets);
}

static void eth0_sent(void *arg, const u8 *frame, u32 len)
{
	struct net *n = arg;

	sockets_sent(n->sockets, n->eth0, frame, len);
}

static void eth0_out(void *arg, const u8 *frame, u32 len)
{
	peer_input(((struct net *)arg)->peer, frame, len);
}

/* The peer answers while a frame of ours is still being worked on: its own wait for that. */
static void queue_frame(void *arg, const u8 *frame, u32 len)
{
	struct net *n = arg;
	u8 *copy = n->nr_queued < NET_QUEUE ? malloc(len) : NULL;

	if (!copy)
		return;
	memcpy(copy, frame, len);
	n->queue[n->nr_queued++] = (struct net_frame){ len, copy };
}

/* What is sent in answer to these is queued behind them. */
static void deliver_queue(struct net *n)
{
	struct net_frame now[NET_QUEUE];
	u32 count;

	while ((count = n->nr_queued)) {
		memcpy(now, n->queue, count * sizeof(now[0]));
		n->nr_queued = 0;
		for (u32 i = 0; i < count; i++) {
			device_receive(n->devices, n->eth0, now[i].bytes, now[i].len);
			free(now[i].bytes);
		}
	}
}

static void drain(struct net *n, int fd,
		  void (*take)(struct devices *ds, struct device *d, const u8 *frame, u32 len),
		  struct device *d)
{
	for (u32 i = 0; i < BATCH; i++) {
		ssize_t len = read(fd, n->buffer, FRAME_MAX);

		if (len <= 0)
			return;
		take(n->devices, d, n->buffer, (u32)len);
		deliver_queue(n);
	}
}

static void clear_wake(struct net *n)
{
	u64 count;

	if (read(n->wake, &count, sizeof(count)) < 0)
		errno = 0; /* not woken */
}

static void *carry(void *arg)
{
	struct net *n = arg;
	bool waiting = false;

	while (!atomic_load(&n->stop)) {
		int lo = atomic_load(&n->lo);
		struct pollfd fds[] = { { n->wake, POLLIN, 0 },
					{ n->tap, POLLIN, 0 },
					{ lo, POLLIN, 0 } };
		int ready = poll(fds, ARRAY_SIZE(fds), waiting ? PEER_TICK_MS : -1);

		if (fds[0].revents) {
			clear_wake(n);
			net_lo_tidy(n);
			continue;
		}
		if (fds[1].revents & POLLIN)
			drain(n, n->tap, device_transmit, n->eth0);
		if (fds[2].revents & POLLIN)
			drain(n, lo, device_transmit, n->loopback);
		if (n->peer && (ready == 0 || !waiting))
			waiting = peer_tick(n->peer);
		deliver_queue(n);
	}
	return NULL;
}

static int set_devices(struct net *n)
{
	pthread_mutex_lock(&n->devices->lock);
	n->loopback = device_get(n->devices, if_nametoindex("lo"));
	if (n->tap >= 0)
		n->eth0 = device_get(n->devices, if_nametoindex("eth0"));
	if (n->eth0) {
		memcpy(n->eth0->addr, own_mac, sizeof(own_mac));
		n->eth0->ways = (struct device_ways){ eth0_up, eth0_out, eth0_sent, n };
	}
	net_lo_init(n);
	pthread_mutex_unlock(&n->devices->lock);
	return n->loopback && (n->eth0 || n->tap < 0) ? 0 : -ENOMEM;
}

int net_start(struct net *n, struct devices *ds)
{
	struct in_addr addr;

	if (!n->on)
		return 0;
	inet_pton(AF_INET, PEER_ADDR, &addr);
	n->devices = ds;
	TRY(set_devices(n));
	n->buffer = malloc(FRAME_MAX);
	n->peer = peer_new(peer_mac, addr.s_addr, queue_frame, n);
	n->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!n->buffer || !n->peer || n->wake < 0)
		return -ENOMEM;
	n->started = !pthread_create(&n->thread, NULL, carry, n);
	return n->started ? 0 : -EAGAIN;
}

void net_wake(struct net *n)
{
	u64 one = 1;

	if (write(n->wake, &one, sizeof(one)) < 0)
		errno = 0; /* it is awake */
}

void net_stop(struct net *n)
{
	atomic_store(&n->stop, true);
	if (n->started) {
		net_wake(n);
		pthread_join(n->thread, NULL);
	}
	net_lo_done(n);
	for (u32 i = 0; i < n->nr_queued; i++)
		free(n->queue[i].bytes);
	peer_free(n->peer);
	free(n->buffer);
	if (n->tap >= 0)
		close(n->tap);
	if (n->wake >= 0)
		close(n->wake);
}
