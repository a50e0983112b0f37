/* usage: start SKEP OBJECT CAPTURE: how long until a program sees its first packets, from exec on?
 *
 * Whole processes: CPU time (user + system) and wall time of `skep run OBJECT --pcap CAPTURE` and of
 * `skep exec -- true`, next to those of `skep version` (what starting the executable costs), in turn;
 * medians. The capture is read to its end. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 31

struct sample {
	double cpu_ms, wall_ms;
};

static double ms_of(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct sample run(char *const argv[])
{
	double start = now_ms();
	struct rusage use;
	int status = 1;
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) < 0 || status) {
		fprintf(stderr, "start: %s failed\n", argv[0]);
		exit(1);
	}
	return (struct sample){ ms_of(use.ru_utime) + ms_of(use.ru_stime), now_ms() - start };
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), compare);
	return v[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	double cpu[3][ROUNDS], wall[3][ROUNDS];

	if (argc != 4) {
		fprintf(stderr, "usage: start SKEP OBJECT CAPTURE\n");
		return 2;
	}
	char *const hello[] = { argv[1], "run", argv[2], "--pcap", argv[3], NULL };
	char *const version[] = { argv[1], "version", NULL };
	char *const exec[] = { argv[1], "exec", "--", "true", NULL };
	char *const *const commands[] = { hello, version, exec };

	for (int r = -1; r < ROUNDS; r++) /* the first round warms up */
		for (int c = 0; c < 3; c++) {
			struct sample s = run(commands[c]);

			if (r >= 0) {
				cpu[c][r] = s.cpu_ms;
				wall[c][r] = s.wall_ms;
			}
		}
	printf("%-34s %8s %8s\n", "median of 31", "CPU ms", "wall ms");
	printf("%-34s %8.2f %8.2f\n", "skep run hello.bpf.o (394 packets)", median(cpu[0]),
	       median(wall[0]));
	printf("%-34s %8.2f %8.2f\n", "skep version", median(cpu[1]), median(wall[1]));
	printf("%-34s %8.2f %8.2f\n", "skep exec -- true", median(cpu[2]), median(wall[2]));
	return 0;
}
