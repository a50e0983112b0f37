/* BPF_MAP_TYPE_USER_RINGBUF: records from one producer in user space to programs (bpf_user_ringbuf_drain).
 *
 * Memory is laid out as a ring buffer's (ringbuf.c): page 0 the consumer's position, page 1 the producer's, then the
 * data twice as long as max_entries. A record lies in one piece from its position modulo max_entries on and may run
 * over into the second half: there a producer that writes linearly, as libbpf does, finds the same bytes that we read.
 *
 * Clients may write to the producer's position and to the data at any time, so each is read once and then judged:
 * what a peek returns lies inside the data whatever they do. The consumer's position is ours; the page only shows it.
 *
 * Linux wakes producers that wait for room. An eventfd is always writable but for a moment: reading its counter is
 * what wakes those who watch it for EPOLLOUT. */
#include "map/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"

#define PAGE   4096u
#define HEADER 8u

struct user_ringbuf {
	_Atomic u64 *shown,
		*producer; /* in the pages that clients see: the consumer's position, the producer's */
	char *data;
	u64 mask;
	u64 consumer; /* the true position; belongs to who has set busy */
	_Atomic bool busy;
	int eventfd;
};

static int user_ringbuf_check_attr(const struct map_attr *a)
{
	if (a->key_size || a->value_size || a->max_entries % PAGE || !IS_POWER_OF_2(a->max_entries))
		return fail(-EINVAL,
			    "user_ringbuf: %u bytes; a power of 2 of whole pages, no key, no value",
			    a->max_entries);
	return 0;
}

static int user_ringbuf_init(struct skep_map *m, const struct map_attr *a)
{
	struct user_ringbuf *r = calloc(1, sizeof(*r));
	char *base;

	if (!r)
		return -ENOMEM;
	m->priv = r;
	r->mask = m->max_entries - 1;
	r->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->eventfd < 0)
		return fail(-errno, "user_ringbuf: eventfd");
	TRY(segment_new(m->rt->va, 2 * PAGE + 2 * (u64)m->max_entries, "bpf-map", &m->seg));
	base = m->seg.base;
	r->shown = (_Atomic u64 *)(void *)base;
	r->producer = (_Atomic u64 *)(void *)(base + PAGE);
	r->data = base + 2 * PAGE;
	return 0;
}

static void user_ringbuf_done(struct skep_map *m)
{
	struct user_ringbuf *r = m->priv;

	if (r && r->eventfd >= 0)
		close(r->eventfd);
	free(r);
}

bool user_ringbuf_begin(struct skep_map *m)
{
	struct user_ringbuf *r = m->priv;

	return !atomic_exchange_explicit(&r->busy, true, memory_order_acquire);
}

void user_ringbuf_end(struct skep_map *m)
{
	struct user_ringbuf *r = m->priv;

	atomic_store_explicit(&r->busy, false, memory_order_release);
}

static void advance(struct user_ringbuf *r, u64 len)
{
	r->consumer += ALIGN_UP(len + HEADER, (u64)8);
	atomic_store_explicit(r->shown, r->consumer, memory_order_release);
}

int user_ringbuf_peek(struct skep_map *m, void **data, u32 *size)
{
	struct user_ringbuf *r = m->priv;
	u64 produced = atomic_load_explicit(r->producer, memory_order_acquire);
	u64 room = r->mask + 1, at = r->consumer & r->mask, len;
	u32 header;

	if (produced % 8)
		return -EINVAL;
	if (r->consumer >= produced)
		return -ENODATA;
	header = atomic_load_explicit((_Atomic u32 *)(void *)(r->data + at), memory_order_acquire);
	len = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	if (ALIGN_UP(len + HEADER, (u64)8) > produced - r->consumer)
		return -EINVAL;
	if (ALIGN_UP(len + HEADER, (u64)8) > room)
		return -E2BIG;
	if (header & BPF_RINGBUF_BUSY_BIT)
		return -ENODATA;
	if (header & BPF_RINGBUF_DISCARD_BIT) {
		advance(r, len);
		return -EAGAIN;
	}
	*data = r->data + at + HEADER;
	*size = (u32)len;
	return 0;
}

void user_ringbuf_consume(struct skep_map *m, u32 size)
{
	advance(m->priv, size);
}

void user_ringbuf_wake(struct skep_map *m)
{
	const struct user_ringbuf *r = m->priv;
	u64 one = 1;

	if (write(r->eventfd, &one, sizeof(one)) < 0 || read(r->eventfd, &one, sizeof(one)) < 0)
		(void)0; /* another run's wake-up has read it meanwhile: it has woken all */
}

static int user_ringbuf_eventfd(struct skep_map *m)
{
	const struct user_ringbuf *r = m->priv;

	return r->eventfd;
}

static u64 user_ringbuf_memory(const struct skep_map *m)
{
	return sizeof(struct user_ringbuf);
}

static const u32 user_ringbuf_helpers[] = { BPF_FUNC_user_ringbuf_drain, 0 };

const struct skep_map_type map_user_ringbuf = {
	.type = BPF_MAP_TYPE_USER_RINGBUF,
	.name = "user_ringbuf",
	.kernel_struct = "bpf_ringbuf_map",
	.flags = BPF_F_NUMA_NODE,
	.user_mmap = true,
	.helpers = user_ringbuf_helpers,
	.check_attr = user_ringbuf_check_attr,
	.init = user_ringbuf_init,
	.done = user_ringbuf_done,
	.eventfd = user_ringbuf_eventfd,
	.memory = user_ringbuf_memory,
};
