/* read(): of iterators' descriptors runs their program. While there is none, a read costs one look at a counter more. */
#include <errno.h>
#include <unistd.h>

#include "interpose/real.h"
#include "iter/iter.h"

ssize_t read(int fd, void *buf, size_t size)
{
	struct skep_client *c = interposed_client();
	struct object *o = NULL;
	ssize_t n;

	if (c && atomic_load_explicit(&c->skep->iters, memory_order_relaxed))
		o = interposed_object(fd, OBJECT_ITER);
	if (!o)
		return REAL(ssize_t, read, (int, void *, size_t), (fd, buf, size));
	n = set_errno(iter_read((struct iter *)o, buf, size));
	object_unref(o);
	return n;
}
