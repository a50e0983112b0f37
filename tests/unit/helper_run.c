/* Helpers that depend on the run: trace output, current task, time, loops, locks. */
#include <pthread.h>

#include "helper_call.h"

#define BUF_AT 512

static struct helper_call make_call(u32 id, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return (struct helper_call){
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.id = id,
		.arg = { { CALL_NUMBER, r1 },
			 { CALL_NUMBER, r2 },
			 { CALL_NUMBER, r3 },
			 { CALL_NUMBER, r4 },
			 { CALL_NUMBER, r5 } },
	};
}

static u64 call(u32 id, u64 r1, u64 r2, u64 r3, u64 r4)
{
	struct helper_call c = make_call(id, r1, r2, r3, r4, 0);

	return our_call(&c);
}

static char traced[4096];

static void keep_trace(void *arg, const char *line, size_t len)
{
	size_t at = strlen(traced);

	if (at + len < sizeof(traced)) {
		memcpy(traced + at, line, len);
		traced[at + len] = '\0';
	}
}

/* Trace fmt; returns what the helper does, traced has the line. */
static s64 trace(const char *fmt, u32 len, u64 a, u64 b, u64 c)
{
	struct task_info task = { .pid = 4242, .tgid = 4000, .comm = "prog-name" };
	struct helper_call k = make_call(BPF_FUNC_trace_printk, 0, len, a, b, c);

	memcpy(k.mem, fmt, len);
	k.arg[0].kind = CALL_MEM;
	traced[0] = '\0';
	call_rt.trace = keep_trace;
	call_rt.fixed_clock = true;
	call_rt.clock_ns = 1798324823456u;
	run_set_task(call_run, &task);
	return (s64)our_call(&k);
}

TEST("a trace line is Linux's")
{
	EXPECT_EQ(trace("hi %d", 6, 7, 0, 0), 4);
	EXPECT_STR(traced,
		   "       prog-name-4242    [000] .....  1798.324823: bpf_trace_printk: hi 7\n");
}

TEST("a newline is appended even to one, as in Linux")
{
	EXPECT_EQ(trace("a\nb\n", 5, 0, 0, 0), 4);
	EXPECT_STR(traced + strlen(traced) - 6, ": a\nb\n\n" + 1);
	EXPECT_EQ(trace("", 1, 0, 0, 0), 0);
	EXPECT_STR(traced + strlen(traced) - 3, ": \n");
}

TEST("a trace line ends at a NUL and after 1023 characters")
{
	EXPECT_EQ(trace("a%cb", 5, 0, 0, 0), 3);
	EXPECT_STR(traced + strlen(traced) - 4, ": a\n");
	EXPECT_EQ(trace("%1500d", 7, 1, 0, 0), 1500);
	EXPECT_EQ(strlen(strstr(traced, "printk: ")), 8 + 1023 + 1);
}

/* The errors and lengths that trace_printk has are also the kernel's. */
static void compare_trace(const char *fmt, u32 len, u64 a, u64 b, u64 c)
{
	struct helper_call ours = make_call(BPF_FUNC_trace_printk, 0, len, a, b, c), theirs;
	u64 ret, kret;

	memcpy(ours.mem, fmt, len);
	ours.arg[0].kind = CALL_MEM;
	call_rt.trace = NULL;
	REQUIRE(both_call(&ours, &theirs, &ret, &kret));
	EXPECT(ret == kret, "'%.*s': %lld, not %lld", (int)len, fmt, (long long)ret,
	       (long long)kret);
}

TEST("trace_printk returns what the kernel returns")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	compare_trace("%d %d %d", 9, 1, 2, 3);
	compare_trace("%d %d %d %d", 12, 1, 2, 3);
	compare_trace("%d", 3, 1, 2, 3);
	compare_trace("", 1, 1, 2, 3);
	compare_trace("abc", 3, 1, 2, 3);
	compare_trace("a\0b", 4, 1, 2, 3);
	compare_trace("%s|%pI4|%px", 12, 0, 0, 0);
	compare_trace("%h", 3, 0, 0, 0);
	compare_trace("%1500d", 7, 0, 0, 0);
}

static struct helper_call make_vprintk(u32 n, u32 size)
{
	struct helper_call c = make_call(BPF_FUNC_trace_vprintk, 0, 3 * n + 1, BUF_AT, size, 0);

	for (u32 i = 0; i < n; i++)
		memcpy(c.mem + 3 * i, "%d ", 3);
	for (u64 i = 0; i < 20; i++)
		memcpy(c.mem + BUF_AT + i * 8, &i, 8);
	c.arg[0].kind = c.arg[2].kind = CALL_MEM;
	return c;
}

TEST("trace_vprintk takes up to twelve numbers, as in the kernel")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	call_rt.trace = NULL;
	for (u32 n = 0; n < 14; n++)
		for (u32 size = 0; size < 120; size += 4) {
			struct helper_call ours = make_vprintk(n, size), theirs;
			u64 ret, kret;

			REQUIRE(both_call(&ours, &theirs, &ret, &kret));
			EXPECT(ret == kret, "%u formats, %u bytes: %lld, not %lld", n, size,
			       (long long)ret, (long long)kret);
		}
}

TEST("the task's name is cut and padded as in the kernel")
{
	if (kernel_missing())
		SKIP(kernel_missing());
	run_set_task(call_run, NULL);
	for (u32 size = 1; size < 40; size++) {
		struct helper_call ours = make_call(BPF_FUNC_get_current_comm, BUF_AT, size, 0, 0,
						    0),
				   theirs;
		u64 ret, kret;

		memset(ours.mem, '#', 1024);
		ours.arg[0].kind = CALL_MEM;
		REQUIRE(both_call(&ours, &theirs, &ret, &kret));
		EXPECT_EQ(ret, kret);
		EXPECT(!memcmp(ours.mem, theirs.mem, CALL_MEM_SIZE),
		       "%u bytes: '%.40s', not '%.40s'", size, (char *)ours.mem + BUF_AT,
		       (char *)theirs.mem + BUF_AT);
	}
}

TEST("ids are packed as in the kernel")
{
	struct task_info t = { .pid = 11, .tgid = 22, .uid = 33, .gid = 44 };
	struct helper_call c = make_call(BPF_FUNC_get_current_pid_tgid, 0, 0, 0, 0, 0);
	u64 theirs;

	run_set_task(call_run, &t);
	EXPECT_EQ(call(BPF_FUNC_get_current_pid_tgid, 0, 0, 0, 0), 22ull << 32 | 11);
	EXPECT_EQ(call(BPF_FUNC_get_current_uid_gid, 0, 0, 0, 0), 44ull << 32 | 33);
	EXPECT_EQ(call(BPF_FUNC_get_smp_processor_id, 0, 0, 0, 0), call_run->cpu);
	EXPECT_EQ(call(BPF_FUNC_get_numa_node_id, 0, 0, 0, 0), call_run->numa_node);
	if (kernel_missing())
		SKIP(kernel_missing());
	run_set_task(call_run, NULL);
	REQUIRE(kernel_call(&c, &theirs, NULL, 0) == 0);
	EXPECT_EQ(our_call(&c), theirs);
	c.id = BPF_FUNC_get_current_uid_gid;
	REQUIRE(kernel_call(&c, &theirs, NULL, 0) == 0);
	EXPECT_EQ(our_call(&c), theirs);
}

TEST("clocks are the kernel's")
{
	static const u32 ids[] = { BPF_FUNC_ktime_get_ns, BPF_FUNC_ktime_get_boot_ns,
				   BPF_FUNC_ktime_get_coarse_ns, BPF_FUNC_ktime_get_tai_ns };

	if (kernel_missing())
		SKIP(kernel_missing());
	call_rt.fixed_clock = false;
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		u64 before = call(ids[i], 0, 0, 0, 0), theirs, after;
		struct helper_call c = make_call(ids[i], 0, 0, 0, 0, 0);

		REQUIRE(kernel_call(&c, &theirs, NULL, 0) == 0);
		after = call(ids[i], 0, 0, 0, 0);
		EXPECT(before <= theirs && theirs <= after, "helper %u: %llu, kernel %llu, %llu",
		       ids[i], (unsigned long long)before, (unsigned long long)theirs,
		       (unsigned long long)after);
	}
}

TEST("jiffies start five minutes before 32 bits wrap")
{
	call_rt.fixed_clock = true;
	call_rt.clock_step_ns = 0;
	call_rt.clock_ns = 0;
	EXPECT_EQ(call(BPF_FUNC_jiffies64, 0, 0, 0, 0), (1ull << 32) - 300 * 250);
	call_rt.clock_ns = 300 * 1000000000ull;
	EXPECT_EQ(call(BPF_FUNC_jiffies64, 0, 0, 0, 0), 1ull << 32);
}

TEST("random numbers have 32 bits and differ")
{
	u64 a = call(BPF_FUNC_get_prandom_u32, 0, 0, 0, 0);
	u64 b = call(BPF_FUNC_get_prandom_u32, 0, 0, 0, 0);
	u64 all = a | b;

	for (u32 i = 0; i < 100; i++)
		all |= call(BPF_FUNC_get_prandom_u32, 0, 0, 0, 0);
	EXPECT(a != b);
	EXPECT_EQ(all, UINT32_MAX);
}

static u64 calls, last_index, last_ctx, stop_at;

static u64 count_call(struct skep_run *run, u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	calls++;
	last_index = a1;
	last_ctx = a2;
	return fn != 99 || a1 == stop_at;
}

/* What bpf_loop returned in the kernel for these, measured. */
TEST("loop calls back, stops and refuses as the kernel does")
{
	call_run->callback = count_call;
	calls = 0;
	stop_at = UINT64_MAX;
	EXPECT_EQ(call(BPF_FUNC_loop, 10, 99, 1234, 0), 10);
	EXPECT_EQ(calls, 10);
	EXPECT_EQ(last_index, 9);
	EXPECT_EQ(last_ctx, 1234);
	stop_at = 5;
	EXPECT_EQ(call(BPF_FUNC_loop, 10, 99, 0, 0), 6);
	EXPECT_EQ(calls, 16);
	EXPECT_EQ(call(BPF_FUNC_loop, 0, 99, 0, 0), 0);
	EXPECT_EQ(call(BPF_FUNC_loop, 1 << 24, 99, 0, 1), -EINVAL);
	EXPECT_EQ(call(BPF_FUNC_loop, (1 << 23) + 1, 99, 0, 0), 0xfffffff9);
	EXPECT_EQ(calls, 16);
	EXPECT_EQ(call(BPF_FUNC_loop, 1ull << 32 | 3, 99, 0, 0), 0xfffffff9);
}

#define LOCK_THREADS 4
#define LOCK_ROUNDS  20000
static struct {
	u32 lock, counter;
} locked;

static void *count_locked(void *arg)
{
	struct skep_run *run = arg;

	for (u32 i = 0; i < LOCK_ROUNDS; i++) {
		call_rt.helpers[BPF_FUNC_spin_lock]->fn((uintptr_t)&locked.lock, 0, 0, 0, 0, run);
		locked.counter++;
		call_rt.helpers[BPF_FUNC_spin_unlock]->fn((uintptr_t)&locked.lock, 0, 0, 0, 0, run);
	}
	return NULL;
}

TEST("a spin lock lets one in at a time")
{
	pthread_t t[LOCK_THREADS];

	for (u32 i = 0; i < LOCK_THREADS; i++)
		REQUIRE(!pthread_create(&t[i], NULL, count_locked, call_run));
	for (u32 i = 0; i < LOCK_THREADS; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(locked.counter, LOCK_THREADS * LOCK_ROUNDS);
	EXPECT_EQ(locked.lock, 0);
}
