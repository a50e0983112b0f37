/* See notify.h. */
#include "supervise/notify.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/caller.h"
#include "supervise/filter.h"
#include "supervise/sup.h"

struct packet { /* as large as this kernel's structures */
	struct seccomp_notif *call;
	size_t size;
};

static int packet_init(struct packet *p)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return -errno;
	p->size = MAX(sizes.seccomp_notif, sizeof(*p->call));
	p->call = malloc(p->size);
	return p->call ? 0 : -ENOMEM;
}

static const struct trap *find_trap(int nr)
{
	for (u32 i = 0; i < nr_traps; i++)
		if (traps[i].nr == nr)
			return &traps[i];
	return NULL;
}

static void answer(struct session *s, const struct seccomp_notif *call)
{
	struct seccomp_notif_resp resp = { .id = call->id };
	const struct trap *trap = find_trap(call->data.nr);
	struct caller c;
	long ret = -ENOSYS;

	caller_init(&c, s, call);
	if (trap)
		ret = trap->fn(&c);
	if (ret == PASS)
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (ret < 0)
		resp.error = (int)ret;
	else
		resp.val = ret;
	/* ENOENT: the caller was killed meanwhile. Nobody is waiting then. */
	ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

void notify_refuse(int listener)
{
	struct seccomp_notif_resp resp = { 0 };
	struct packet p = { 0 };

	if (packet_init(&p) < 0)
		return;
	memset(p.call, 0, p.size);
	if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, p.call)) {
		resp.id = p.call->id;
		if (p.call->data.nr == SYS_bpf || p.call->data.nr == SYS_perf_event_open)
			resp.error = -ENOSYS;
		else
			resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	}
	free(p.call);
}

/* Is there nobody left who could make a call? */
static bool is_over(const struct session *s)
{
	struct pollfd p = { s->listener, POLLIN, 0 };

	return atomic_load(&s->stop) || (poll(&p, 1, 0) > 0 && (p.revents & POLLHUP));
}

/* Wait for a call. False: it is over. */
static bool receive(struct session *s, struct packet *p)
{
	for (;;) {
		memset(p->call, 0, p->size); /* the kernel insists */
		if (!ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, p->call))
			return true;
		if (is_over(s)) /* ENOENT otherwise: the caller was killed before we saw the call */
			return false;
	}
}

static void *loop(void *arg);

static int add_thread(struct session *s)
{
	int err = EAGAIN;

	pthread_mutex_lock(&s->lock);
	if (s->nr_threads < NOTIFY_THREADS) {
		atomic_fetch_add(&s->idle, 1);
		err = pthread_create(&s->threads[s->nr_threads], NULL, loop, s);
		if (err)
			atomic_fetch_sub(&s->idle, 1);
		else
			s->nr_threads++;
	}
	pthread_mutex_unlock(&s->lock);
	return -err;
}

static void *loop(void *arg)
{
	struct session *s = arg;
	struct packet p = { 0 };

	if (packet_init(&p) < 0)
		return NULL;
	while (receive(s, &p)) {
		if (atomic_fetch_sub(&s->idle, 1) == 1 && add_thread(s) < 0)
			errno = 0; /* calls wait for each other, no worse */
		answer(s, p.call);
		atomic_fetch_add(&s->idle, 1);
	}
	free(p.call);
	return NULL;
}

int notify_start(struct session *s)
{
	filter_set_sync_wakeup(s->listener);
	return add_thread(s);
}

/* A thread between its look at `stop` and its wait would miss a single signal. */
static void join(pthread_t t)
{
	struct timespec until;

	do {
		pthread_kill(t, SIGURG);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
	} while (pthread_timedjoin_np(t, NULL, &until) == ETIMEDOUT);
}

void notify_stop(struct session *s)
{
	atomic_store(&s->stop, true);
	pthread_mutex_lock(&s->lock); /* nobody adds threads any more: all calls are answered */
	for (u32 i = 0; i < s->nr_threads; i++)
		join(s->threads[i]);
	pthread_mutex_unlock(&s->lock);
}
