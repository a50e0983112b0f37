/* What native code calls in C, whichever machine it is for; and the engine. */
#ifndef SKEP_EXEC_JIT_H
#define SKEP_EXEC_JIT_H

#include "exec/prog.h"

struct gdb_entry;

struct jit_code {
	u8 *image; /* executable, read-only; inside … */
	u8 *pages; /* … these, of which so many bytes are mapped */
	size_t mapped;
	u32 size;
	struct native_code native;
	struct gdb_entry *gdb; /* NULL: gdb does not know of it */
	u32 entry;	       /* where C calls it … */
	u32 tail_entry;	       /* … and where tail calls go: offsets */
};

/* Where a tail call out of a frame that begins at base goes on: native code, called as the machine's
 * JIT enters functions after a tail call, or jit_run_other(). 0: nowhere, the caller goes on. */
uintptr_t jit_tail_target(struct skep_run *run, u64 map, u32 index, u8 *base);
u64 jit_run_other(void *ctx, struct skep_run *run);
/* The bytes in host order, or ~0. */
u64 jit_load_packet(const void *ctx, s32 off, u32 size, struct skep_run *run);

#endif
