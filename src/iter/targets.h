/* The tables of all targets, and what their files share. */
#ifndef SKEP_ITER_TARGETS_H
#define SKEP_ITER_TARGETS_H

#include "iter/iter.h"

#define ITER_TARGET(word) extern const struct iter_target iter_##word;
#include "iter/targets.def"

/* Return what is an error, and 0 (the end). */
#define TRY_FOUND(x)                                                                               \
	do {                                                                                       \
		int found_ = (x);                                                                  \
		if (found_ <= 0)                                                                   \
			return found_;                                                             \
	} while (0)

#endif
