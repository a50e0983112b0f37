/* mmap() and ioctl() on objects. What may be mapped, the kernel then maps itself: the memfd behind the
 * descriptor. */
#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/err.h"
#include "interpose/real.h"
#include "syscall/mmap.h"
#include "syscall/perf_event.h"

#define PAGE 4096ull

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	/* Making a perf event's ring maps the same memory for us: that is no client's call. */
	static _Thread_local bool inside;
	struct mmap_request r = { (uintptr_t)addr, ALIGN_UP((u64)len, PAGE), (u64)off, prot,
				  flags };
	struct object *o = NULL;
	int err = 0;
	void *p;

	if (!inside && !(flags & MAP_ANONYMOUS))
		o = interposed_object(fd, OBJECT_NONE);
	if (o) {
		inside = true;
		err = object_mmap(o, &r);
		r.addr = err ? 0 : object_mmap_addr(o, &r);
		inside = false;
		if (r.addr) {
			addr = (void *)(uintptr_t)r.addr;
			flags |= MAP_FIXED;
		}
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
	err = perf_event_ioctl(interposed_client(), (struct perf_event *)o, request, arg);
	object_unref(o);
	return (int)set_errno(err);
}
