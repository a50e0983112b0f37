/* BPF_MAP_TYPE_RINGBUF: records from many programs to one consumer.
 *
 * Memory, as the UAPI lays it out for mmap: page 0 the consumer's position, page 1 the producers',
 * then the data twice as long as max_entries. A record lies in one piece from its position modulo
 * max_entries on and may run over into the second half, where Linux maps the first half again: a
 * reader that reads linearly, as libbpf does, finds it there. For readers that wrap by hand, what runs
 * over is also copied to the start at commit. That place is free: it belongs to the same record.
 *
 * A record begins with 8 bytes: its length with the bits BUSY and DISCARD, and its page's distance
 * from the data's start, as in Linux. Positions only grow; they are multiples of 8.
 *
 * Clients may write to all of this memory. So nothing that matters is read back from it: `head` is
 * private, the map is found by the record's address, and a length read from a header is clamped. The
 * consumer's position is only ever compared: new_head - consumer < max_entries, unsigned, refuses
 * any position that lies ahead of head. A consumer that claims what it has not read loses records;
 * the bounds hold.
 *
 * Ordering: `lock` makes reservations appear in order: a header is BUSY before the producers'
 * position that covers it is published. Commit exchanges the header (seq_cst) before it reads the
 * consumer's position, the consumer publishes its position before it looks at the next header: either
 * it sees the record, or commit sees that it has caught up, and wakes it. */
#include "map/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/spin.h"

#define PAGE	   4096u
#define HEADER	   8u
#define MAX_RECORD (UINT32_MAX / 4) /* Linux: lengths of up to 30 bits */

struct header {
	_Atomic u32 len; /* with BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT */
	_Atomic u32 page;
};

struct ringbuf {
	_Atomic u64 *consumer, *producer; /* in the pages that clients see */
	char *data;
	u64 mask;
	int eventfd;
	_Atomic u32 lock __attribute__((aligned(64)));
	u64 head; /* where the next record goes; the true value of *producer. Guarded by lock */
};

static int ringbuf_check_attr(const struct map_attr *a)
{
	if (a->key_size || a->value_size || a->max_entries % PAGE || !IS_POWER_OF_2(a->max_entries))
		return fail(-EINVAL,
			    "ringbuf: %u bytes; a power of 2 of whole pages, no key, no value",
			    a->max_entries);
	return 0;
}

static int ringbuf_init(struct skep_map *m, const struct map_attr *a)
{
	struct ringbuf *r = aligned_alloc(64, ALIGN_UP(sizeof(*r), (size_t)64));
	char *base;

	if (!r)
		return -ENOMEM;
	memset(r, 0, sizeof(*r));
	m->priv = r;
	r->mask = m->max_entries - 1;
	r->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->eventfd < 0)
		return fail(-errno, "ringbuf: eventfd");
	TRY(segment_new(m->rt->va, 2 * PAGE + 2 * (u64)m->max_entries, "bpf-map", &m->seg));
	base = m->seg.base;
	r->consumer = (_Atomic u64 *)(void *)base;
	r->producer = (_Atomic u64 *)(void *)(base + PAGE);
	r->data = base + 2 * PAGE;
	return 0;
}

static void ringbuf_done(struct skep_map *m)
{
	struct ringbuf *r = m->priv;

	if (r && r->eventfd >= 0)
		close(r->eventfd);
	free(r);
}

static u64 consumed(const struct ringbuf *r)
{
	return atomic_load_explicit(r->consumer, memory_order_acquire);
}

static void *reserve(struct ringbuf *r, u64 size)
{
	u64 len = ALIGN_UP(size + HEADER, (u64)8), at;
	struct header *h;

	if (size > MAX_RECORD || len > r->mask + 1)
		return NULL;
	spin_lock(&r->lock);
	if (r->head + len - consumed(r) > r->mask) { /* never quite full: Linux */
		spin_unlock(&r->lock);
		return NULL;
	}
	at = r->head & r->mask;
	h = (struct header *)(void *)(r->data + at);
	atomic_store_explicit(&h->len, (u32)size | BPF_RINGBUF_BUSY_BIT, memory_order_relaxed);
	atomic_store_explicit(&h->page, at / PAGE, memory_order_relaxed);
	r->head += len;
	atomic_store_explicit(r->producer, r->head, memory_order_release);
	spin_unlock(&r->lock);
	return h + 1;
}

void *ringbuf_reserve(struct skep_map *m, u64 size, u64 flags)
{
	return flags ? NULL : reserve(m->priv, size);
}

/* The part of the record at `at` that lies beyond the ring's end, for readers that wrap. */
static void copy_tail(struct ringbuf *r, u64 at, u32 len)
{
	u64 size = r->mask + 1, end = at + HEADER + MIN((u64)len, size - HEADER);

	if (unlikely(end > size))
		memcpy(r->data, r->data + size, end - size);
}

static void wake(struct ringbuf *r)
{
	const u64 one = 1;
	ssize_t n = write(r->eventfd, &one, sizeof(one));

	(void)n; /* EAGAIN: the counter is at its end, so it is readable anyway */
}

static void commit(struct ringbuf *r, u64 at, u64 flags, bool discard)
{
	struct header *h = (struct header *)(void *)(r->data + at);
	u32 len = atomic_load_explicit(&h->len, memory_order_relaxed) & ~BPF_RINGBUF_BUSY_BIT;

	len &= ~BPF_RINGBUF_DISCARD_BIT;
	copy_tail(r, at, len);
	if (discard)
		len |= BPF_RINGBUF_DISCARD_BIT;
	if (flags & (BPF_RB_FORCE_WAKEUP | BPF_RB_NO_WAKEUP)) {
		atomic_store_explicit(&h->len, len, memory_order_release);
		if (flags & BPF_RB_FORCE_WAKEUP)
			wake(r);
		return;
	}
	atomic_exchange(&h->len, len);
	if ((consumed(r) & r->mask) == at)
		wake(r);
}

void ringbuf_commit(struct skep_run *run, void *record, u64 flags, bool discard)
{
	struct skep_map *m = segment_owner(run->rt->va, (uintptr_t)record);
	struct ringbuf *r = m->priv;

	commit(r, (char *)record - HEADER - r->data, flags, discard);
}

int ringbuf_output(struct skep_map *m, const void *data, u64 size, u64 flags)
{
	struct ringbuf *r = m->priv;
	char *record;

	if (flags & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	record = reserve(r, size);
	if (!record)
		return -EAGAIN;
	memcpy(record, data, size);
	commit(r, record - HEADER - r->data, flags, false);
	return 0;
}

u64 ringbuf_query(struct skep_map *m, u64 what)
{
	const struct ringbuf *r = m->priv;
	u64 produced = atomic_load_explicit(r->producer, memory_order_acquire);

	switch (what) {
	case BPF_RB_AVAIL_DATA: return produced - consumed(r);
	case BPF_RB_RING_SIZE: return r->mask + 1;
	case BPF_RB_CONS_POS: return consumed(r);
	case BPF_RB_PROD_POS: return produced;
	default: return 0;
	}
}

/* Every wake-up adds to it, nobody reads it: watch it with EPOLLIN | EPOLLET. */
static int ringbuf_eventfd(struct skep_map *m)
{
	const struct ringbuf *r = m->priv;

	return r->eventfd;
}

static bool ringbuf_readable(struct skep_map *m)
{
	return ringbuf_query(m, BPF_RB_AVAIL_DATA) > 0;
}

static u64 ringbuf_memory(const struct skep_map *m)
{
	return sizeof(struct ringbuf);
}

static const u32 ringbuf_helpers[] = {
	BPF_FUNC_ringbuf_output,
	BPF_FUNC_ringbuf_reserve,
	BPF_FUNC_ringbuf_submit,
	BPF_FUNC_ringbuf_discard,
	BPF_FUNC_ringbuf_query,
	BPF_FUNC_ringbuf_reserve_dynptr,
	BPF_FUNC_ringbuf_submit_dynptr,
	BPF_FUNC_ringbuf_discard_dynptr,
	0,
};

const struct skep_map_type map_ringbuf = {
	.type = BPF_MAP_TYPE_RINGBUF,
	.name = "ringbuf",
	.kernel_struct = "bpf_ringbuf_map",
	.flags = BPF_F_NUMA_NODE,
	.user_mmap = true,
	.helpers = ringbuf_helpers,
	.check_attr = ringbuf_check_attr,
	.init = ringbuf_init,
	.done = ringbuf_done,
	.eventfd = ringbuf_eventfd,
	.readable = ringbuf_readable,
	.memory = ringbuf_memory,
};
