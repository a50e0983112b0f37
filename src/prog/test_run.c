#include "prog/test_run.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "exec/prog.h"

#define RUNS_BETWEEN 64
#define ASK_NS	     (5 * 1000 * 1000)
#define CTX_IN_MAX   4096 /* Linux reads no larger extensible structure than a page */

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

/* Linux looks for signals after each run. We ask every so many: asking is a system call. */
static bool give_up(struct skep_test_run *t, u32 done, u64 *asked)
{
	if (!t->interrupted || done % RUNS_BETWEEN || now_ns() - *asked < ASK_NS)
		return false;
	*asked = now_ns();
	if (t->interrupted(t->client))
		t->error = -EINTR;
	return t->error;
}

void test_run_in(struct skep_run *run, struct skep_prog *p, void *ctx, u64 ctx_size,
		 struct skep_test_run *t)
{
	u32 repeat = t->repeat ? t->repeat : 1;
	u64 start = now_ns(), asked = start;

	run->ctx_size = ctx_size;
	for (u32 i = 0; i < repeat && !give_up(t, i, &asked); i++)
		t->retval = (u32)prog_run(p, ctx, run);
	t->duration = (u32)MIN((now_ns() - start) / repeat, UINT32_MAX);
	run->caller = NULL;
	run_leave(run);
}

void test_run_repeat(struct skep_prog *p, void *ctx, u64 ctx_size, struct skep_test_run *t)
{
	test_run_in(run_enter(p->rt), p, ctx, ctx_size, t);
}

bool all_zero(const void *p, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++)
		if (((const u8 *)p)[i])
			return false;
	return true;
}

int test_run_ctx_in(const struct skep_test_run *t, void *ctx, u32 size)
{
	memset(ctx, 0, size);
	if (!t->ctx_in)
		return 0;
	if (t->ctx_size_in > CTX_IN_MAX || !all_zero(t->ctx_in, size, t->ctx_size_in))
		return fail(-E2BIG, "test run: more context than the %u bytes of this type", size);
	memcpy(ctx, t->ctx_in, MIN(size, t->ctx_size_in));
	return 0;
}

static int give(void **out, const void *data, u32 len)
{
	*out = malloc(len ? len : 1);
	if (!*out)
		return fail(-ENOMEM, "test run: no memory for %u bytes of result", len);
	if (len)
		memcpy(*out, data, len);
	return 0;
}

int test_run_ctx_out(struct skep_test_run *t, const void *ctx, u32 size)
{
	if (!t->has_ctx_out)
		return 0;
	t->ctx_size_out = size;
	return give(&t->ctx_out, ctx, size);
}

int test_run_data_out(struct skep_test_run *t, const void *data, u32 len)
{
	t->data_size_out = len;
	return t->has_data_out ? give(&t->data_out, data, len) : 0;
}

int test_run_check_ifindex(u32 ifindex)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname(ifindex, name))
		return fail(-ENODEV, "test run: there is no interface %u", ifindex);
	return 0;
}
