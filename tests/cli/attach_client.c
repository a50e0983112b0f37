/* An ordinary libbpf program: attaches the programs of OBJECT to a raw tracepoint, a trace event, a function of
 * its own, the cgroup directory CGROUP ("" for none) and a clock, waits until the clock has ticked, then runs
 * the shell command COMMAND while all are attached. Exits with the command's code. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 5000

/* It ends with all attached, on purpose. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static struct bpf_object *object;

static struct bpf_program *program(const char *name)
{
	return bpf_object__find_program_by_name(object, name);
}

static int check(const char *what, struct bpf_link *l)
{
	if (l)
		return 0;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static int attach_clock(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK,
					.freq = 1,
					.sample_freq = 1000 };
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return check("perf_event_open", NULL);
	return check("clock", bpf_program__attach_perf_event(program("at_clock"), fd));
}

static int attach_cgroup(const char *dir)
{
	int fd;

	if (!*dir)
		return 0;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return check(dir, NULL);
	return check("cgroup", bpf_program__attach_cgroup(program("at_cgroup"), fd));
}

static int wait_for_ticks(void)
{
	int map = bpf_map__fd(bpf_object__next_map(object, NULL)); /* .bss: there is no other */
	unsigned long long ticks = 0;
	int zero = 0;

	for (int i = 0; i < PATIENCE_MS; i++) {
		if (bpf_map_lookup_elem(map, &zero, &ticks))
			return check("ticks", NULL);
		if (ticks >= 2)
			return 0;
		usleep(1000);
	}
	fprintf(stderr, "the clock does not tick\n");
	return 1;
}

/* Where in the file the probe is does not matter: it will not be hit. */
static int attach_all(const char *cgroup)
{
	return check("raw_tp", bpf_program__attach(program("at_raw_tp"))) +
	       check("tracepoint", bpf_program__attach(program("at_tracepoint"))) +
	       check("uprobe", bpf_program__attach_uprobe(program("at_uprobe"), false, -1,
							  "/proc/self/exe", 0x1234)) +
	       attach_cgroup(cgroup) + attach_clock();
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 4)
		return 2;
	object = bpf_object__open(argv[1]);
	if (!object || bpf_object__load(object) || attach_all(argv[2]) || wait_for_ticks())
		return 1;
	status = system(argv[3]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
