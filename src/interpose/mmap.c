/* mmap() and ioctl() on objects: Linux's rules for what may be mapped; then the kernel maps the memfd
 * behind the descriptor itself. */
#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/err.h"
#include "interpose/real.h"
#include "map/map.h"
#include "syscall/perf_event.h"

#define PAGE 4096ull

struct request {
	u64 len, off;
	int prot, flags;
};

/* Arrays: whole pages of the values, if created for it. */
static int check_array(const struct skep_map *m, const struct request *r)
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
static int check_ringbuf(const struct skep_map *m, const struct request *r)
{
	if ((r->prot & PROT_WRITE) && (r->off || r->len != PAGE))
		return -EPERM;
	return r->off + r->len > 2 * PAGE + 2ull * m->max_entries ? -EINVAL : 0;
}

static int check_map(struct skep_map *m, const struct request *r)
{
	if (!m->type->user_mmap || m->spin_lock_off >= 0 || m->timer_off >= 0)
		return -ENOTSUPP;
	if ((r->flags & MAP_TYPE) == MAP_PRIVATE)
		return -EINVAL;
	if ((r->prot & PROT_WRITE) && atomic_load(&m->frozen))
		return -EPERM;
	if (r->len > UINT32_MAX * 4ull || r->off > UINT32_MAX * 4ull)
		return -EINVAL;
	return m->type->type == BPF_MAP_TYPE_RINGBUF ? check_ringbuf(m, r) : check_array(m, r);
}

static int check_object(struct object *o, const struct request *r)
{
	switch (o->kind) {
	case OBJECT_MAP: return check_map((struct skep_map *)o, r);
	case OBJECT_PERF: return perf_event_map((struct perf_event *)o, r->len, r->off);
	default: return -ENODEV;
	}
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	/* Making a perf event's ring maps the same memory for us: that is no client's call. */
	static _Thread_local bool inside;
	struct request r = { ALIGN_UP((u64)len, PAGE), (u64)off, prot, flags };
	struct object *o = NULL;
	int err = 0;
	void *p;

	if (!inside && !(flags & MAP_ANONYMOUS))
		o = interposed_object(fd, OBJECT_NONE);
	if (o) {
		inside = true;
		err = check_object(o, &r);
		inside = false;
	}
	if (err)
		p = (void *)set_errno(err);
	else
		p = REAL(void *, mmap, (void *, size_t, int, int, int, off_t),
			 (addr, len, prot, flags, fd, off));
	object_unref(o);
	return p;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct object *o;
	va_list ap;
	u64 arg;
	int err;

	va_start(ap, request);
	arg = va_arg(ap, u64);
	va_end(ap);
	o = _IOC_TYPE(request) == '$' ? interposed_object(fd, OBJECT_PERF) : NULL;
	if (!o)
		return REAL(int, ioctl, (int, unsigned long, ...), (fd, request, arg));
	err = perf_event_ioctl((struct perf_event *)o, request, arg);
	object_unref(o);
	return (int)set_errno(err);
}
