/* Reading memory at an address that came as a number (probe_read, %s): only what the instance owns
 * may be read; everything else is a fault, never a signal. */
#ifndef SKEP_HELPER_MEMORY_H
#define SKEP_HELPER_MEMORY_H

#include "exec/run.h"

/* Copy size bytes from addr. -EFAULT: nothing was copied. */
int memory_read(struct skep_run *run, void *dst, u64 addr, u32 size) MUST_CHECK;
/* Copy a string from addr: at most size bytes, the NUL included, which is always written. Returns the
 * bytes written, or -EFAULT if owned memory ends before the string and the room do (any address
 * will do if size is 0). */
s64 memory_read_str(struct skep_run *run, char *dst, u64 addr, u32 size) MUST_CHECK;

#endif
