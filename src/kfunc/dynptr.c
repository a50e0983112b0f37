/* Dynptrs of packets, and what is done to dynptrs of any kind. */
#include "helper/dynptr.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "helper/helper.h"
#include "helper/memory.h"
#include "kfunc/fns.h"
#include "skep/packet.h"
#include "skep/prog_type.h"

static u64 from_packet(struct skep_run *run, void *ctx, u64 flags, struct dynptr *d, u32 kind,
		       u32 len)
{
	if (flags) {
		dynptr_set_null(d);
		return helper_result(-EINVAL);
	}
	dynptr_init(d, ctx, kind, 0, MIN(len, DYNPTR_MAX_SIZE));
	if (kind == SKEP_DYNPTR_SKB && !(run->prog->type->flags & SKEP_PROG_PKT_WRITE))
		d->size |= DYNPTR_RDONLY;
	return 0;
}

KFUNC_FN(kfunc_dynptr_from_skb)
{
	struct skep_skb *skb = helper_ptr(r1);

	if (!(run->prog->type->flags & SKEP_PROG_SKB)) { /* not a packet of ours */
		dynptr_set_null(helper_ptr(r3));
		return helper_result(-EINVAL);
	}
	return from_packet(run, skb, r2, helper_ptr(r3), SKEP_DYNPTR_SKB, skb->len);
}

KFUNC_FN(kfunc_dynptr_from_xdp)
{
	struct skep_xdp *x = helper_ptr(r1);

	return from_packet(run, x, r2, helper_ptr(r3), SKEP_DYNPTR_XDP,
			   (u32)(x->data_end - x->data) + x->frags_len);
}

/* Packets are one piece of memory here, so nothing is ever copied to the program's buffer. What is asked of
 * the packet is its length now: it may have been cut since. */
static void *slice(const struct dynptr *d, u32 offset, u32 len)
{
	const struct skep_skb *skb = d->data;
	const struct skep_xdp *x = d->data;
	u64 at = (u64)d->offset + offset;

	if (!d->data || dynptr_check(d, offset, len))
		return NULL;
	switch (dynptr_kind(d)) {
	case SKEP_DYNPTR_SKB: return at + len <= skb->len ? skb->data + at : NULL;
	case SKEP_DYNPTR_XDP:
		return at + len <= (u64)(x->data_end - x->data) + x->frags_len ? x->data + at
									       : NULL;
	default: return (char *)d->data + at;
	}
}

KFUNC_FN(kfunc_dynptr_slice)
{
	return (uintptr_t)slice(helper_ptr(r1), (u32)r2, (u32)r4);
}

KFUNC_FN(kfunc_dynptr_slice_rdwr)
{
	const struct dynptr *d = helper_ptr(r1);

	return dynptr_rdonly(d) ? 0 : (uintptr_t)slice(d, (u32)r2, (u32)r4);
}

KFUNC_FN(kfunc_dynptr_adjust)
{
	struct dynptr *d = helper_ptr(r1);
	u32 start = (u32)r2, end = (u32)r3;

	if (!d->data || start > end)
		return helper_result(-EINVAL);
	if (end > dynptr_size(d))
		return helper_result(-ERANGE);
	d->offset += start;
	d->size = (d->size & ~DYNPTR_MAX_SIZE) | (end - start);
	return 0;
}

KFUNC_FN(kfunc_dynptr_is_null)
{
	return !((const struct dynptr *)helper_ptr(r1))->data;
}

KFUNC_FN(kfunc_dynptr_is_rdonly)
{
	const struct dynptr *d = helper_ptr(r1);

	return d->data && dynptr_rdonly(d);
}

KFUNC_FN(kfunc_dynptr_size)
{
	const struct dynptr *d = helper_ptr(r1);

	return d->data ? dynptr_size(d) : helper_result(-EINVAL);
}

KFUNC_FN(kfunc_dynptr_clone)
{
	const struct dynptr *d = helper_ptr(r1);

	*(struct dynptr *)helper_ptr(r2) = *d;
	return d->data ? 0 : helper_result(-EINVAL);
}

#define CHUNK 256

KFUNC_FN(kfunc_dynptr_copy)
{
	struct dynptr *dst = helper_ptr(r1), *src = helper_ptr(r3);
	u32 to = (u32)r2, from = (u32)r4, size = (u32)r5, done = 0;
	char buf[CHUNK];
	void *a, *b;
	int err;

	if (!dst->data || !src->data || dynptr_rdonly(dst))
		return helper_result(-EINVAL);
	if (dynptr_check(dst, to, size) || dynptr_check(src, from, size))
		return helper_result(-E2BIG);
	a = slice(dst, to, size);
	b = slice(src, from, size);
	if (a && b) {
		memmove(a, b, size);
		return 0;
	}
	for (u32 n; done < size; done += n) {
		n = MIN(size - done, CHUNK);
		err = dynptr_read(run, buf, n, src, from + done)
			      ?: dynptr_write(run, dst, to + done, buf, n, 0);
		if (err)
			return helper_result(err);
	}
	return 0;
}

KFUNC_FN(kfunc_dynptr_memset)
{
	struct dynptr *d = helper_ptr(r1);
	u32 off = (u32)r2, size = (u32)r3;
	void *at;

	if (!d->data || dynptr_rdonly(d))
		return helper_result(-EINVAL);
	if (dynptr_check(d, off, size))
		return helper_result(-E2BIG);
	at = slice(d, off, size);
	if (!at)
		return helper_result(-EFAULT);
	memset(at, (u8)r4, size);
	return 0;
}

/* Fill a dynptr's bytes from an address that came as a number: only what the instance owns, or the client that has a syscall
 * program run, is there. */
static s64 fill_from(struct skep_run *run, struct dynptr *d, u32 off, u32 size, u64 addr,
		     int (*read)(struct skep_run *run, void *dst, u64 addr, u32 size))
{
	char buf[CHUNK];
	void *direct;
	int err = dynptr_check(d, off, size);

	if (err)
		return err;
	direct = dynptr_rdonly(d) ? NULL : slice(d, off, size);
	if (direct)
		return size ? read(run, direct, addr, size) : 0;
	for (u32 n, done = 0; done < size; done += n) {
		n = MIN(size - done, CHUNK);
		TRY(read(run, buf, addr + done, n));
		if (!d->data || dynptr_rdonly(d))
			return -EINVAL;
		TRY(dynptr_write(run, d, off + done, buf, n, 0));
	}
	return 0;
}

static int read_kernel(struct skep_run *run, void *dst, u64 addr, u32 size)
{
	return memory_read(run, dst, addr, size);
}

static int read_client(struct skep_run *run, void *dst, u64 addr, u32 size)
{
	struct run_caller *c = run->caller;

	return c ? c->read(c, dst, addr, size) : memory_read(run, dst, addr, size);
}

KFUNC_FN(kfunc_probe_read_dynptr)
{
	return helper_result(fill_from(run, helper_ptr(r1), (u32)r2, (u32)r3, r4, read_kernel));
}

KFUNC_FN(kfunc_copy_from_user_dynptr)
{
	return helper_result(fill_from(run, helper_ptr(r1), (u32)r2, (u32)r3, r4, read_client));
}

/* As long as a dynptr can be written it is one piece. */
KFUNC_FN(kfunc_probe_read_str_dynptr)
{
	struct dynptr *d = helper_ptr(r1);
	void *to = dynptr_rdonly(d) ? NULL : slice(d, (u32)r2, (u32)r3);
	int err = dynptr_check(d, (u32)r2, (u32)r3);

	if (err || !(u32)r3)
		return helper_result(err);
	return helper_result(to ? memory_read_str(run, to, r4, (u32)r3) : -EINVAL);
}

/* Memory of other tasks, and strings of clients': not there. */
KFUNC_FN(kfunc_fault)
{
	return helper_result(-EFAULT);
}
