/* One hostile client: random actions on a small pool of descriptors, from two threads, until it is killed. */
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fuzz/hostile_client.h"

static void act(struct client *c);

/* A child of its own, which sometimes outlives its parent for a moment, sometimes dies by its own hand */
static void have_child(struct client *c)
{
	pid_t pid;

	if (!c->may_fork || !chance(c, 20))
		return;
	pid = fork();
	if (!pid) {
		c->may_fork = false;
		for (uint32_t i = below(c, 40); i; i--)
			act(c);
		if (chance(c, 2))
			raise(SIGKILL);
		_exit(0);
	}
	if (pid > 0 && chance(c, 2))
		waitpid(pid, NULL, 0);
}

static void act(struct client *c)
{
	static hostile_act *const acts[] = {
		hostile_make_map,   hostile_use_map,	 hostile_use_map,     hostile_use_map,
		hostile_use_batch,  hostile_load,	 hostile_load,	      hostile_test_run,
		hostile_load_btf,   hostile_ids,	 hostile_info,	      hostile_pin,
		hostile_link,	    hostile_noise,	 hostile_noise,	      hostile_neighbours,
		hostile_neighbours, hostile_descriptors, hostile_descriptors, hostile_names,
		have_child
	};

	if (chance(c, 4))
		fill(c);
	acts[below(c, sizeof(acts) / sizeof(acts[0]))](c);
}

static void *second_thread(void *arg)
{
	for (;;)
		act(arg);
	return NULL;
}

void hostile_client(uint64_t seed, const int mail[2])
{
	int pool[POOL];
	unsigned char *page = mmap(NULL, BUFFER + 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct client c = { { seed }, pool, mail, page, epoll_create1(EPOLL_CLOEXEC), true }, other;
	pthread_t thread;

	if (page == MAP_FAILED)
		return;
	munmap(page + BUFFER, 4096);
	memset(pool, -1, sizeof(pool));
	other = c;
	other.rng.state = ~seed;
	other.may_fork = false;
	if (!chance(&c, 3))
		pthread_create(&thread, NULL, second_thread, &other);
	for (;;)
		act(&c);
}
