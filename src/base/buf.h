/* A growing string. Failure to allocate sticks: later appends do nothing, buf_error() says so once.
 * The text is always NUL-terminated; an empty buf has data == NULL and buf_str() == "". */
#ifndef SKEP_BASE_BUF_H
#define SKEP_BASE_BUF_H

#include <stdarg.h>

#include "base/types.h"

struct buf {
	char *data;
	size_t len, cap;
	bool failed;
};

void buf_put(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
const char *buf_str(const struct buf *b);
void buf_reset(struct buf *b);
void buf_done(struct buf *b);
/* -ENOMEM if any append failed. */
int buf_error(const struct buf *b);

#endif
