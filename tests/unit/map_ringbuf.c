/* RINGBUF: the UAPI's memory layout, bounds against any consumer, wake-ups, order. */
#include "maps.h"

#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>

#define PAGE 4096

struct ring { /* what a client sees */
	_Atomic u64 *consumer, *producer;
	char *data;
	u64 size;
};

static struct skep_map *new_ring(u32 size, struct ring *r)
{
	struct map_attr a = attr_of(BPF_MAP_TYPE_RINGBUF, 0, 0, size, 0);
	struct skep_map *m;
	char *p;

	if (map_new(test_runtime(), &a, &m))
		abort();
	r->size = size;
	r->consumer = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, m->seg.fd, 0);
	p = mmap(NULL, PAGE + 2 * (u64)size, PROT_READ, MAP_SHARED, m->seg.fd, PAGE);
	if (r->consumer == MAP_FAILED || p == MAP_FAILED)
		abort();
#ifdef __SANITIZE_THREAD__ /* does not know that two mappings are one memory: synchronisation is lost */
	munmap((void *)r->consumer, PAGE);
	munmap(p, PAGE + 2 * (u64)size);
	r->consumer = m->seg.base;
	p = (char *)m->seg.base + PAGE;
#endif
	r->producer = (_Atomic u64 *)(void *)p;
	r->data = p + PAGE;
	return m;
}

static void close_ring(struct skep_map *m, struct ring *r)
{
	if ((void *)r->consumer != m->seg.base) {
		munmap((void *)r->consumer, PAGE);
		munmap((void *)r->producer, PAGE + 2 * r->size);
	}
	map_unref(m);
}

static u32 header_at(const struct ring *r, u64 pos)
{
	return atomic_load((_Atomic u32 *)(void *)(r->data + (pos & (r->size - 1))));
}

/* The first record: length, or -1 if there is none or it is busy. Skips discarded ones. */
static s64 consume(struct ring *r, void *out)
{
	for (;;) {
		u64 pos = atomic_load(r->consumer);
		u32 len;

		if (pos == atomic_load(r->producer))
			return -1;
		len = header_at(r, pos);
		if (len & BPF_RINGBUF_BUSY_BIT)
			return -1;
		if (!(len & BPF_RINGBUF_DISCARD_BIT))
			memcpy(out, r->data + (pos & (r->size - 1)) + 8, len);
		atomic_store(r->consumer, pos + ((len & ~BPF_RINGBUF_DISCARD_BIT) + 8 + 7) / 8 * 8);
		if (!(len & BPF_RINGBUF_DISCARD_BIT))
			return len;
	}
}

static bool woken(struct skep_map *m)
{
	struct pollfd p = { .fd = m->type->eventfd(m), .events = POLLIN };
	u64 n;

	if (poll(&p, 1, 0) != 1)
		return false;
	return read(p.fd, &n, sizeof(n)) == sizeof(n);
}

TEST("a record is busy until committed, then holds what was written")
{
	struct ring r;
	struct skep_map *m = new_ring(PAGE, &r);
	struct skep_run *run = run_enter(m->rt);
	char out[PAGE];
	char *rec = ringbuf_reserve(m, 13, 0);

	REQUIRE(rec);
	EXPECT_EQ(atomic_load(r.producer), 24);
	EXPECT_EQ(header_at(&r, 0), 13 | BPF_RINGBUF_BUSY_BIT);
	EXPECT_EQ(consume(&r, out), -1);
	memcpy(rec, "hello, world", 13);
	ringbuf_commit(run, rec, 0, false);
	EXPECT_EQ(consume(&r, out), 13);
	EXPECT_STR(out, "hello, world");
	EXPECT_EQ(atomic_load(r.consumer), 24);
	rec = ringbuf_reserve(m, 8, 0);
	ringbuf_commit(run, rec, 0, true);
	EXPECT_EQ(ringbuf_output(m, "abc", 4, 0), 0);
	EXPECT_EQ(consume(&r, out), 4);
	EXPECT_STR(out, "abc");
	run_leave(run);
	close_ring(m, &r);
}

TEST("reservations: flags, sizes and a full ring are refused")
{
	struct ring r;
	struct skep_map *m = new_ring(PAGE, &r);
	char out[PAGE] = { 0 };
	u32 n = 0;

	EXPECT(!ringbuf_reserve(m, 8, 1));
	EXPECT(!ringbuf_reserve(m, PAGE, 0));
	EXPECT(!ringbuf_reserve(m, PAGE - 7, 0));
	EXPECT(!ringbuf_reserve(m, ~0ull, 0));
	EXPECT(!ringbuf_reserve(m, 1ull << 32, 0));
	EXPECT_EQ(ringbuf_output(m, out, 8, 4), -EINVAL);
	EXPECT_EQ(ringbuf_output(m, out, PAGE, 0), -EAGAIN);
	while (!ringbuf_output(m, out, 100, BPF_RB_NO_WAKEUP))
		n++;
	EXPECT_EQ(n, PAGE / 112);
	EXPECT_EQ(ringbuf_query(m, BPF_RB_AVAIL_DATA), n * 112);
	EXPECT_EQ(ringbuf_query(m, BPF_RB_RING_SIZE), PAGE);
	EXPECT_EQ(ringbuf_query(m, BPF_RB_CONS_POS), 0);
	EXPECT_EQ(ringbuf_query(m, BPF_RB_PROD_POS), n * 112);
	EXPECT_EQ(ringbuf_query(m, 99), 0);
	EXPECT_EQ(consume(&r, out), 100);
	EXPECT_EQ(ringbuf_output(m, out, 100, 0), 0);
	EXPECT_EQ(ringbuf_output(m, out, 100, 0), -EAGAIN);
	close_ring(m, &r);
}

TEST("a record over the ring's end reads in one piece, and by wrapping by hand")
{
	struct ring r;
	struct skep_map *m = new_ring(PAGE, &r);
	u8 in[1000], out[PAGE], wrapped[1000];
	u32 over = 0;

	for (u32 round = 0; round < 200; round++) {
		u64 pos = atomic_load(r.consumer);

		for (u32 i = 0; i < sizeof(in); i++)
			in[i] = round + i * 3;
		REQUIRE(!ringbuf_output(m, in, sizeof(in), 0));
		for (u32 i = 0; i < sizeof(in); i++)
			wrapped[i] = r.data[(pos + 8 + i) & (PAGE - 1)];
		EXPECT(!memcmp(wrapped, in, sizeof(in)));
		over += (pos & (PAGE - 1)) + 8 + sizeof(in) > PAGE;
		REQUIRE(consume(&r, out) == sizeof(in));
		EXPECT(!memcmp(out, in, sizeof(in)));
	}
	EXPECT(over > 10);
	close_ring(m, &r);
}

TEST("the consumer is woken when it has caught up, or as the flags say")
{
	struct ring r;
	struct skep_map *m = new_ring(PAGE, &r);
	char out[PAGE] = { 0 };

	EXPECT(!woken(m));
	ringbuf_output(m, out, 8, 0);
	EXPECT(woken(m), "an empty ring got its first record");
	ringbuf_output(m, out, 8, 0);
	EXPECT(!woken(m), "the consumer is behind");
	ringbuf_output(m, out, 8, BPF_RB_FORCE_WAKEUP);
	EXPECT(woken(m));
	while (consume(&r, out) >= 0)
		;
	ringbuf_output(m, out, 8, BPF_RB_NO_WAKEUP);
	EXPECT(!woken(m));
	close_ring(m, &r);
}

TEST("no position that a consumer writes, and no header, leads outside the ring")
{
	struct ring r;
	struct skep_map *m = new_ring(PAGE, &r);
	struct skep_run *run = run_enter(m->rt);
	char *end = (char *)m->seg.base + m->seg.size, *data = (char *)m->seg.base + 2 * PAGE;
	u64 s = 424242;

	for (u32 n = 0; n < 20000; n++) {
		u64 size = test_random(&s) % (PAGE + 100);
		char *rec;

		atomic_store(r.consumer, test_random(&s) >> test_random(&s) % 64);
		if (n % 3 == 0)
			atomic_store(r.consumer, atomic_load(r.producer));
		rec = ringbuf_reserve(m, size, 0);
		if (!rec)
			continue;
		REQUIRE(rec >= data + 8 && rec + size <= end);
		memset(rec, 0xee, size);
		/* A client forges the header and the producers' position. */
		*(u64 *)(void *)(rec - 8) = test_random(&s);
		*(u64 *)(void *)((char *)m->seg.base + PAGE) = test_random(&s);
		ringbuf_commit(run, rec, BPF_RB_NO_WAKEUP, n & 1);
	}
	run_leave(run);
	close_ring(m, &r);
}

#define PRODUCERS 3
#define RECORDS	  20000

struct producer {
	struct skep_map *m;
	u32 no;
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	for (u64 i = 0; i < RECORDS;) {
		struct skep_run *run = run_enter(p->m->rt);
		u64 *rec = ringbuf_reserve(p->m, 8 + i % 40, 0);

		if (rec) {
			*rec = (u64)p->no << 32 | i++;
			ringbuf_commit(run, rec, 0, false);
		}
		run_leave(run);
		if (!rec)
			sched_yield();
	}
	return NULL;
}

TEST("three producers, one sleeping consumer: every record once, each producer's in order")
{
	struct ring r;
	struct skep_map *m = new_ring(4 * PAGE, &r);
	struct producer p[PRODUCERS];
	pthread_t t[PRODUCERS];
	u64 next[PRODUCERS] = { 0 }, got = 0;
	u64 out[PAGE / 8];

	for (u32 i = 0; i < PRODUCERS; i++) {
		p[i] = (struct producer){ m, i };
		REQUIRE(!pthread_create(&t[i], NULL, produce, &p[i]));
	}
	while (got < (u64)PRODUCERS * RECORDS) {
		struct pollfd pfd = { .fd = m->type->eventfd(m), .events = POLLIN };
		u64 ignored;

		/* No timeout would be right; a lost wake-up shows as one. */
		if (poll(&pfd, 1, 5000) != 1) {
			EXPECT(0, "a wake-up was lost after %llu records", (unsigned long long)got);
			break;
		}
		if (read(pfd.fd, &ignored, 8) != 8)
			continue;
		for (s64 len; (len = consume(&r, out)) >= 0; got++) {
			u32 who = out[0] >> 32;
			u64 i = (u32)out[0];

			REQUIRE(who < PRODUCERS && i == next[who]++);
			EXPECT_EQ(len, 8 + i % 40);
		}
	}
	for (u32 i = 0; i < PRODUCERS; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(got, (u64)PRODUCERS * RECORDS);
	close_ring(m, &r);
}
