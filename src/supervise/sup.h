/* struct supervisor: all that the parts of this folder share. */
#ifndef SKEP_SUPERVISE_SUP_H
#define SKEP_SUPERVISE_SUP_H

#include <pthread.h>
#include <stdatomic.h>

#include "object/instance.h"
#include "supervise/bpffs.h"
#include "supervise/net.h"
#include "supervise/netlink.h"
#include "supervise/world.h"

#define NOTIFY_THREADS 64 /* calls in flight; more wait in the kernel's queue */

struct supervisor {
	struct skep *skep;
	int listener; /* of the seccomp filter */
	struct world world;
	struct bpffs bpffs;
	struct devices *devices;
	struct net net;
	struct netlink netlink;
	bool trace;
	_Atomic bool stop;

	pthread_mutex_t lock; /* guards the threads */
	pthread_t threads[NOTIFY_THREADS];
	u32 nr_threads;
	_Atomic u32 idle; /* threads that wait for a call */
};

#endif
