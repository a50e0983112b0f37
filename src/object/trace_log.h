/* Trace lines kept until somebody reads them: a bounded queue that forgets the oldest lines first.
 * Written from programs' threads; thread-safe. */
#ifndef SKEP_OBJECT_TRACE_LOG_H
#define SKEP_OBJECT_TRACE_LOG_H

#include <pthread.h>

#include "base/types.h"

#define TRACE_LOG_MAX                                                                              \
	(1u << 20) /* bytes: as much as Linux's per-CPU trace buffer of 1.4 MiB, about */

struct trace_log {
	pthread_mutex_t lock;
	char *data; /* ring of cap bytes, allocated when first written */
	size_t cap, start, len;
};

void trace_log_init(struct trace_log *t);
void trace_log_done(struct trace_log *t);
/* The shape of struct skep_options' trace(): arg is the log. */
void trace_log_write(void *arg, const char *line, size_t len);
/* Move at most size bytes of whole lines out. Returns how many. */
size_t trace_log_read(struct trace_log *t, char *buf, size_t size);

#endif
