/* See perf_event.h. Records are written by programs on any thread, one at a time (lock); the reader
 * is in another process perhaps and trusted with nothing but its own position. */
#include "syscall/perf_event.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "syscall/perf_probe.h"

#define PAGE	      4096ull
#define PERF_ATTR_MAX 4096

struct perf_ring {
	struct perf_event event; /* first */
	pthread_mutex_t lock;
	int memfd, eventfd;
	bool enabled;
	u64 sample_type;
	u32 wakeup_events, pending;
	struct perf_event_mmap_page *page; /* NULL until mapped */
	u8 *data;
	u64 size; /* of data: a power of two */
	u64 head; /* ours: the one in the page can be written by the client */
	u64 lost;
};

static struct perf_ring *ring_of(struct perf_event *e)
{
	return (struct perf_ring *)e;
}

static void ring_free(struct object *o)
{
	struct perf_ring *r = (struct perf_ring *)o;

	if (r->page)
		munmap(r->page, PAGE + r->size);
	if (r->eventfd >= 0)
		close(r->eventfd);
	if (r->memfd >= 0)
		close(r->memfd);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* Append bytes at position at, which is not published yet. */
static void put(struct perf_ring *r, u64 *at, const void *src, u64 len)
{
	u64 pos = *at & (r->size - 1), head = MIN(len, r->size - pos);

	if (!len)
		return; /* src may be NULL */
	memcpy(r->data + pos, src, head);
	memcpy(r->data, (const u8 *)src + head, len - head);
	*at += len;
}

static void put_u64(struct perf_ring *r, u64 *at, u64 v)
{
	put(r, at, &v, sizeof(v));
}

static u64 room(const struct perf_ring *r)
{
	/* acquire: the reader has finished with what lies before its tail */
	u64 tail = __atomic_load_n(&r->page->data_tail, __ATOMIC_ACQUIRE), used = r->head - tail;

	return used <= r->size ? r->size - used : 0;
}

static void publish(struct perf_ring *r, u64 at)
{
	r->head = at;
	/* release: the records before the position that tells of them */
	__atomic_store_n(&r->page->data_head, at, __ATOMIC_RELEASE);
}

/* Tell how many records were dropped, as soon as there is room for it and `more` bytes. */
static void put_lost(struct perf_ring *r, u64 more)
{
	struct perf_event_header h = { PERF_RECORD_LOST, 0, sizeof(h) + 16 };
	u64 at = r->head;

	if (!r->lost || room(r) < h.size + more)
		return;
	put(r, &at, &h, sizeof(h));
	put_u64(r, &at, r->event.obj.id);
	put_u64(r, &at, r->lost);
	publish(r, at);
	r->lost = 0;
}

static u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* Fields between header and raw data, in the order of perf_event_open(2); returns their number. */
static u32 sample_fields(const struct perf_ring *r, const struct skep_run *run, u64 f[8])
{
	u32 n = 0;

	if (r->sample_type & PERF_SAMPLE_IDENTIFIER)
		f[n++] = 0;
	if (r->sample_type & PERF_SAMPLE_IP)
		f[n++] = 0;
	if (r->sample_type & PERF_SAMPLE_TID)
		f[n++] = run ? run->task.tgid | (u64)run->task.pid << 32 : 0;
	if (r->sample_type & PERF_SAMPLE_TIME)
		f[n++] = clock_ns();
	if (r->sample_type & PERF_SAMPLE_ADDR)
		f[n++] = 0;
	if (r->sample_type & PERF_SAMPLE_CPU)
		f[n++] = run ? run->cpu : 0;
	if (r->sample_type & PERF_SAMPLE_PERIOD)
		f[n++] = 1;
	return n;
}

/* The raw part is padded so that records stay multiples of 8; its size includes the padding. */
static int put_sample(struct perf_ring *r, const void *a, u32 a_len, const void *b, u32 b_len,
		      const struct skep_run *run)
{
	u64 fields[8], at, zero = 0;
	u32 n = sample_fields(r, run, fields);
	u64 raw = ALIGN_UP((u64)a_len + b_len + sizeof(u32), 8ull);
	u32 raw_size = (u32)(raw - sizeof(u32));
	u64 size = sizeof(struct perf_event_header) + n * sizeof(u64) + raw;
	struct perf_event_header h = { PERF_RECORD_SAMPLE, 0, (u16)size };

	if (size > UINT16_MAX)
		return -E2BIG;
	put_lost(r, size);
	if (r->lost || room(r) < size) {
		r->lost++;
		return -ENOSPC;
	}
	at = r->head;
	put(r, &at, &h, sizeof(h));
	put(r, &at, fields, n * sizeof(u64));
	put(r, &at, &raw_size, sizeof(raw_size));
	put(r, &at, a, a_len);
	put(r, &at, b, b_len);
	put(r, &at, &zero, raw_size - a_len - b_len);
	publish(r, at);
	return 0;
}

static void wake(struct perf_ring *r)
{
	const u64 one = 1;

	if (++r->pending < r->wakeup_events)
		return;
	r->pending = 0;
	if (write(r->eventfd, &one, sizeof(one)) < 0)
		return; /* the counter is full: it is readable */
}

static int ring_output(struct perf_event *e, const void *a, u32 a_len, const void *b, u32 b_len,
		       struct skep_run *run)
{
	struct perf_ring *r = ring_of(e);
	int err = 0;

	pthread_mutex_lock(&r->lock);
	if (r->enabled && r->page && (r->sample_type & PERF_SAMPLE_RAW)) {
		err = put_sample(r, a, a_len, b, b_len, run);
		if (!err)
			wake(r);
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}

static struct perf_ring *ring_new(struct skep *s, const struct perf_event_attr *attr, u32 cpu)
{
	struct perf_ring *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	object_init(&r->event.obj, OBJECT_PERF, ring_free);
	object_adopt(s, &r->event.obj);
	pthread_mutex_init(&r->lock, NULL);
	r->event.output = ring_output;
	r->event.cpu = cpu;
	r->enabled = !attr->disabled;
	r->sample_type = attr->sample_type;
	/* Without a number, Linux wakes when half of the ring is full; every record is sooner. */
	r->wakeup_events = attr->watermark || !attr->wakeup_events ? 1 : attr->wakeup_events;
	r->memfd = memfd_create("[perf_event]", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	r->event.obj.backing = r->memfd;
	r->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->memfd >= 0 && r->eventfd >= 0)
		return r;
	object_unref(&r->event.obj);
	return NULL;
}

static int read_attr(struct skep_client *c, u64 addr, struct perf_event_attr *attr)
{
	u32 size;

	TRY(client_read(c, &size, addr + offsetof(struct perf_event_attr, size), sizeof(size)));
	if (!size)
		size = PERF_ATTR_SIZE_VER0;
	if (size < PERF_ATTR_SIZE_VER0 || size > PERF_ATTR_MAX)
		return -E2BIG;
	memset(attr, 0, sizeof(*attr));
	return client_read(c, attr, addr, MIN(size, sizeof(*attr)));
}

static int make_event(struct skep_client *c, const struct perf_event_attr *attr, int cpu,
		      struct object **out)
{
	struct perf_probe *p;
	struct perf_ring *r;

	if (attr->type == PERF_TYPE_SOFTWARE && attr->config == PERF_COUNT_SW_BPF_OUTPUT) {
		r = ring_new(c->skep, attr, (u32)cpu);
		*out = r ? &r->event.obj : NULL;
		return r ? 0 : -ENOMEM;
	}
	TRY(perf_probe_open(c, attr, cpu, &p));
	*out = &p->event.obj;
	return 0;
}

long perf_event_open(struct skep_client *c, u64 addr, int cpu, u64 flags)
{
	struct perf_event_attr attr;
	struct object *o = NULL;
	int fd;

	TRY(read_attr(c, addr, &attr));
	if (cpu < -1 || (cpu >= 0 && (u32)cpu >= c->skep->rt.nr_cpus))
		return fail(-EINVAL, "perf event: there is no CPU %d", cpu);
	TRY(make_event(c, &attr, cpu, &o));
	fd = client_open(c, o, O_RDWR);
	object_unref(o);
	return fd;
}

/* Under lock. */
static int make_ring(struct perf_ring *r, u64 size)
{
	struct perf_event_mmap_page *page;

	/* Sealed: a client that shrinks the file would make us die of SIGBUS. */
	if (ftruncate(r->memfd, (off_t)(PAGE + size)) < 0 ||
	    fcntl(r->memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	page = mmap(NULL, PAGE + size, PROT_READ | PROT_WRITE, MAP_SHARED, r->memfd, 0);
	if (page == MAP_FAILED)
		return -errno;
	page->version = 1;
	page->data_offset = PAGE;
	page->data_size = size;
	r->data = (u8 *)page + PAGE;
	r->size = size;
	r->page = page;
	return 0;
}

int perf_event_map(struct perf_event *e, u64 size, u64 offset)
{
	struct perf_ring *r = ring_of(e);
	int err = 0;

	if (perf_probe_of(e))
		return fail(-EINVAL, "this perf event has no ring");
	if (offset || size < 2 * PAGE || !IS_POWER_OF_2(size - PAGE))
		return -EINVAL;
	pthread_mutex_lock(&r->lock);
	if (!r->page)
		err = make_ring(r, size - PAGE);
	else if (r->size != size - PAGE)
		err = -EINVAL;
	pthread_mutex_unlock(&r->lock);
	return err;
}

int perf_event_ioctl(struct skep_client *c, struct perf_event *e, unsigned long request, u64 arg)
{
	struct perf_ring *r = ring_of(e);
	int err = 0;

	if (perf_probe_of(e))
		return perf_probe_ioctl(c, perf_probe_of(e), request, arg);
	pthread_mutex_lock(&r->lock);
	switch (request) {
	case PERF_EVENT_IOC_ENABLE: r->enabled = true; break;
	case PERF_EVENT_IOC_DISABLE: r->enabled = false; break;
	case PERF_EVENT_IOC_RESET: break; /* a counter's value; there is none */
	case PERF_EVENT_IOC_SET_BPF:
		err = -EINVAL;
		break; /* nothing happens here that could run one */
	default: err = -ENOTTY;
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}

int perf_event_eventfd(struct perf_event *e)
{
	return perf_probe_of(e) ? -1 : ring_of(e)->eventfd;
}
