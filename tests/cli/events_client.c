/* An ordinary libbpf program: loads OBJECT, runs its program N times in another process and reads what it
 * sent through MAP, a ring buffer or perf buffer, waiting with epoll. Prints how many events came. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 2000 /* without an event for so long, none will come */

static int events;

static int on_record(void *ctx, void *data, size_t size)
{
	events++;
	return 0;
}

static void on_sample(void *ctx, int cpu, void *data, __u32 size)
{
	events++;
}

static int run(int fd, int n)
{
	static unsigned char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	for (int i = 0; i < n; i++)
		if (bpf_prog_test_run_opts(fd, &opts))
			return 1;
	return 0;
}

/* The first event comes while we wait. */
static pid_t run_later(int fd, int n)
{
	pid_t child = fork();

	if (child == 0) {
		usleep(100000);
		_exit(run(fd, n));
	}
	return child;
}

static int read_events(struct bpf_map *m, int n)
{
	struct ring_buffer *ring = NULL;
	struct perf_buffer *perf = NULL;
	int err = 1;

	if (bpf_map__type(m) == BPF_MAP_TYPE_RINGBUF)
		ring = ring_buffer__new(bpf_map__fd(m), on_record, NULL, NULL);
	else
		perf = perf_buffer__new(bpf_map__fd(m), 8, on_sample, NULL, NULL, NULL);
	if (!ring && !perf)
		return -1;
	while (events < n && err > 0)
		err = ring ? ring_buffer__poll(ring, PATIENCE_MS)
			   : perf_buffer__poll(perf, PATIENCE_MS);
	ring_buffer__free(ring);
	perf_buffer__free(perf);
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *o = argc == 4 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_map *m;
	int n, err;

	if (!o || bpf_object__load(o) || !(m = bpf_object__find_map_by_name(o, argv[2])))
		return 1;
	n = atoi(argv[3]);
	run_later(bpf_program__fd(bpf_object__next_program(o, NULL)), n);
	err = read_events(m, n);
	wait(NULL);
	printf("%d events%s%s\n", events, err ? ": " : "", err ? strerror(-err) : "");
	bpf_object__close(o);
	return err != 0;
}
