/* A test file is a list of TEST("sentence") { … } blocks; main is here. Output is TAP. A failed EXPECT
 * says what and goes on; REQUIRE leaves the block. SKIP(reason) leaves it as skipped. */
#ifndef SKEP_TEST_H
#define SKEP_TEST_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	const char *name;
	void (*fn)(void);
	struct test_case *next;
};
static struct test_case *test_first, **test_last = &test_first;
static int test_failures;
static const char *test_skipped;

#define TEST_CAT2(a, b) a##b
#define TEST_CAT(a, b)	TEST_CAT2(a, b)
#define TEST(sentence)                                                                             \
	static void TEST_CAT(test_fn_, __LINE__)(void);                                            \
	__attribute__((constructor)) static void TEST_CAT(test_add_, __LINE__)(void)               \
	{                                                                                          \
		static struct test_case c = { sentence, TEST_CAT(test_fn_, __LINE__), NULL };      \
		*test_last = &c;                                                                   \
		test_last = &c.next;                                                               \
	}                                                                                          \
	static void TEST_CAT(test_fn_, __LINE__)(void)

__attribute__((format(printf, 3, 4), unused)) static void test_fail(const char *file, int line,
								    const char *fmt, ...)
{
	va_list ap;

	if (test_failures++ > 20)
		return;
	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}
/* EXPECT(cond) or EXPECT(cond, "format", …) */
#define EXPECT(cond, ...)                                                                          \
	do {                                                                                       \
		if (!(cond))                                                                       \
			test_fail(__FILE__, __LINE__, #cond " " __VA_ARGS__);                      \
	} while (0)
#define EXPECT_EQ(a, b)                                                                            \
	do {                                                                                       \
		long long a_ = (long long)(a), b_ = (long long)(b);                                \
		if (a_ != b_)                                                                      \
			test_fail(__FILE__, __LINE__, "%s is %lld (0x%llx), not %lld (0x%llx)",    \
				  #a, a_, a_, b_, b_);                                             \
	} while (0)
#define EXPECT_STR(a, b)                                                                           \
	do {                                                                                       \
		const char *a_ = (a), *b_ = (b);                                                   \
		if (strcmp(a_, b_))                                                                \
			test_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #a, a_, b_);     \
	} while (0)
#define REQUIRE(cond, ...)                                                                         \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			test_fail(__FILE__, __LINE__, #cond " " __VA_ARGS__);                      \
			return;                                                                    \
		}                                                                                  \
	} while (0)
#define SKIP(reason)                                                                               \
	do {                                                                                       \
		test_skipped = (reason);                                                           \
		return;                                                                            \
	} while (0)

int main(void)
{
	int n = 0, bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct test_case *c = test_first; c; c = c->next) {
		test_failures = 0;
		test_skipped = NULL;
		c->fn();
		n++;
		if (test_failures) {
			bad++;
			printf("not ok %d - %s\n", n, c->name);
		} else if (test_skipped) {
			printf("ok %d - %s # SKIP %s\n", n, c->name, test_skipped);
		} else {
			printf("ok %d - %s\n", n, c->name);
		}
	}
	printf("1..%d\n", n);
	return bad ? 1 : 0;
}

#endif
