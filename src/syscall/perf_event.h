/* Perf events: those that run programs are in perf_probe.h; here is what all have in common, and the type
 * software/BPF output: the ring buffers that perf event arrays write to.
 *
 * A client opens one per CPU, maps 1 + 2^n pages of it and reads the records between data_tail and
 * data_head (perf_event_open(2)). The ring comes to be when the client maps it: only then its size is
 * known. Before, and while disabled, output is dropped. */
#ifndef SKEP_SYSCALL_PERF_EVENT_H
#define SKEP_SYSCALL_PERF_EVENT_H

#include "map/map.h"
#include "syscall/client.h"

/* perf_event_open(2): attr as in the client's memory. Returns a descriptor in the
 * client; -ENOENT if it is another kind of event (the caller may try elsewhere), -EFAULT, -EINVAL … */
long perf_event_open(struct skep_client *c, u64 attr, int cpu, u64 flags);
/* The client maps `size` bytes: make the ring. -EINVAL if that is no size for a ring, or another one
 * than before. */
int perf_event_map(struct perf_event *e, u64 size, u64 offset) MUST_CHECK;
/* ioctl(2): PERF_EVENT_IOC_*. -ENOTTY for others. */
int perf_event_ioctl(struct skep_client *c, struct perf_event *e, unsigned long request, u64 arg);
/* Readable when there is something to read. */
int perf_event_eventfd(struct perf_event *e);

#endif
