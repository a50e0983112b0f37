/* Closing descriptors: what is known of them is forgotten (syscall/fd_cache.h). */
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "interpose/real.h"
#include "syscall/fd_cache.h"

static void forget(int fd)
{
	if (fd >= 0)
		fd_cache_closed((unsigned int)fd, (unsigned int)fd);
}

int close(int fd)
{
	forget(fd);
	return REAL(int, close, (int), (fd));
}

int dup2(int old, int new)
{
	if (old != new)
		forget(new);
	return REAL(int, dup2, (int, int), (old, new));
}

int dup3(int old, int new, int flags)
{
	forget(new);
	return REAL(int, dup3, (int, int, int), (old, new, flags));
}

int close_range(unsigned int first, unsigned int last, int flags)
{
	fd_cache_closed(first, last);
	return REAL(int, close_range, (unsigned int, unsigned int, int), (first, last, flags));
}

void closefrom(int low)
{
	fd_cache_closed(low < 0 ? 0 : (unsigned int)low, ~0u);
	REAL(void, closefrom, (int), (low));
}
