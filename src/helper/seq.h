/* What an iterator's program writes until somebody reads it: struct seq_file of Linux, as far as programs notice it. */
#ifndef SKEP_HELPER_SEQ_H
#define SKEP_HELPER_SEQ_H

#include "base/types.h"

/* Invariant: count <= size; full (count == size) means that something did not fit and was cut. */
struct seq {
	const void *file; /* the image of struct seq_file: programs name us by its address */
	char *buf;
	u32 size, count;
};

static inline bool seq_full(const struct seq *s)
{
	return s->count == s->size;
}

#endif
