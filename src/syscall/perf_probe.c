/* See perf_probe.h. */
#include "syscall/perf_probe.h"

#include <errno.h>
#include <linux/bpf_perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Nothing is written to such an event, wherever a map holds it. */
static int no_output(struct perf_event *e, const void *a, u32 a_len, const void *b, u32 b_len,
		     struct skep_run *run)
{
	return -EINVAL;
}

struct perf_probe *perf_probe_of(struct perf_event *e)
{
	return e->output == no_output ? (struct perf_probe *)e : NULL;
}

static void stop_thread(struct perf_probe *p)
{
	const u64 one = 1;

	if (p->timer < 0)
		return;
	while (write(p->stop, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(p->thread, NULL);
	close(p->timer);
	close(p->stop);
}

static void probe_free(struct object *o)
{
	struct perf_probe *p = (struct perf_probe *)o;

	stop_thread(p);
	prog_unref(p->prog);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

struct perf_probe *perf_probe_new(struct skep *s, enum probe_kind kind, u32 cpu)
{
	struct perf_probe *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	object_init(&p->event.obj, OBJECT_PERF, probe_free);
	object_adopt(s, &p->event.obj);
	pthread_mutex_init(&p->lock, NULL);
	p->event.output = no_output;
	p->event.cpu = cpu;
	p->kind = kind;
	p->timer = p->stop = -1;
	return p;
}

/* --- the clock's thread --- */

/* The task is nobody's: which of the tree's threads is on the CPU, skep does not know. */
static void run_on(struct perf_probe *p, struct skep_prog *prog)
{
	struct bpf_perf_event_data data = { .sample_period = p->period_ns };
	struct runtime *rt = prog->rt;
	struct skep_run *run = p->any_cpu ? run_enter(rt) : run_enter_on(rt, p->event.cpu);
	struct task_info idle = { 0 };

	snprintf(idle.comm, sizeof(idle.comm), "swapper/%u", run->cpu % 10000);
	run_set_task(run, &idle);
	prog_run(prog, &data, run);
	run_leave(run);
}

static void tick(struct perf_probe *p)
{
	struct skep_prog *prog = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->enabled && p->prog) {
		prog = p->prog;
		prog_ref(prog);
	}
	pthread_mutex_unlock(&p->lock);
	if (prog)
		run_on(p, prog);
	prog_unref(prog);
}

/* Ticks that came while the program ran are lost, as samples are that overrun. */
static void *clock_thread(void *arg)
{
	struct perf_probe *p = arg;
	struct pollfd fds[] = { { p->timer, POLLIN, 0 }, { p->stop, POLLIN, 0 } };
	u64 ticks;

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[1].revents)
			return NULL;
		if (read(p->timer, &ticks, sizeof(ticks)) == sizeof(ticks))
			tick(p);
	}
}

static int start_thread(struct perf_probe *p)
{
	sigset_t all, old;
	int err;

	p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	p->stop = eventfd(0, EFD_CLOEXEC);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for the application's own */
	err = p->timer < 0 || p->stop < 0 ? EMFILE
					  : pthread_create(&p->thread, NULL, clock_thread, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		return 0;
	if (p->timer >= 0)
		close(p->timer);
	if (p->stop >= 0)
		close(p->stop);
	p->timer = p->stop = -1;
	return -err;
}

/* Under lock: after `enabled` or `prog` have changed. */
static int set_clock(struct perf_probe *p)
{
	bool runs = p->enabled && p->prog;
	struct itimerspec t = { 0 };

	if (p->kind != PROBE_CLOCK || (p->timer < 0 && !runs))
		return 0;
	if (p->timer < 0)
		TRY(start_thread(p));
	if (runs)
		t.it_interval = (struct timespec){ (time_t)(p->period_ns / 1000000000),
						   (long)(p->period_ns % 1000000000) };
	t.it_value = t.it_interval;
	return timerfd_settime(p->timer, 0, &t, NULL) < 0 ? -errno : 0;
}

/* --- programs --- */

static u32 prog_type_of(const struct perf_probe *p)
{
	switch (p->kind) {
	case PROBE_TRACEPOINT: return BPF_PROG_TYPE_TRACEPOINT;
	case PROBE_KPROBE:
	case PROBE_UPROBE: return BPF_PROG_TYPE_KPROBE;
	default: return BPF_PROG_TYPE_PERF_EVENT;
	}
}

int perf_probe_attach(struct perf_probe *p, struct skep_prog *prog, bool linked)
{
	int err = 0;

	if (prog->type->type != prog_type_of(p))
		return fail(-EINVAL, "a %s program cannot run at this perf event",
			    prog->type->name);
	pthread_mutex_lock(&p->lock);
	if (p->prog) {
		err = -EEXIST;
	} else {
		p->prog = prog;
		p->linked = linked;
		err = set_clock(p);
		if (err)
			p->prog = NULL;
		else
			prog_ref(prog);
	}
	pthread_mutex_unlock(&p->lock);
	return err;
}

void perf_probe_detach(struct perf_probe *p)
{
	struct skep_prog *prog;
	int err;

	pthread_mutex_lock(&p->lock);
	prog = p->prog;
	p->prog = NULL;
	p->linked = false;
	err = set_clock(p);
	pthread_mutex_unlock(&p->lock);
	(void)err; /* to stop a timer that ticks for nobody is a courtesy */
	prog_unref(prog);
}

int perf_probe_text(struct perf_event *e, struct probe_text *t)
{
	static const u32 fd_types[][2] = {
		[PROBE_TRACEPOINT] = { BPF_FD_TYPE_TRACEPOINT, BPF_FD_TYPE_TRACEPOINT },
		[PROBE_KPROBE] = { BPF_FD_TYPE_KPROBE, BPF_FD_TYPE_KRETPROBE },
		[PROBE_UPROBE] = { BPF_FD_TYPE_UPROBE, BPF_FD_TYPE_URETPROBE },
	};
	struct perf_probe *p = perf_probe_of(e);
	int err = -ENOTSUPP;

	if (!p || p->kind == PROBE_CLOCK)
		return -ENOTSUPP;
	pthread_mutex_lock(&p->lock);
	if (p->prog) {
		t->prog_id = p->prog->obj.id;
		t->fd_type = fd_types[p->kind][p->ret];
		t->offset = p->offset;
		memcpy(t->name, p->name, sizeof(t->name));
		err = 0;
	}
	pthread_mutex_unlock(&p->lock);
	return err;
}

/* --- ioctl(2) --- */

static int enable(struct perf_probe *p, bool on)
{
	int err;

	pthread_mutex_lock(&p->lock);
	p->enabled = on;
	err = set_clock(p);
	pthread_mutex_unlock(&p->lock);
	return err;
}

static int set_bpf(struct skep_client *c, struct perf_probe *p, int fd)
{
	struct object *prog;
	int err;

	TRY(client_object(c, fd, OBJECT_PROG, NULL, &prog));
	err = perf_probe_attach(p, (struct skep_prog *)prog, false);
	object_unref(prog);
	return err;
}

/* struct perf_event_query_bpf: room for ids, their number, ids. */
static int query_bpf(struct skep_client *c, struct perf_probe *p, u64 addr)
{
	u32 room, id = 0, n;

	if (p->kind != PROBE_TRACEPOINT)
		return -EINVAL;
	TRY(client_read(c, &room, addr, sizeof(room)));
	pthread_mutex_lock(&p->lock);
	n = p->prog != NULL;
	if (n)
		id = p->prog->obj.id;
	pthread_mutex_unlock(&p->lock);
	TRY(client_write(c, addr + sizeof(u32), &n, sizeof(n)));
	if (n > room)
		return -ENOSPC;
	return client_write(c, addr + 2 * sizeof(u32), &id, n * sizeof(id));
}

static int set_period(struct skep_client *c, struct perf_probe *p, u64 addr)
{
	u64 period;
	int err;

	TRY(client_read(c, &period, addr, sizeof(period)));
	if (!period || p->kind != PROBE_CLOCK)
		return -EINVAL;
	pthread_mutex_lock(&p->lock);
	p->period_ns = period;
	err = set_clock(p);
	pthread_mutex_unlock(&p->lock);
	return err;
}

int perf_probe_ioctl(struct skep_client *c, struct perf_probe *p, unsigned long request, u64 arg)
{
	u64 id = p->event.obj.ino;

	switch (request) {
	case PERF_EVENT_IOC_ENABLE: return enable(p, true);
	case PERF_EVENT_IOC_DISABLE: return enable(p, false);
	case PERF_EVENT_IOC_RESET: return 0; /* a counter's value; there is none */
	case PERF_EVENT_IOC_SET_BPF: return set_bpf(c, p, (int)arg);
	case PERF_EVENT_IOC_QUERY_BPF: return query_bpf(c, p, arg);
	case PERF_EVENT_IOC_PERIOD: return set_period(c, p, arg);
	case PERF_EVENT_IOC_ID: return client_write(c, arg, &id, sizeof(id));
	case PERF_EVENT_IOC_REFRESH: return -EINVAL; /* for events that are sampled to a ring */
	default: return -ENOTTY;
	}
}
