/* CPU slots, clocks, random numbers: what src/exec/run.h promises. */
#include "unit/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "exec/run.h"

static struct runtime rt;

static void start(struct skep_options opt)
{
	int err = runtime_init(&rt, &opt);

	EXPECT_EQ(err, 0);
}

TEST("a thread owns a slot, gets the same one again, and runs on the machine's CPUs")
{
	struct skep_run *a, *b;

	start((struct skep_options){ 0 });
	EXPECT_EQ(rt.nr_cpus, runtime_possible_cpus());
	a = run_enter(&rt);
	EXPECT(a->epoch & 1);
	EXPECT(a->cpu < rt.nr_cpus);
	EXPECT(run_of((u64)(uintptr_t)a->stack_top) == a);
	EXPECT(run_has_stack(a, a->stack_top));
	run_leave(a);
	EXPECT(!(a->epoch & 1));
	b = run_enter(&rt);
	EXPECT(a == b);
	run_leave(b);
	runtime_done(&rt);
}

static _Atomic u32 inside[4], seen_twice;
static _Atomic u64 turns;

static void *crowd(void *stop)
{
	while (!*(_Atomic bool *)stop) {
		struct skep_run *run = run_enter(&rt);

		if (atomic_fetch_add(&inside[run->cpu], 1))
			seen_twice++;
		sched_yield();
		atomic_fetch_sub(&inside[run->cpu], 1);
		run_leave(run);
		turns++;
	}
	return NULL;
}

TEST("eight threads on two slots: never two on one, and all get on")
{
	_Atomic bool stop = false;
	pthread_t t[8];

	turns = 0;
	start((struct skep_options){ .nr_cpus = 2 });
	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, crowd, &stop);
	usleep(100000);
	stop = true;
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(seen_twice, 0);
	EXPECT(turns > 100, "%llu turns", (unsigned long long)turns);
	EXPECT_EQ(rt.waiters, 0);
	runtime_done(&rt);
}

static _Atomic int order;

static void *queue_up(void *place)
{
	struct skep_run *run = run_enter(&rt);

	*(int *)place = order++;
	usleep(1000);
	run_leave(run);
	return NULL;
}

TEST("waiting threads are served in their order")
{
	pthread_t t[3];
	int place[3];
	struct skep_run *run;

	order = 0;
	start((struct skep_options){ .nr_cpus = 1 });
	run = run_enter(&rt);
	for (int i = 0; i < 3; i++) {
		pthread_create(&t[i], NULL, queue_up, &place[i]);
		while (rt.waiters != (u32)i + 1)
			usleep(100);
	}
	run_leave(run);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], NULL);
		EXPECT_EQ(place[i], i);
	}
	runtime_done(&rt);
}

static _Atomic bool entered, left;

static void *long_run(void *arg)
{
	struct skep_run *run = run_enter(&rt);

	entered = true;
	usleep(20000);
	left = true;
	run_leave(run);
	return NULL;
}

TEST("runtime_synchronize waits for who was running, and only for them")
{
	pthread_t t;

	entered = left = false;
	start((struct skep_options){ .nr_cpus = 4 });
	runtime_synchronize(&rt);
	pthread_create(&t, NULL, long_run, NULL);
	while (!entered)
		usleep(100);
	runtime_synchronize(&rt);
	EXPECT(left);
	pthread_join(t, NULL);
	runtime_done(&rt);
}

TEST("a fixed clock steps at every reading, whichever clock is read")
{
	struct skep_run *run;

	start((struct skep_options){ .fixed_clock = 1, .clock_ns = 1000, .clock_step_ns = 7 });
	run = run_enter(&rt);
	EXPECT_EQ(run_clock(run, CLOCK_KIND_MONO), 1000);
	EXPECT_EQ(run_clock(run, CLOCK_KIND_BOOT), 1007);
	EXPECT_EQ(run_clock(run, CLOCK_KIND_REAL), 1014);
	run_leave(run);
	runtime_done(&rt);
}

TEST("clocks are the machine's")
{
	static const struct {
		enum clock_kind kind;
		clockid_t id;
	} clocks[] = {
		{ CLOCK_KIND_MONO, CLOCK_MONOTONIC },	       { CLOCK_KIND_BOOT, CLOCK_BOOTTIME },
		{ CLOCK_KIND_COARSE, CLOCK_MONOTONIC_COARSE }, { CLOCK_KIND_TAI, CLOCK_TAI },
		{ CLOCK_KIND_REAL, CLOCK_REALTIME },
	};
	struct skep_run *run;

	start((struct skep_options){ 0 });
	run = run_enter(&rt);
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct timespec t;
		u64 before, ns = 0, after;

		clock_gettime(clocks[i].id, &t);
		before = t.tv_sec * 1000000000ull + t.tv_nsec;
		ns = run_clock(run, clocks[i].kind);
		clock_gettime(clocks[i].id, &t);
		after = t.tv_sec * 1000000000ull + t.tv_nsec;
		EXPECT(before <= ns && ns <= after, "clock %zu", i);
	}
	run_leave(run);
	runtime_done(&rt);
}

static void draw(struct skep_options opt, u64 out[4])
{
	struct skep_run *run;

	start(opt);
	run = run_enter(&rt);
	for (int i = 0; i < 4; i++)
		out[i] = run_random(run);
	run_leave(run);
	runtime_done(&rt);
}

TEST("a fixed seed repeats random numbers, another or none does not")
{
	u64 a[4], b[4], c[4], d[4];

	draw((struct skep_options){ .fixed_seed = 1, .seed = 5 }, a);
	draw((struct skep_options){ .fixed_seed = 1, .seed = 5 }, b);
	draw((struct skep_options){ .fixed_seed = 1, .seed = 6 }, c);
	draw((struct skep_options){ 0 }, d);
	EXPECT(!memcmp(a, b, sizeof(a)));
	EXPECT(memcmp(a, c, sizeof(a)));
	EXPECT(memcmp(a, d, sizeof(a)));
	EXPECT(a[0] != a[1] && a[1] != a[2]);
}

TEST("the current task is the calling thread unless set")
{
	struct task_info other = { .pid = 7, .tgid = 6, .uid = 5, .gid = 4, .comm = "other" };
	struct skep_run *run;

	prctl(PR_SET_NAME, "bee");
	start((struct skep_options){ 0 });
	run = run_enter(&rt);
	run_set_task(run, NULL);
	EXPECT_EQ(run->task.pid, syscall(SYS_gettid));
	EXPECT_EQ(run->task.tgid, getpid());
	EXPECT_EQ(run->task.uid, getuid());
	EXPECT_STR(run->task.comm, "bee");
	run_set_task(run, &other);
	EXPECT_EQ(run->task.pid, 7);
	EXPECT_STR(run->task.comm, "other");
	run_leave(run);
	run = run_enter(&rt);
	EXPECT_STR(run->task.comm, "bee");
	run_leave(run);
	runtime_done(&rt);
}

TEST("where runs are to repeat, the task's number is 1 and memory lies where it did")
{
	struct skep_run *run;
	const void *stack[2];

	for (u32 i = 0; i < 2; i++) {
		start((struct skep_options){ .fixed_seed = 1 });
		run = run_enter(&rt);
		EXPECT_EQ(run->task.pid, 1);
		EXPECT_EQ(run->task.tgid, 1);
		stack[i] = run->stack;
		run_leave(run);
		runtime_done(&rt);
	}
	EXPECT(stack[0] == stack[1]);
}

TEST("a thread that answers another task's call runs programs for that task")
{
	struct task_info other = { .pid = 7, .tgid = 6, .uid = 5, .gid = 4, .comm = "other" };
	struct skep_run *run;

	start((struct skep_options){ 0 });
	thread_set_task(&other);
	run = run_enter(&rt);
	EXPECT_EQ(run->task.pid, 7);
	run_leave(run);
	run = run_enter_on(&rt, 0);
	EXPECT_STR(run->task.comm, "other");
	run_leave(run);
	thread_set_task(NULL);
	run = run_enter(&rt);
	EXPECT_EQ(run->task.pid, syscall(SYS_gettid));
	run_leave(run);
	runtime_done(&rt);
}

TEST("a run owns its stack, its context and the instance's memory, whole ranges only")
{
	struct segment seg = { 0 };
	struct skep_run *run;
	u64 ctx[2], stack;

	start((struct skep_options){ 0 });
	REQUIRE(segment_new(rt.va, 100, "test", &seg) == 0);
	run = run_enter(&rt);
	run->ctx = ctx;
	run->ctx_size = sizeof(ctx);
	stack = (u64)(uintptr_t)run->stack;
	EXPECT(run_owns(run, stack, SKEP_RUN_STACK));
	EXPECT(!run_owns(run, stack + 8, SKEP_RUN_STACK));
	EXPECT(!run_owns(run, stack - 1, 2));
	EXPECT(run_owns(run, (u64)(uintptr_t)ctx, 16));
	EXPECT(!run_owns(run, (u64)(uintptr_t)ctx, 17));
	EXPECT(!run_owns(run, (u64)(uintptr_t)ctx + 8, (u64)-4));
	EXPECT(run_owns(run, (u64)(uintptr_t)seg.base, 100));
	EXPECT(!run_owns(run, 0, 1));
	EXPECT(!run_owns(run, (u64)-8, 16));
	run_leave(run);
	segment_free(&seg);
	runtime_done(&rt);
}

TEST("too many CPU slots are refused in words")
{
	struct skep_options opt = { .nr_cpus = 1u << 20 };

	EXPECT_EQ(runtime_init(&rt, &opt), -EINVAL);
	EXPECT(strstr(last_error(), "at most"));
}
