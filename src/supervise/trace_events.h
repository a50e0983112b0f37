/* Trace events that exist where the host's own list of them cannot be read: names, numbers, and the texts
 * of their files. Numbers are rows of two tables (trace_syscalls.def, trace_events.def) and never change
 * while a skep runs. */
#ifndef SKEP_SUPERVISE_TRACE_EVENTS_H
#define SKEP_SUPERVISE_TRACE_EVENTS_H

#include "base/buf.h"

struct trace_event {
	const char *system;
	char name[64];
	u32 id;
};

/* The i-th event; false: there are no more. Those of a system come one after the other. */
bool trace_event_at(u32 i, struct trace_event *out);
/* -ENOENT. */
int trace_event_by_id(u64 id, struct trace_event *out) MUST_CHECK;
/* What events/SYSTEM/NAME/FILE holds; FILE: "id" or "format". -ENOENT. */
int trace_event_file(const char *system, const char *name, const char *file,
		     struct buf *out) MUST_CHECK;

#endif
