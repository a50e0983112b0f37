/* The log's bytes. A position counts all bytes ever written; the byte at position p lies in
 * data[(p - base) % cap].
 *
 * Invariants: the positions kept are [start, total), at most cap of them; memory grows with the text
 * and reaches cap only with it, so nothing wraps before size == cap. With VLOG_FIXED start stays 0 and
 * what does not fit is only counted. */
#include "verifier/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 4096
#define LINE_MAX   1024 /* longer pieces are formatted on the heap */

void vlog_init(struct vlog *l, u32 level, u64 cap)
{
	*l = (struct vlog){ .level = level, .cap = cap };
}

void vlog_done(struct vlog *l)
{
	free(l->data);
	*l = (struct vlog){ 0 };
}

/* Memory for the first n positions, or for all that are kept; one byte more for the NUL. */
static bool reserve(struct vlog *l, u64 n)
{
	u64 size = MIN(l->cap, MAX(n, MAX(l->size * 2, FIRST_SIZE)));
	char *data;

	if (l->failed || MIN(n, l->cap) <= l->size)
		return !l->failed;
	data = realloc(l->data, size + 1);
	if (!data) {
		l->failed = true;
		return false;
	}
	l->data = data;
	l->size = size;
	return true;
}

/* n bytes, at most cap, to position pos. */
static void store(struct vlog *l, u64 pos, const char *s, u64 n)
{
	u64 at = (pos - l->base) % l->cap, first = MIN(n, l->cap - at);

	memcpy(l->data + at, s, first);
	memcpy(l->data, s + first, n - first);
}

static void put_fixed(struct vlog *l, const char *s, u64 n)
{
	u64 room = l->total < l->cap ? l->cap - l->total : 0;

	store(l, l->total, s, MIN(n, room));
}

static void put_last(struct vlog *l, const char *s, u64 n)
{
	u64 skip = n > l->cap ? n - l->cap : 0, end = l->total + n;

	store(l, l->total + skip, s + skip, n - skip);
	if (end - l->start > l->cap)
		l->start = end - l->cap;
}

void vlog_put(struct vlog *l, const char *s, size_t n)
{
	if (l->cap && n && reserve(l, l->total - l->base + n)) {
		if (l->level & VLOG_FIXED)
			put_fixed(l, s, n);
		else
			put_last(l, s, n);
	}
	l->total += n;
	l->peak = MAX(l->peak, l->total);
}

void vlog_vprintf(struct vlog *l, const char *fmt, va_list ap)
{
	char line[LINE_MAX], *text = line;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	if (n >= (int)sizeof(line)) {
		text = malloc((size_t)n + 1);
		if (text)
			vsnprintf(text, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	if (text && n > 0)
		vlog_put(l, text, (size_t)n);
	if (!text)
		l->failed = true;
	if (text != line)
		free(text);
}

void vlog_printf(struct vlog *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog_vprintf(l, fmt, ap);
	va_end(ap);
}

static void reverse(char *a, u64 n)
{
	for (u64 i = 0; i < n / 2; i++) {
		char c = a[i];

		a[i] = a[n - 1 - i];
		a[n - 1 - i] = c;
	}
}

/* Rotate the ring so that position start is data[0]. */
static void straighten(struct vlog *l)
{
	u64 at = (l->start - l->base) % l->cap;

	l->base = l->start;
	if (!at)
		return;
	reverse(l->data, at);
	reverse(l->data + at, l->size - at);
	reverse(l->data, l->size);
}

const char *vlog_text(struct vlog *l, u64 *len)
{
	*len = 0;
	if (!l->data)
		return "";
	straighten(l);
	*len = MIN(l->total - l->start, l->cap);
	l->data[*len] = '\0';
	return l->data;
}

void vlog_reset(struct vlog *l, u64 mark)
{
	if (mark >= l->total)
		return;
	l->total = mark;
	if (mark <= l->start) /* nothing is left */
		l->start = l->base = mark;
}
