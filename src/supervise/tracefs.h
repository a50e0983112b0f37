/* /sys/kernel/tracing (and /sys/kernel/debug/tracing) as clients see it.
 *
 * Where the world has mounts of its own, it is a tmpfs: `trace_pipe` is a FIFO that we write, so waiting,
 * interrupting and taking turns are the kernel's; events/ is the host's own where root may see it, else
 * made from tables (trace_events.h). Opening `trace` and the tables' `format` is answered with a text made
 * at that moment. Without mounts all files are answered so, by name. */
#ifndef SKEP_SUPERVISE_TRACEFS_H
#define SKEP_SUPERVISE_TRACEFS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/types.h"

struct caller;

#define TRACEFS	      "/sys/kernel/tracing"
#define DEBUGFS	      "/sys/kernel/debug"
#define DEBUG_TRACEFS DEBUGFS "/tracing"

struct tracefs {
	bool mounted;	      /* TRACEFS is ours */
	bool host_events;     /* its events/ is the host's */
	u64 dev, debug_dev;   /* st_dev of TRACEFS and DEBUGFS, 0: not ours */
	int inotify;	      /* readable: clients wrote to a file: tracefs_changed() */
	int pipe;	      /* what programs print, for reading and writing */
	_Atomic u64 lines;    /* printed so far */
	_Atomic bool off;     /* tracing_on is 0 */
	pthread_mutex_t lock; /* guards writing to pipe */
};

/* In the new mount namespace, before there are threads. Never fails: without mounts, names are answered. */
void tracefs_mount(struct tracefs *t, bool mounts);
void tracefs_done(struct tracefs *t);

/* For struct skep_options: a line that a program printed. arg: struct tracefs. */
void tracefs_line(void *arg, const char *line, size_t len);
/* Clients wrote to `trace` (then it is emptied) or `tracing_on`. */
void tracefs_changed(struct tracefs *t);

/* "system:name" of a trace event. -ENOENT. */
int tracefs_event_name(struct tracefs *t, u64 id, char *out, size_t size) MUST_CHECK;

/* A client opens path (absolute) with these flags, for reading: its new descriptor, PASS, or an error. */
long tracefs_open(struct caller *c, const char *path, int flags);
/* Is path (absolute) in there, where there are no mounts that tell? */
bool tracefs_covers(const char *path);

#endif
