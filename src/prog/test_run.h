/* What BPF_PROG_TEST_RUN has in common among program types. */
#ifndef SKEP_PROG_TEST_RUN_H
#define SKEP_PROG_TEST_RUN_H

#include "base/types.h"
#include "skep/prog_type.h"

int xdp_test_run(struct skep_prog *p, struct skep_test_run *t);
int socket_filter_test_run(struct skep_prog *p, struct skep_test_run *t);
int sched_cls_test_run(struct skep_prog *p, struct skep_test_run *t);
int raw_tracepoint_test_run(struct skep_prog *p, struct skep_test_run *t);

/* Run p in a slot that the caller owns, as often as t asks (0: once), on a native context that is not
 * reset in between; fill in t->retval and t->duration (mean ns of a run). Leaves the slot. */
void test_run_in(struct skep_run *run, struct skep_prog *p, void *ctx, u64 ctx_size,
		 struct skep_test_run *t);
/* … in any slot. */
void test_run_repeat(struct skep_prog *p, void *ctx, u64 ctx_size, struct skep_test_run *t);

/* Copy the client's context into ctx of size bytes: what it did not give is zero, what it gave beyond
 * must be zero. -E2BIG. */
int test_run_ctx_in(const struct skep_test_run *t, void *ctx, u32 size) MUST_CHECK;
/* Give the context back if it was asked for. -ENOMEM. */
int test_run_ctx_out(struct skep_test_run *t, const void *ctx, u32 size) MUST_CHECK;
/* Give len bytes back if they were asked for; their number in any case. -ENOMEM. */
int test_run_data_out(struct skep_test_run *t, const void *data, u32 len) MUST_CHECK;

/* Is this an interface of the calling thread's network namespace? 0 or -ENODEV. */
int test_run_check_ifindex(u32 ifindex) MUST_CHECK;

/* Are bytes [from, to) of p zero? */
bool all_zero(const void *p, u32 from, u32 to);

#endif
