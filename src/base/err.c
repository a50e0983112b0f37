/* See err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char message[512];

void note_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
}

const char *last_error(void)
{
	return message;
}

void clear_last_error(void)
{
	message[0] = '\0';
}
