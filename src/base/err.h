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

void note_error(const char *fmt, ...) PRINTF(1, 2);
/* Remember the sentence, return err. A macro, so that compilers see that the value is err: what a
 * failed call left unset is then known not to be read. */
#define fail(err, ...) (note_error(__VA_ARGS__), fail_value_(err))
static inline int fail_value_(int err)
{
	return err;
}
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
