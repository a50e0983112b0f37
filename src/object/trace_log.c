/* See trace_log.h. */
#include "object/trace_log.h"

#include <stdlib.h>
#include <string.h>

void trace_log_init(struct trace_log *t)
{
	*t = (struct trace_log){ 0 };
	pthread_mutex_init(&t->lock, NULL);
}

void trace_log_done(struct trace_log *t)
{
	free(t->data);
	pthread_mutex_destroy(&t->lock);
}

/* Copy n bytes from offset at (relative to the oldest byte) out of the ring. */
static void copy_out(const struct trace_log *t, size_t at, char *dst, size_t n)
{
	size_t from = (t->start + at) % t->cap, head = MIN(n, t->cap - from);

	memcpy(dst, t->data + from, head);
	memcpy(dst + head, t->data, n - head);
}

static void copy_in(struct trace_log *t, const char *src, size_t n)
{
	size_t to = (t->start + t->len) % t->cap, head = MIN(n, t->cap - to);

	memcpy(t->data + to, src, head); /* NOLINT: there is room, so there is data */
	memcpy(t->data, src + head, n - head);
	t->len += n;
}

static char byte_at(const struct trace_log *t, size_t i)
{
	return t->data[(t->start + i) % t->cap]; /* NOLINT: i is below len, so there is data */
}

static void drop(struct trace_log *t, size_t n)
{
	t->start = (t->start + n) % t->cap;
	t->len -= n;
}

static void drop_oldest_line(struct trace_log *t)
{
	size_t n = 0;

	while (n < t->len && byte_at(t, n++) != '\n')
		;
	drop(t, n);
}

void trace_log_write(void *arg, const char *line, size_t len)
{
	struct trace_log *t = arg;

	pthread_mutex_lock(&t->lock);
	if (!t->data && (t->data = malloc(TRACE_LOG_MAX)))
		t->cap = TRACE_LOG_MAX;
	if (len <= t->cap) {
		while (t->cap - t->len < len)
			drop_oldest_line(t);
		copy_in(t, line, len);
	}
	pthread_mutex_unlock(&t->lock);
}

size_t trace_log_read(struct trace_log *t, char *buf, size_t size)
{
	size_t n;

	pthread_mutex_lock(&t->lock);
	n = MIN(size, t->len);
	while (n && byte_at(t, n - 1) != '\n')
		n--;
	if (n) {
		copy_out(t, 0, buf, n);
		drop(t, n);
	}
	pthread_mutex_unlock(&t->lock);
	return n;
}
