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
#include "supervise/caller_memory.h"
#include "supervise/filter.h"
#include "supervise/sup.h"

struct packet {
	struct seccomp_notif *call; /* as large as this kernel's structures */
	size_t size;
	struct window window;
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

/* Does another thread take calls now? */
static bool answer(struct session *s, struct packet *p)
{
	const struct seccomp_notif *call = p->call;
	struct seccomp_notif_resp resp = { .id = call->id };
	const struct trap *trap = find_trap(call->data.nr);
	struct caller c;
	long ret = -ENOSYS;

	caller_init(&c, s, call, &p->window);
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
	return c.released;
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

/* Under lock. */
static int add_thread(struct session *s)
{
	int err = EAGAIN;

	if (s->nr_threads < NOTIFY_THREADS)
		err = pthread_create(&s->threads[s->nr_threads], NULL, loop, s);
	if (!err)
		s->nr_threads++;
	return -err;
}

void notify_release(struct caller *c)
{
	struct session *s = c->session;

	if (c->released)
		return;
	c->released = true;
	pthread_mutex_lock(&s->lock);
	s->receiving = false;
	if (s->waiting)
		pthread_cond_signal(&s->relay);
	else if (add_thread(s) < 0)
		errno = 0; /* calls wait for this one, no worse */
	pthread_mutex_unlock(&s->lock);
}

/* Become the one that takes calls. False: it is over. */
static bool relieve(struct session *s)
{
	bool stop;

	pthread_mutex_lock(&s->lock);
	s->waiting++;
	while (s->receiving && !atomic_load(&s->stop))
		pthread_cond_wait(&s->relay, &s->lock);
	s->waiting--;
	stop = atomic_load(&s->stop);
	if (!stop)
		s->receiving = true;
	pthread_mutex_unlock(&s->lock);
	return !stop;
}

static void *loop(void *arg)
{
	struct session *s = arg;
	struct packet p = { 0 };
	bool released = true;

	if (packet_init(&p) < 0)
		return NULL;
	while ((!released || relieve(s)) && receive(s, &p))
		released = answer(s, &p);
	free(p.call);
	return NULL;
}

int notify_start(struct session *s)
{
	int err;

	filter_set_sync_wakeup(s->listener);
	known_fds_init(&s->known);
	pthread_mutex_lock(&s->lock);
	err = add_thread(s);
	pthread_mutex_unlock(&s->lock);
	return err;
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
	pthread_mutex_lock(&s->lock);
	pthread_cond_broadcast(&s->relay);
	pthread_mutex_unlock(&s->lock);
	/* a call that is being answered may still add one, behind those that have been joined */
	for (u32 i = 0; i < s->nr_threads; i++)
		join(s->threads[i]);
}
