/* The pool of a verification's states: blocks do not overlap, what is given back is used again. */
#include "test.h"
#include "verifier/pool.h"

TEST("blocks of all sizes are aligned, writable and apart")
{
	struct pool p = { 0 };
	u8 *block[200];

	for (u32 n = 0; n < 200; n++) {
		size_t size =
			1 + (size_t)n * n * 7; /* up to 280,000: larger than the first chunks */

		block[n] = pool_alloc(&p, size);
		REQUIRE(block[n]);
		EXPECT_EQ((uintptr_t)block[n] % 16, 0);
		memset(block[n], (int)n, size);
	}
	for (u32 n = 0; n < 200; n++) {
		size_t size = 1 + (size_t)n * n * 7;

		EXPECT(block[n][0] == (u8)n && block[n][size - 1] == (u8)n &&
		       block[n][size / 2] == (u8)n);
		pool_free(&p, block[n], size);
	}
	pool_done(&p);
}

TEST("memory does not grow as long as what is taken is given back")
{
	struct pool p = { 0 };
	struct pool_chunk *chunks = NULL;

	for (u32 n = 0; n < 1000; n++) {
		u8 *a = pool_alloc(&p, 5000 + n % 10), *b = pool_zalloc(&p, 70);

		REQUIRE(a && b);
		EXPECT(b[0] == 0 && b[69] == 0);
		memset(b, 1, 70);
		pool_free(&p, a, 5000 + n % 10);
		pool_free(&p, b, 70);
		if (n == 0)
			chunks = p.chunks;
	}
	EXPECT_EQ((uintptr_t)p.chunks, (uintptr_t)chunks);
	pool_done(&p);
	EXPECT(!p.chunks);
}

TEST("a block grows with what is in it")
{
	struct pool p = { 0 };
	u8 *a = pool_alloc(&p, 10), *b;

	REQUIRE(a);
	memcpy(a, "123456789", 10);
	b = pool_grow(&p, a, 10, 10, 100000);
	REQUIRE(b);
	EXPECT(!memcmp(b, "123456789", 10));
	b[99999] = 1;
	pool_free(&p, NULL, 100);
	pool_done(&p);
}
