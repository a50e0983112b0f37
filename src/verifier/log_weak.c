/* Until log.c and text.c land: the whole log in memory, states without their values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/log.h"

#define WEAK __attribute__((weak))

WEAK void vlog_init(struct vlog *l, u32 level, u64 cap)
{
	*l = (struct vlog){ .level = level, .cap = cap };
}
WEAK void vlog_done(struct vlog *l)
{
	free(l->data);
}
WEAK void vlog_put(struct vlog *l, const char *s, size_t n)
{
	if (l->total + n + 1 > l->size) {
		u64 size = (l->total + n) * 2 + 100;
		char *data = realloc(l->data, size);

		if (!data) {
			l->failed = true;
			return;
		}
		l->data = data;
		l->size = size;
	}
	memcpy(l->data + l->total, s, n);
	l->total += n;
	l->data[l->total] = 0;
}
WEAK void vlog_vprintf(struct vlog *l, const char *f, va_list ap)
{
	char b[4096];
	int n = vsnprintf(b, sizeof(b), f, ap);

	vlog_put(l, b, (size_t)MIN(n, 4095));
}
WEAK void vlog_printf(struct vlog *l, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	vlog_vprintf(l, f, ap);
	va_end(ap);
}
WEAK const char *vlog_text(struct vlog *l, u64 *n)
{
	*n = l->total;
	return l->data ? l->data : "";
}
WEAK void vlog_reset(struct vlog *l, u64 m)
{
	l->total = m;
}
WEAK void text_frame(struct buf *b, const struct state *s, u32 no, bool all, u32 regs, u64 slots)
{
}
