/* Network devices as places to attach programs to: which XDP program, tc filters and tcx programs each
 * has, and what becomes of a frame that comes in or goes out.
 *
 * A device is known by its index from the first attachment on. Where its frames really pass through us
 * (skep exec --net) somebody gives it a way up, to the network stack, and a way out; all other devices are
 * bookkeeping.
 *
 * Invariants:
 *  - devices.lock guards everything here and is held while a frame is worked on: who has changed a device
 *    knows that no frame sees the old program any more;
 *  - a device has at most one XDP program, of one mode; if a link put it there, only that link changes it. */
#ifndef SKEP_HOOK_DEVICE_H
#define SKEP_HOOK_DEVICE_H

#include <pthread.h>

#include "exec/prog.h"

struct device;
struct link;
struct packet;
struct skep;

enum xdp_mode { XDP_MODE_NONE, XDP_MODE_NATIVE, XDP_MODE_GENERIC }; /* XDP_ATTACHED_* of the UAPI */
enum tc_direction { TC_INGRESS, TC_EGRESS, TC_DIRECTIONS };

struct tc_filter { /* a classifier of kind bpf below clsact */
	u32 prio, handle;
	u16 protocol; /* network byte order; ETH_P_ALL: any */
	bool direct_action;
	char name[64];
	struct skep_prog *prog; /* a reference */
};

struct tcx_entry {
	struct skep_prog *prog; /* a reference */
	struct link *link;	/* NULL: PROG_ATTACH put it there; not a reference */
};

#define TC_FILTERS_MAX 64 /* of one direction of one device */
#define TCX_MAX	       64 /* Linux's BPF_MPROG_MAX */

struct tc_hook {
	struct tc_filter filter[TC_FILTERS_MAX]; /* by ascending priority, then handle */
	u32 nr_filters;
	struct tcx_entry tcx[TCX_MAX];
	u32 nr_tcx;
	u64 revision; /* of tcx; counts changes */
};

/* What happens to frames of a device whose frames are ours. */
struct device_ways {
	void (*up)(void *arg, const u8 *frame, u32 len);  /* to the network stack */
	void (*out)(void *arg, const u8 *frame, u32 len); /* leaves the machine */
	/* The stack has sent it, and no program kept it; before it goes on. May be NULL. */
	void (*sent)(void *arg, const u8 *frame, u32 len);
	void *arg;
};

struct device {
	struct device *next;
	u32 ifindex;
	u8 addr[6];
	bool generic_only;     /* its driver knows no XDP: lo */
	bool loops;	       /* what leaves comes in again: lo */
	u32 watchers;	       /* others who want to see its frames: sockets' programs */
	struct skep_prog *xdp; /* a reference, or NULL */
	enum xdp_mode mode;
	struct link *xdp_link; /* who holds it; not a reference */
	struct tc_hook tc[TC_DIRECTIONS];
	struct device_ways ways;
};

struct devices {
	pthread_mutex_t lock;
	struct skep *skep;
	struct device *first;
	struct packet *packet; /* the frame that is worked on: what ways are given lies there */
	struct skep_run *run;  /* and where programs run on it */
	/* Called, locked, when a device got its first program, or lost its last. May be NULL. */
	void (*busy)(void *arg, struct device *d, bool busy);
	void *arg;
};

/* Registers the attach types of devices with s. -ENOMEM, -EEXIST. */
int devices_new(struct skep *s, struct devices **out) MUST_CHECK;
void devices_free(struct devices *ds); /* before the instance; takes NULL */

/* The following: locked. */
/* NULL, unless the network namespace has such a device. */
struct device *device_get(struct devices *ds, u32 ifindex);
/* What is known of it already; NULL: nothing. */
struct device *device_find(struct devices *ds, u32 ifindex);
void device_forget(struct devices *ds, u32 ifindex); /* it was deleted */
bool device_is_busy(const struct device *d);

struct xdp_request {
	u32 flags;		/* XDP_FLAGS_* */
	struct skep_prog *prog; /* NULL: detach. The caller's reference is not consumed */
	bool has_expected;	/* XDP_FLAGS_REPLACE with a program */
	struct skep_prog *expected;
	struct link *link; /* NULL: by netlink */
};
/* On failure *text may be set to what Linux says. */
int device_xdp_set(struct devices *ds, struct device *d, const struct xdp_request *r,
		   const char **text) MUST_CHECK;

/* Is it in place of a filter with that priority and handle? f->prio or f->handle 0: the next free. f->prog's
 * reference is taken over on success. */
int device_filter_set(struct devices *ds, struct device *d, enum tc_direction dir,
		      struct tc_filter *f, bool create, bool exclusive,
		      const char **text) MUST_CHECK;
/* prio and handle 0: all. The number of filters that went. */
u32 device_filter_delete(struct devices *ds, struct device *d, enum tc_direction dir, u32 prio,
			 u32 handle);

/* Tell who cares that d may have become busy, or idle. */
void device_changed(struct devices *ds, struct device *d, bool was_busy);

/* One watcher more (by 1), or less (by -1). */
void device_watch(struct devices *ds, struct device *d, int by);

/* --- frames (device_run.c); these lock --- */
/* A frame that arrived at the device: XDP, tcx and tc ingress, then up. */
void device_receive(struct devices *ds, struct device *d, const u8 *frame, u32 len);
/* A frame that the network stack sends: tcx and tc egress, then out. */
void device_transmit(struct devices *ds, struct device *d, const u8 *frame, u32 len);

#endif
