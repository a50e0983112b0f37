/* syscall(): libbpf's way to bpf(2) and perf_event_open(2). */
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpose/real.h"
#include "syscall/fd_cache.h"
#include "syscall/perf_event.h"

#define ARGS 6 /* a system call has at most six; reading unused ones is harmless, as in libc */

static long real_syscall(long nr, const long a[ARGS])
{
	return REAL(long, syscall, (long, ...), (nr, a[0], a[1], a[2], a[3], a[4], a[5]));
}

/* A descriptor of the client's, -ENOENT: an event that the kernel has to provide. */
static long open_event(struct skep_client *c, const long a[ARGS])
{
	return perf_event_open(c, (u64)a[0], (int)a[2], (u64)a[4]);
}

/* It reads six arguments even of callers that pass fewer. */
__attribute__((no_sanitize_address)) long syscall(long nr, ...)
{
	struct skep_client *c = interposed_client();
	long a[ARGS], ret = -ENOENT;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < ARGS; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_close)
		fd_cache_closed((unsigned int)a[0], (unsigned int)a[0]);
	if (c && nr == SYS_bpf)
		return set_errno(skep_bpf(c, (int)a[0], (u64)a[1], (u32)a[2]));
	if (c && nr == SYS_perf_event_open)
		ret = open_event(c, a);
	return ret == -ENOENT ? real_syscall(nr, a) : set_errno(ret);
}
