/* See memory.h. */
#include "helper/memory.h"

#include <string.h>

#include "base/err.h"

int memory_read(struct skep_run *run, void *dst, u64 addr, u32 size)
{
	if (!size)
		return 0;
	if (!run_owns(run, addr, size))
		return -EFAULT;
	/* memmove: the program may read from where it writes to. */
	memmove(dst, (const void *)(uintptr_t)addr, size);
	return 0;
}

/* How many bytes from addr on are owned, up to size. Owning n bytes implies owning fewer, so halving
 * finds the end. */
static u32 owned_bytes(struct skep_run *run, u64 addr, u32 size)
{
	u32 yes = 0, no;

	if (run_owns(run, addr, size))
		return size;
	no = size;
	while (no - yes > 1) {
		u32 mid = yes + (no - yes) / 2;

		if (run_owns(run, addr, mid))
			yes = mid;
		else
			no = mid;
	}
	return yes;
}

s64 memory_read_str(struct skep_run *run, char *dst, u64 addr, u32 size)
{
	const char *src = (const char *)(uintptr_t)addr;
	u32 owned, len;

	if (!size)
		return 0;
	owned = owned_bytes(run, addr, size);
	if (!owned)
		return -EFAULT;
	len = (u32)strnlen(src, owned);
	if (len == owned && owned < size)
		return -EFAULT;
	if (len == size)
		len--;
	memmove(dst, src, len);
	dst[len] = '\0';
	return (s64)len + 1;
}
