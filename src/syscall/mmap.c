/* See mmap.h. */
#include "syscall/mmap.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/err.h"
#include "map/map.h"
#include "syscall/perf_event.h"

#define PAGE 4096ull

/* Arrays: whole pages of the values, if created for it. */
static int check_array(const struct skep_map *m, const struct mmap_request *r)
{
	if (!(m->flags & BPF_F_MMAPABLE))
		return -EINVAL;
	if (r->prot & PROT_EXEC)
		return -EPERM;
	if (r->off + r->len > ALIGN_UP((u64)m->max_entries * m->value_stride, PAGE))
		return -EINVAL;
	return 0;
}

/* Ring buffers: the first page is the consumer's and alone may be written. */
static int check_ringbuf(const struct skep_map *m, const struct mmap_request *r)
{
	if ((r->prot & PROT_WRITE) && (r->off || r->len != PAGE))
		return -EPERM;
	return r->off + r->len > 2 * PAGE + 2ull * m->max_entries ? -EINVAL : 0;
}

/* … of users: the first page is ours, and all but it may be written. */
static int check_user_ringbuf(const struct skep_map *m, const struct mmap_request *r)
{
	if ((r->prot & PROT_WRITE) && !r->off)
		return -EPERM;
	return r->off + r->len > 2 * PAGE + 2ull * m->max_entries ? -EINVAL : 0;
}

static int check_map(struct skep_map *m, const struct mmap_request *r)
{
	if (!m->type->user_mmap || m->record)
		return -ENOTSUPP;
	if ((r->flags & MAP_TYPE) == MAP_PRIVATE)
		return -EINVAL;
	if ((r->prot & PROT_WRITE) && atomic_load(&m->frozen))
		return -EPERM;
	if (r->len > UINT32_MAX * 4ull || r->off > UINT32_MAX * 4ull)
		return -EINVAL;
	switch (m->type->type) {
	case BPF_MAP_TYPE_RINGBUF: return check_ringbuf(m, r);
	case BPF_MAP_TYPE_USER_RINGBUF: return check_user_ringbuf(m, r);
	default: return check_array(m, r);
	}
}

int object_mmap(struct object *o, const struct mmap_request *r)
{
	switch (o->kind) {
	case OBJECT_MAP: return check_map((struct skep_map *)o, r);
	case OBJECT_PERF: return perf_event_map((struct perf_event *)o, r->len, r->off);
	default: return -ENODEV;
	}
}

int object_eventfd(struct object *o)
{
	struct skep_map *m = (struct skep_map *)o;

	if (o->kind == OBJECT_PERF)
		return perf_event_eventfd((struct perf_event *)o);
	if (o->kind == OBJECT_MAP && m->type->eventfd)
		return m->type->eventfd(m);
	return -1;
}
