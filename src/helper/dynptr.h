/* Dynptrs as they are at run time: 16 bytes of stack that the verifier lets nobody but these functions touch. */
#ifndef SKEP_HELPER_DYNPTR_H
#define SKEP_HELPER_DYNPTR_H

#include "exec/run.h"
#include "skep/helper.h"

struct dynptr {
	void *data; /* memory, a ring buffer's record, or a context; NULL: none */
	u32 size;   /* bytes from offset on; above them the kind, and whether it may be written */
	u32 offset;
};

#define DYNPTR_MAX_SIZE	  ((1u << 24) - 1)
#define DYNPTR_RDONLY	  (1u << 31)
#define DYNPTR_KIND_SHIFT 28

static inline u32 dynptr_size(const struct dynptr *d)
{
	return d->size & DYNPTR_MAX_SIZE;
}
static inline u32 dynptr_kind(const struct dynptr *d) /* enum skep_dynptr */
{
	return (d->size & ~DYNPTR_RDONLY) >> DYNPTR_KIND_SHIFT;
}
static inline bool dynptr_rdonly(const struct dynptr *d)
{
	return d->size & DYNPTR_RDONLY;
}
static inline void dynptr_set_null(struct dynptr *d)
{
	*d = (struct dynptr){ 0 };
}
static inline void dynptr_init(struct dynptr *d, void *data, u32 kind, u32 offset, u32 size)
{
	*d = (struct dynptr){ data, size | kind << DYNPTR_KIND_SHIFT, offset };
}

/* [offset, offset + len) inside? 0, -E2BIG. */
int dynptr_check(const struct dynptr *d, u64 offset, u64 len);
int dynptr_read(struct skep_run *run, void *dst, u64 len, const struct dynptr *d, u64 offset);
int dynptr_write(struct skep_run *run, struct dynptr *d, u64 offset, const void *src, u64 len,
		 u64 flags);

#endif
