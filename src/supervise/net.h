/* skep exec --net: a network namespace of the command's own, in which we are the wires.
 *
 *   command ── kernel's stack ── eth0 (a TAP that we hold) ── device.h's data path ── peer 10.0.0.1
 *
 * eth0 has 10.0.0.2/24. lo is the kernel's; as long as programs are attached to it, its frames take the way
 * through us, too (net_lo.h).
 * Without --net devices are the host's: programs can be attached to them, no frame is shown to them. */
#ifndef SKEP_SUPERVISE_NET_H
#define SKEP_SUPERVISE_NET_H

#include <pthread.h>
#include <stdatomic.h>

#include "hook/device.h"
#include "hook/peer.h"

#define NET_QUEUE 64 /* frames that the peer sends while it is working on one */

struct net_frame {
	u32 len;
	u8 *bytes;
};

struct net {
	bool on;	   /* there is a namespace */
	char missing[256]; /* why there is no eth0, or not all of it; "" if nothing is missing */
	int tap;	   /* eth0's */
	_Atomic int lo;	   /* a TAP that lo's frames go through, or -1 */
	u32 lo_hop;	   /* its index */
	int wake; /* eventfd: look again which descriptors there are, and whether to stop */
	_Atomic bool stop;
	bool started;
	pthread_t thread;
	struct devices *devices;
	struct device *eth0, *loopback;
	struct socket_progs *sockets; /* who else looks at frames; NULL: nobody */
	struct peer *peer;
	struct net_frame queue[NET_QUEUE];
	u32 nr_queued;
	u8 *buffer;
};

/* Move this process, which must have one thread and be where the command is to be, into a new network
 * namespace, with lo and eth0 up. Never fails: see missing. */
void net_enter(struct net *n);
/* Let frames flow. ds: of the command's instance. */
int net_start(struct net *n, struct devices *ds) MUST_CHECK;
void net_stop(struct net *n); /* takes one that was never started */
void net_wake(struct net *n);

/* A TAP of the calling thread's network namespace. Its descriptor. */
int net_open_tap(const char *name) MUST_CHECK;
/* Bring a device up. */
int net_up(const char *name) MUST_CHECK;

#endif
