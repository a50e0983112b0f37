/* base/va: segments lie in the instance's range, do not overlap, and are known by address. */
#include "base/va.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

TEST("a segment is zero-filled, writable and owned from its first byte to its last")
{
	struct va *va;
	struct segment seg;

	REQUIRE(!va_new(&va));
	REQUIRE(!segment_new(va, 100000, "t", &seg));
	EXPECT_EQ(seg.size, 102400);
	u64 base = (uintptr_t)seg.base;
	for (size_t i = 0; i < seg.size; i++)
		REQUIRE(((char *)seg.base)[i] == 0);
	memset(seg.base, 1, seg.size);
	EXPECT(va_owns(va, base, 1) && va_owns(va, base, seg.size));
	EXPECT(va_owns(va, base + seg.size - 8, 8) && va_owns(va, base + 70000, 100));
	EXPECT(!va_owns(va, base + seg.size - 8, 9));
	EXPECT(!va_owns(va, base - 1, 1) && !va_owns(va, base, seg.size + 1));
	EXPECT(!va_owns(va, base + 8, ~0ull) && !va_owns(va, ~0ull, 1) && !va_owns(va, 0, 8));
	EXPECT(!va_owns(va, (uintptr_t)&seg, 1));
	segment_free(&seg);
	EXPECT(!va_owns(va, base, 1));
	EXPECT_EQ(seg.fd, -1);
	segment_free(&seg);
	va_free(va);
}

TEST("another mapping of the segment's memfd shows the same bytes, and it cannot shrink")
{
	struct va *va;
	struct segment seg;

	REQUIRE(!va_new(&va));
	REQUIRE(!segment_new(va, 1, "t", &seg));
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, seg.fd, 0);
	REQUIRE(p != MAP_FAILED);
	strcpy(seg.base, "hello");
	EXPECT_STR(p, "hello");
	EXPECT(ftruncate(seg.fd, 0) < 0 && errno == EPERM);
	segment_free(&seg);
	EXPECT_STR(p, "hello");
	munmap(p, 4096);
	va_free(va);
}

TEST("ranges are reused and merged after any order of frees")
{
	enum { N = 64 };
	struct va *va;
	struct segment seg[N], big;
	u64 rng = 88172645463325252ull;

	REQUIRE(!va_new(&va));
	memset(seg, 0, sizeof(seg));
	for (int round = 0; round < 2000; round++) {
		rng ^= rng << 13, rng ^= rng >> 7, rng ^= rng << 17;
		struct segment *s = &seg[rng % N];
		if (s->base) {
			EXPECT_EQ(*(u64 *)s->base, (uintptr_t)s);
			segment_free(s);
		} else {
			size_t size = 1 + (rng >> 20) % 300000;
			REQUIRE(!segment_new(va, size, "t", s));
			EXPECT_EQ(*(u64 *)s->base, 0);
			*(u64 *)s->base = (uintptr_t)s;
		}
	}
	for (int i = 0; i < N; i++)
		segment_free(&seg[i]);
	/* All merged: most of the range fits again. */
	int err = segment_new(va, (size_t)1 << 37, "t", &big);
	EXPECT(!err || err == -ENOMEM, "%d", err);
	if (!err)
		segment_free(&big);
	EXPECT_EQ(segment_new(va, (size_t)1 << 50, "t", &big), -ENOMEM);
	EXPECT_EQ(segment_new(va, 0, "t", &big), -ENOMEM);
	va_free(va);
}

static void *churn(void *arg)
{
	struct va *va = arg;

	for (int i = 0; i < 300; i++) {
		struct segment s;

		if (segment_new(va, 5000 + i * 700, "t", &s))
			return "no segment";
		if (!va_owns(va, (uintptr_t)s.base, s.size))
			return "not owned";
		if (*(u64 *)s.base)
			return "not zero";
		*(u64 *)s.base = 1;
		segment_free(&s);
	}
	return NULL;
}

TEST("what a freed segment leaves reads as zero")
{
	struct segment s;
	struct va *va;
	volatile u8 *p;

	REQUIRE(!va_new(&va));
	REQUIRE(!segment_new(va, 8192, "test", &s));
	p = s.base;
	p[5000] = 7;
	segment_free(&s);
	EXPECT(!va_owns(va, (uintptr_t)p, 1));
	EXPECT_EQ(p[5000], 0); /* who asked just before may still look */
	va_free(va);
}

TEST("threads may make, ask about and free segments at once")
{
	struct va *va;
	pthread_t t[4];

	REQUIRE(!va_new(&va));
	for (int i = 0; i < 4; i++)
		REQUIRE(!pthread_create(&t[i], NULL, churn, va));
	for (int i = 0; i < 4; i++) {
		void *ret;

		pthread_join(t[i], &ret);
		EXPECT(!ret, "%s", ret ? (char *)ret : "");
	}
	va_free(va);
}
