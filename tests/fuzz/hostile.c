/* usage: hostile [-s SEED] [-t SECONDS] [-c CLIENTS]        under skep exec
 *
 * Clients that mean no good: random commands, sizes, pointers and descriptors; forks, threads that race on the same
 * objects, descriptors that travel between processes, and sudden death. What they get back does not matter; what
 * matters is at the end, when all are gone: nobody hangs, no object is left (all *_GET_NEXT_ID say ENOENT), the
 * supervisor (our parent) has as many descriptors as before, and its memory has not grown with the work.
 *
 * Reaches: every command of bpf(2) through the supervisor; mmap, epoll, perf events and pins on the way. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/hostile.h"

#define MAX_CLIENTS 16
#define LIFE_MS	    300 /* a client lives up to this long, then it is killed */
#define PATIENCE    20	/* seconds until something that does not end is a hang */
#define ALLOWED_FDS 2	/* a thread may just be reading a /proc file */
#define ALLOWED_KB  (48 << 10)
#define RESIDENT_SLOW                                                                              \
	1.5 /* … and this much of what it was half way: what grows with the work doubles */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- what is left --- */

static int objects_left(void)
{
	static const int cmds[] = { BPF_PROG_GET_NEXT_ID, BPF_MAP_GET_NEXT_ID, BPF_BTF_GET_NEXT_ID,
				    BPF_LINK_GET_NEXT_ID };
	static const char *const names[] = { "program", "map", "BTF", "link" };
	int left = 0;

	for (int i = 0; i < 4; i++) {
		union bpf_attr attr = { 0 };

		while (!syscall(SYS_bpf, cmds[i], &attr, sizeof(attr))) {
			attr.start_id = attr.next_id;
			left++;
		}
		if (errno != ENOENT)
			printf("# %s ids end with errno %d\n", names[i], errno);
	}
	return left;
}

static int supervisor_fds(void)
{
	char path[64];
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", getppid());
	for (int i = 0; i < 4096; i++) {
		char fd[96], to[64];

		snprintf(fd, sizeof(fd), "%s/%d", path, i);
		if (readlink(fd, to, sizeof(to)) > 0)
			n++;
	}
	return n;
}

static long supervisor_kb(void)
{
	char path[64], line[128];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", getppid());
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

/* --- clients --- */

struct crowd {
	pid_t pid[MAX_CLIENTS];
	double until[MAX_CLIENTS];
	int clients, mail[2]; /* descriptors travel by mail */
	struct rng rng;
	unsigned long born;
};

static void start(struct crowd *c, int i)
{
	uint64_t seed = rng_next(&c->rng);
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		hostile_client(seed, c->mail);
		_exit(0);
	}
	setpgid(pid, pid);
	c->pid[i] = pid;
	c->until[i] = now() + (double)(rng_next(&c->rng) % LIFE_MS) / 1000;
	c->born++;
}

/* Kills a client's process group, and waits for it. */
static void end(struct crowd *c, int i)
{
	double begin = now();

	kill(-c->pid[i], SIGKILL);
	while (waitpid(c->pid[i], NULL, WNOHANG) == 0) {
		if (now() - begin > PATIENCE) {
			printf("not ok - a client cannot be killed\n");
			exit(1);
		}
		usleep(200);
	}
	c->pid[i] = 0;
}

static void empty_mail(const struct crowd *c)
{
	for (int side = 0; side < 2; side++)
		for (int fd; (fd = receive_fd(c->mail[side])) != -1;)
			if (fd >= 0)
				close(fd);
}

static void harass(struct crowd *c, double seconds)
{
	double until = now() + seconds;

	while (now() < until) {
		for (int i = 0; i < c->clients; i++) {
			if (c->pid[i] && (now() > c->until[i] || waitpid(c->pid[i], NULL, WNOHANG)))
				end(c, i);
			if (!c->pid[i])
				start(c, i);
		}
		usleep(2000);
	}
	for (int i = 0; i < c->clients; i++)
		if (c->pid[i])
			end(c, i);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	empty_mail(c);
	hostile_unpin();
}

/* The supervisor learns of the last close a little later. */
static int settle(int at_first, int fds)
{
	double begin = now();
	int left;

	while (((left = objects_left()) > at_first ||
		(fds && supervisor_fds() > fds + ALLOWED_FDS)) &&
	       now() - begin < PATIENCE)
		usleep(10000);
	return left;
}

static int check(bool good, const char *what, long is, long was)
{
	printf("%s - %s: %ld, before %ld\n", good ? "ok" : "not ok", what, is, was);
	return !good;
}

/* With mail of its own: sockets keep the programs that clients attach to them. */
static bool crowd_for(struct crowd *c, double seconds)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, c->mail))
		return false;
	harass(c, seconds);
	close(c->mail[0]);
	close(c->mail[1]);
	return true;
}

int main(int argc, char **argv)
{
	struct crowd c = { .clients = 4, .rng = { 1 } };
	double seconds = 10;
	int opt, bad = 0, fds, left, at_first;
	long kb, end_kb;

	while ((opt = getopt(argc, argv, "s:t:c:")) != -1) {
		if (opt == 's')
			c.rng.state = strtoull(optarg, NULL, 0);
		else if (opt == 't')
			seconds = atof(optarg);
		else if (opt == 'c' && atoi(optarg) > 0 && atoi(optarg) <= MAX_CLIENTS)
			c.clients = atoi(optarg);
		else
			return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* grandchildren are ours to wait for */
	at_first = objects_left();	  /* the kernel's own types have an id, too */
	if (at_first > 1) {
		printf("not ok - %d objects before anybody made one: not under skep exec?\n",
		       at_first);
		return 1;
	}
	if (!crowd_for(&c, seconds / 2))
		return 2;
	left = settle(at_first, 0);
	bad |= check(left <= at_first, "objects left half way", left, at_first);
	fds = supervisor_fds();
	kb = supervisor_kb();
	if (!crowd_for(&c, seconds / 2))
		return 2;
	left = settle(at_first, fds);
	end_kb = supervisor_kb();
	bad |= check(left <= at_first, "objects left", left, at_first);
	bad |= check(supervisor_fds() <= fds + ALLOWED_FDS, "descriptors of the supervisor",
		     supervisor_fds(), fds);
	bad |= check(end_kb <= kb + ALLOWED_KB || (double)end_kb <= RESIDENT_SLOW * (double)kb,
		     "its resident KiB", end_kb, kb);
	printf("# %lu clients, seed %llu\n1..4\n", c.born, (unsigned long long)c.rng.state);
	return bad;
}
