/* Machine code being written.
 *
 * Without a buffer the same calls only measure. What does not fit, or cannot be encoded, sets err, which
 * sticks: one look at the end is enough. */
#ifndef SKEP_EXEC_JIT_CODE_H
#define SKEP_EXEC_JIT_CODE_H

#include "base/types.h"

struct code_buf {
	u8 *buf; /* NULL: measure */
	u32 len, cap;
	u32 origin; /* where in a page the code begins */
	bool err;
};

static inline void code_put(struct code_buf *a, u8 byte)
{
	if (a->buf) {
		if (a->len < a->cap)
			a->buf[a->len] = byte;
		else
			a->err = true;
	}
	a->len++;
}
static inline void code_put32(struct code_buf *a, u32 v)
{
	for (u32 i = 0; i < 4; i++)
		code_put(a, (u8)(v >> 8 * i));
}

#endif
