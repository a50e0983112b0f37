/* Errors: functions return 0 (or a count) or a negative errno; fail() leaves one sentence about
 * the cause, per thread, as errno is. Assertions are for our own bugs, never for input.
 *
 * ENOTSUPP is the kernel's internal "not supported" (524); it reaches clients of bpf(2) as is. */
#ifndef SKEP_BASE_ERR_H
#define SKEP_BASE_ERR_H

#include <assert.h>
#include <errno.h>

#include "base/types.h"

#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

/* Remember the sentence, return err. */
int fail(int err, const char *fmt, ...) PRINTF(2, 3);
/* The sentence of this thread's last fail(), "" if none. */
const char *last_error(void);
void clear_last_error(void);

/* Return what is negative. */
#define TRY(expr)                                                                                  \
	do {                                                                                       \
		int try_err_ = (expr);                                                             \
		if (try_err_ < 0)                                                                  \
			return try_err_;                                                           \
	} while (0)

#define skep_assert(x) assert(x)
#ifdef SKEP_STRESS
#define skep_assert_full(x) assert(x)
#else
#define skep_assert_full(x) ((void)0)
#endif

#endif
