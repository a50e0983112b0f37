/* See host.h. */
#include "supervise/host.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

void host_enter(struct supervisor *sup, bool plain, bool net, const char *who)
{
	*sup = (struct supervisor){ .net = { .tap = -1, .lo = -1, .wake = -1 },
				    .iter_fds = PTHREAD_MUTEX_INITIALIZER,
				    .socket_progs = { .epoll = -1 },
				    .netlink = { .lock = PTHREAD_MUTEX_INITIALIZER } };
	world_enter(&sup->world, plain);
	tracefs_mount(&sup->tracefs, sup->world.mounts);
	sup->sysctls = (struct sysctls){ .inotify = -1, .lock = PTHREAD_MUTEX_INITIALIZER };
	if (sup->world.bpffs)
		sysctls_mount(&sup->sysctls, BPFFS);
	kallsyms_init(&sup->kallsyms);
	if (*sup->world.missing && !plain)
		fprintf(stderr, "%s: only system calls are answered (%s)\n", who,
			sup->world.missing);
	if (net)
		net_enter(&sup->net);
	if (*sup->net.missing)
		fprintf(stderr, "%s: --net: %s\n", who, sup->net.missing);
}

/* We hold a descriptor for each object; commands keep their own limit. */
static void raise_limits(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* Else the C library learns from single large logs and maps that memory is better kept, in each thread's arena: under
 * hostile clients that was most of what we held. */
static void return_memory(void)
{
	mallopt(M_ARENA_MAX, 4);
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
	mallopt(M_TRIM_THRESHOLD, 256 << 10);
}

static void ignore(int sig)
{
}

static void prepare(void)
{
	struct sigaction wake = { .sa_handler =
					  ignore }; /* without SA_RESTART: see notify_stop() */

	raise_limits();
	return_memory();
	umask(0);
	sigaction(SIGURG, &wake, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int event_name(void *arg, u64 id, char *out, size_t size)
{
	return tracefs_event_name(arg, id, out, size);
}

int host_open(struct supervisor *sup, const struct skep_options *opt)
{
	struct skep_options instance = *opt;

	prepare();
	instance.trace = tracefs_line;
	instance.trace_arg = &sup->tracefs;
	TRY(bpffs_init(&sup->bpffs));
	if (sup->world.bpffs)
		TRY(bpffs_add(&sup->bpffs, sup->world.bpffs_root, BPFFS));
	TRY(skep_new(&instance, &sup->skep));
	if (instance.unprivileged_bpf)
		sysctls_allow_unprivileged(&sup->sysctls);
	sup->skep->event_name = event_name;
	sup->skep->event_name_arg = &sup->tracefs;
	TRY(devices_new(sup->skep, &sup->devices));
	socket_progs_init(&sup->socket_progs, sup->devices, &sup->net);
	return net_start(&sup->net, sup->devices);
}

void host_close(struct supervisor *sup)
{
	bpffs_done(&sup->bpffs);
	if (sup->world.bpffs)
		close(sup->world.bpffs_root);
	net_stop(&sup->net);
	netlink_done(&sup->netlink);
	socket_progs_done(&sup->socket_progs);
	devices_free(sup->devices);
	skep_free(sup->skep);
	tracefs_done(&sup->tracefs);
	sysctls_done(&sup->sysctls);
	kallsyms_done(&sup->kallsyms);
}

void host_poll(const struct supervisor *sup, struct pollfd fds[HOST_FDS])
{
	fds[0] = (struct pollfd){ sup->bpffs.inotify, POLLIN, 0 };
	fds[1] = (struct pollfd){ sup->tracefs.inotify, POLLIN, 0 };
	fds[2] = (struct pollfd){ sup->sysctls.inotify, POLLIN, 0 };
}

void host_attend(struct supervisor *sup, const struct pollfd fds[HOST_FDS])
{
	if (fds[0].revents)
		bpffs_reap(&sup->bpffs);
	if (fds[1].revents)
		tracefs_changed(&sup->tracefs);
	if (fds[2].revents)
		sysctls_changed(&sup->sysctls, sup->skep);
}
