/* What the parts of this folder share: struct supervisor is an instance and its world, struct session a
 * command that lives in it, with all its descendants. */
#ifndef SKEP_SUPERVISE_SUP_H
#define SKEP_SUPERVISE_SUP_H

#include <pthread.h>
#include <stdatomic.h>

#include "object/instance.h"
#include "supervise/bpffs.h"
#include "supervise/kallsyms.h"
#include "supervise/known_fds.h"
#include "supervise/net.h"
#include "supervise/netlink.h"
#include "supervise/socket_progs.h"
#include "supervise/sysctls.h"
#include "supervise/tracefs.h"
#include "supervise/world.h"

#define NOTIFY_THREADS 64 /* calls in flight per command; more wait in the kernel's queue */

struct supervisor {
	struct skep *skep;
	struct world world;
	struct bpffs bpffs;
	struct tracefs tracefs;
	struct devices *devices;
	struct net net;
	struct netlink netlink;
	struct socket_progs socket_progs;
	pthread_mutex_t iter_fds; /* held while a number for a session is chosen */
	struct sysctls sysctls;
	struct kallsyms kallsyms;
};

struct session {
	struct supervisor *sup;
	int listener; /* of the command's seccomp filter */
	bool trace;   /* each bpf(2) call is printed to log */
	int log;      /* the command's standard error */
	struct known_fds known;
	_Atomic bool stop;

	pthread_mutex_t lock; /* guards what follows */
	pthread_t threads[NOTIFY_THREADS];
	u32 nr_threads, waiting; /* waiting: for their turn */
	bool receiving; /* a thread takes calls: it waits for one, or answers one that is quick */
	pthread_cond_t relay; /* nobody does */
};

#endif
