/* Perf events that run programs: tracepoints, probes of functions, and clocks. A program comes to one by
 * PERF_EVENT_IOC_SET_BPF or by a link; it stays until the event or the link is gone.
 *
 * Clocks are real: while enabled and with a program, a thread of the event runs it on a CPU slot each period.
 * The other events do not occur in skep yet: they are kept, shown and let go. */
#ifndef SKEP_SYSCALL_PERF_PROBE_H
#define SKEP_SYSCALL_PERF_PROBE_H

#include <linux/perf_event.h>

#include "map/map.h"
#include "syscall/sys.h"

enum probe_kind { PROBE_TRACEPOINT, PROBE_KPROBE, PROBE_UPROBE, PROBE_CLOCK };

struct perf_probe {
	struct perf_event event; /* first */
	pthread_mutex_t lock;	 /* guards what can change */
	enum probe_kind kind;
	bool ret;	     /* at a function's return */
	char name[256];	     /* of tracepoint, function, file */
	u64 offset, ref_ctr; /* uprobe: in the file; kprobe: in the function */
	u64 config;	     /* of perf_event_attr */
	u64 period_ns;	     /* clock */
	bool any_cpu;	     /* opened for a task, not for a CPU */
	bool enabled, linked;
	struct skep_prog *prog; /* a reference */
	/* the clock's thread; -1: there is none */
	pthread_t thread;
	int timer, stop;
};

struct probe_text { /* what TASK_FD_QUERY tells */
	u32 prog_id, fd_type;
	u64 offset, addr;
	char name[256];
};

/* NULL: e is of another kind. */
struct perf_probe *perf_probe_of(struct perf_event *e);
/* A disabled event without a program, with one reference. NULL: no memory. */
struct perf_probe *perf_probe_new(struct skep *s, enum probe_kind kind, u32 cpu);
/* The event that attr describes. -ENOENT: none of ours. */
int perf_probe_open(struct skep_client *c, const struct perf_event_attr *attr, int cpu,
		    struct perf_probe **out) MUST_CHECK;
/* Let prog run at it; takes its own reference. -EEXIST (it has one), -EINVAL (a program of another type). */
int perf_probe_attach(struct perf_probe *p, struct skep_prog *prog, bool linked) MUST_CHECK;
void perf_probe_detach(struct perf_probe *p); /* what a link attached */
int perf_probe_ioctl(struct skep_client *c, struct perf_probe *p, unsigned long request, u64 arg);
/* -ENOTSUPP: no program is there. */
int perf_probe_text(struct perf_event *e, struct probe_text *t) MUST_CHECK;

#endif
