/* Differential tests of bpf(2): a scenario is a function that makes calls and says what came of them;
 * it runs on skep and on the kernel, and both must say the same. Where bpf(2) is refused, only skep
 * runs it (for sanitizers). */
#ifndef SKEP_TEST_BOTH_H
#define SKEP_TEST_BOTH_H

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "abi/abi.h"
#include "base/buf.h"
#include "oracle/kernel.h"
#include "skep/skep.h"
#include "test.h"

struct side {
	struct skep_client *client; /* NULL: the kernel */
	struct buf said;
};

/* The call's result or negative errno. */
static inline long side_bpf(struct side *s, int cmd, void *attr, u32 size)
{
	return s->client ? skep_bpf(s->client, cmd, (u64)attr, size) : kernel_bpf(cmd, attr, size);
}

#define SAY(s, ...) buf_printf(&(s)->said, __VA_ARGS__)
/* A call in words and its result: "map_create … → -22" */
#define SAY_CALL(s, call) buf_printf(&(s)->said, "%s: %ld\n", #call, (long)(call))

static inline struct skep_client *side_open(struct skep **skep)
{
	struct skep_client *c;

	if (skep_new(NULL, skep) < 0 || skep_client_new(*skep, &c) < 0) {
		printf("# no instance: %s\n", skep_last_error());
		abort();
	}
	return c;
}

/* The first line in which two texts differ. */
static inline void expect_same(const char *a, const char *b)
{
	while (*a || *b) {
		int n = (int)strcspn(a, "\n"), m = (int)strcspn(b, "\n");

		if (n != m || memcmp(a, b, (size_t)n))
			test_fail(__FILE__, __LINE__, "skep says \"%.*s\", the kernel \"%.*s\"", n,
				  a, m, b);
		a += n + (a[n] != 0);
		b += m + (b[m] != 0);
	}
}

static inline void run_both(void (*scenario)(struct side *s))
{
	struct skep *skep;
	struct side ours = { .client = side_open(&skep) }, theirs = { 0 };

	scenario(&ours);
	if (!kernel_missing()) {
		scenario(&theirs);
		expect_same(buf_str(&ours.said), buf_str(&theirs.said));
	}
	buf_done(&ours.said);
	buf_done(&theirs.said);
	skep_client_free(ours.client);
	skep_free(skep);
}

static inline int side_map(struct side *s, u32 type, u32 key, u32 value, u32 n, u32 flags)
{
	struct attr_map_create a = { type, key, value, n, flags };

	return (int)side_bpf(s, BPF_MAP_CREATE, &a, sizeof(a));
}

static inline long side_elem(struct side *s, int cmd, int fd, const void *key, void *value,
			     u64 flags)
{
	struct attr_map_elem a = { (u32)fd, (u64)key, { (u64)value }, flags };

	return side_bpf(s, cmd, &a, sizeof(a));
}

#define BAD_PTR ((void *)8)

#endif
