/* See va.h. One PROT_NONE reservation per instance is cut into granules of 64 KiB; a segment starts
 * at a granule and takes whole ones, with at least one unmapped page behind its last.
 *
 * Two tables indexed by granule answer va_owns() without a lock: first[g] is the number, plus one,
 * of the granule in which g's segment starts (0: free), size[first] that segment's bytes, owner[first]
 * whom it belongs to. A caller
 * that asks about memory it may touch holds a reference to its owner, so these entries cannot change
 * under it; entries of other segments may, and do not matter to it.
 *
 * Invariant: `free_ranges` is sorted, its ranges are disjoint and never adjacent (they are merged);
 * it and the tables' writers are guarded by `lock`. */
#include "base/va.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"

#define GRANULE_BITS 16
#define GRANULE	     ((u64)1 << GRANULE_BITS)
/* Address space costs nothing until touched: enough for Linux's largest arrays. Where the process
 * may not have that much (RLIMIT_AS) less will do. */
#define RANGE_MAX ((u64)1 << 38)
#define RANGE_MIN ((u64)1 << 28)

struct range { /* in granules */
	u32 start, len;
};

struct va {
	char *base;
	u32 granules;
	_Atomic u32 *first;
	_Atomic u64 *size;
	void *_Atomic *owner;
	pthread_mutex_t lock;
	struct range *free_ranges;
	u32 nr_free, cap_free;
	u32 nr_live; /* between two live ranges is at most one free one: nr_free <= nr_live + 1 */
};

static void *reserve(void *at, size_t size)
{
	void *p = mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Zero-filled, committed on first touch. */
static void *lazy_table(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int va_init(struct va *va, void *at)
{
	for (u64 size = RANGE_MAX; !va->base && size >= RANGE_MIN; size /= 2) {
		va->base = reserve(at, size);
		va->granules = size >> GRANULE_BITS;
	}
	if (!va->base)
		return fail(-ENOMEM, "no %llu bytes of address space left",
			    (unsigned long long)RANGE_MIN);
	va->first = lazy_table(va->granules * sizeof(*va->first));
	va->size = lazy_table(va->granules * sizeof(*va->size));
	va->owner = lazy_table(va->granules * sizeof(*va->owner));
	va->free_ranges = malloc(16 * sizeof(*va->free_ranges));
	if (!va->first || !va->size || !va->owner || !va->free_ranges)
		return -ENOMEM;
	va->cap_free = 16;
	va->free_ranges[0] = (struct range){ .start = 0, .len = va->granules };
	va->nr_free = 1;
	return 0;
}

int va_new_at(void *at, struct va **out)
{
	struct va *va = calloc(1, sizeof(*va));
	int err;

	if (!va)
		return -ENOMEM;
	pthread_mutex_init(&va->lock, NULL);
	err = va_init(va, at);
	if (err) {
		va_free(va);
		return err;
	}
	*out = va;
	return 0;
}

int va_new(struct va **out)
{
	return va_new_at(NULL, out);
}

void va_free(struct va *va)
{
	if (!va)
		return;
	if (va->base)
		munmap(va->base, (u64)va->granules << GRANULE_BITS);
	if (va->first)
		munmap(va->first, va->granules * sizeof(*va->first));
	if (va->size)
		munmap(va->size, va->granules * sizeof(*va->size));
	if (va->owner)
		munmap((void *)va->owner, va->granules * sizeof(*va->owner));
	free(va->free_ranges);
	pthread_mutex_destroy(&va->lock);
	free(va);
}

/* First fit. Freeing cannot fail, so room for the range that it may add is made here. */
static int take_range(struct va *va, u32 len, u32 *start)
{
	if (va->nr_live + 2 > va->cap_free) {
		u32 cap = va->cap_free * 2;
		struct range *r = realloc(va->free_ranges, cap * sizeof(*r));

		if (!r)
			return -ENOMEM;
		va->free_ranges = r;
		va->cap_free = cap;
	}
	for (u32 i = 0; i < va->nr_free; i++) {
		struct range *r = &va->free_ranges[i];

		if (r->len < len)
			continue;
		*start = r->start;
		r->start += len;
		r->len -= len;
		if (!r->len)
			memmove(r, r + 1, (--va->nr_free - i) * sizeof(*r));
		va->nr_live++;
		return 0;
	}
	return fail(-ENOSPC, "the instance's address range is used up");
}

static void give_range(struct va *va, u32 start, u32 len)
{
	u32 i = 0;
	struct range *r;

	va->nr_live--;
	while (i < va->nr_free && va->free_ranges[i].start < start)
		i++;
	r = &va->free_ranges[i];
	if (i && r[-1].start + r[-1].len == start) {
		r[-1].len += len;
		if (i < va->nr_free && r[0].start == start + len) {
			r[-1].len += r[0].len;
			memmove(r, r + 1, (--va->nr_free - i) * sizeof(*r));
		}
		return;
	}
	if (i < va->nr_free && r[0].start == start + len) {
		r[0].start = start;
		r[0].len += len;
		return;
	}
	memmove(r + 1, r, (va->nr_free++ - i) * sizeof(*r));
	*r = (struct range){ .start = start, .len = len };
}

static int sealed_memfd(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return fail(-errno, "memfd_create(%s) of %zu bytes", name, size);
	/* Clients get this file: one that could shrink it could make us fault. */
	if (ftruncate(fd, size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
		int err = -errno;

		close(fd);
		return fail(err, "memfd %s of %zu bytes", name, size);
	}
	return fd;
}

static void mark(struct va *va, u32 start, u32 len, u64 size)
{
	atomic_store_explicit(&va->size[start], size, memory_order_relaxed);
	atomic_store_explicit(&va->owner[start], NULL, memory_order_relaxed);
	for (u32 i = 0; i < len; i++)
		atomic_store_explicit(&va->first[start + i], size ? start + 1 : 0,
				      memory_order_release);
}

static u32 granules_for(size_t size)
{
	return (size + 4096 + GRANULE - 1) >> GRANULE_BITS; /* with a page that stays unmapped */
}

int segment_new(struct va *va, size_t size, const char *name, struct segment *out)
{
	struct segment seg = { .size = ALIGN_UP(size, (size_t)4096), .fd = -1, .va = va };
	u32 len, start = 0;
	int err;

	*out = (struct segment){ .fd = -1 };
	if (!size || size > ((u64)va->granules << GRANULE_BITS) - 4096)
		return fail(-ENOMEM, "a segment of %zu bytes is not possible", size);
	len = granules_for(seg.size);
	seg.fd = sealed_memfd(name, seg.size);
	TRY(seg.fd);
	pthread_mutex_lock(&va->lock);
	err = take_range(va, len, &start);
	if (!err) {
		seg.base = va->base + ((u64)start << GRANULE_BITS);
		if (mmap(seg.base, seg.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, seg.fd,
			 0) == MAP_FAILED) {
			err = -errno;
			give_range(va, start, len);
		} else {
			mark(va, start, len, seg.size);
		}
	}
	pthread_mutex_unlock(&va->lock);
	if (err) {
		close(seg.fd);
		return err;
	}
	*out = seg;
	return 0;
}

void segment_free(struct segment *seg)
{
	struct va *va = seg->va;
	u32 start, len = granules_for(seg->size);

	if (!seg->base)
		return;
	start = ((char *)seg->base - va->base) >> GRANULE_BITS;
	pthread_mutex_lock(&va->lock);
	mark(va, start, len, 0);
	/* Back to reserved, but readable; if the system refuses, the addresses are lost but nothing dangles. */
	if (mmap(seg->base, seg->size, PROT_READ,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED)
		give_range(va, start, len);
	pthread_mutex_unlock(&va->lock);
	close(seg->fd);
	*seg = (struct segment){ .fd = -1 };
}

/* The granule in which the segment around addr starts, plus one; 0 if there is none. */
static u32 segment_start(struct va *va, u64 addr)
{
	u64 off = addr - (u64)(uintptr_t)va->base;

	if (off >= (u64)va->granules << GRANULE_BITS)
		return 0;
	return atomic_load_explicit(&va->first[off >> GRANULE_BITS], memory_order_acquire);
}

bool va_find(struct va *va, u64 addr, u64 *base, u64 *size)
{
	u32 first = segment_start(va, addr);

	if (!first)
		return false;
	*base = (u64)(uintptr_t)va->base + ((u64)(first - 1) << GRANULE_BITS);
	*size = atomic_load_explicit(&va->size[first - 1], memory_order_relaxed);
	return true;
}

bool va_owns(struct va *va, u64 addr, u64 size)
{
	u64 base, seg_size;

	return va_find(va, addr, &base, &seg_size) && addr - base <= seg_size &&
	       size <= seg_size - (addr - base);
}

void segment_set_owner(struct segment *seg, void *owner)
{
	u32 first = segment_start(seg->va, (uintptr_t)seg->base);

	atomic_store_explicit(&seg->va->owner[first - 1], owner, memory_order_release);
}

void *segment_owner(struct va *va, u64 addr)
{
	u32 first = segment_start(va, addr);

	return first ? atomic_load_explicit(&va->owner[first - 1], memory_order_acquire) : NULL;
}
