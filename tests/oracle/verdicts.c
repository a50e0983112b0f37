/* usage: verdicts [-n PROGRAMS] [-s SEED] [-t SECONDS] [-v] | -l -s SEED
 *
 * Random programs (generate.h) for skep and the machine's kernel, the same bytes for both: they must
 * decide alike, but for the differences that judge.c explains. What skep accepts runs in its interpreter, checked
 * against the verifier's claims, natively and in the kernel, and must return the same and leave the same in packet and maps.
 * Programs run in a child, so that a crash (or a sanitizer's report) or a run without end is found and counted.
 * -v prints explained differences, too; -l both logs about one program.
 *
 * The output is TAP; "alarm" is a program that skep accepts and the kernel refuses. tools/fuzz-verdicts runs many. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "oracle/judge.h"
#include "oracle/kernel.h"

#define FRESH_AFTER 500 /* programs; then new maps and new instances */
#define RUN_SECONDS 20	/* of CPU time: no program takes that long */

static void limit_time(time_t seconds)
{
	struct itimerval t = { .it_value.tv_sec = seconds };

	setitimer(ITIMER_PROF, &t, NULL);
}

static void try_program(struct judge *j, u64 seed, bool verbose)
{
	enum class c;

	j->sum->seed = seed;
	limit_time(RUN_SECONDS);
	generate(seed, &j->g);
	c = judge(j);
	j->sum->programs++;
	j->sum->count[c]++;
	if ((c >= ALARM && j->sum->count[c] <= 10) || (verbose && c > AGREE_REJECT)) {
		limit_time(10 * RUN_SECONDS);
		judge_explain(j, seed, c);
	}
}

/* --- all of them --- */

static int child(struct tally *sum, u64 seed, u64 end, time_t stop, bool verbose)
{
	static struct judge j;

	j.sum = sum;
	for (u64 n = 0; seed + n < end && time(NULL) < stop; n++) {
		if (n % FRESH_AFTER == 0) {
			judge_end(&j);
			if (judge_start(&j))
				return 2;
		}
		try_program(&j, seed + n, verbose);
	}
	judge_end(&j);
	return 0;
}

static int print_logs(struct tally *sum, u64 seed)
{
	static struct judge j;

	j.sum = sum;
	if (judge_start(&j))
		return 1;
	generate(seed, &j.g);
	judge_logs(&j);
	judge_end(&j);
	return 0;
}

/* Children until all programs were tried: each ends with a crash or with the last program. */
static int try_all(struct tally *sum, u64 seed, u64 count, time_t stop, bool verbose)
{
	u64 at = seed;

	for (;;) {
		int status;
		pid_t pid = fork();

		if (!pid)
			exit(child(sum, at, seed + count, stop, verbose));
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 1;
		if (status == 0)
			return 0;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
			return 1;
		sum->count[CRASH]++;
		printf("# seed %llu: the child ended with status %x\n",
		       (unsigned long long)sum->seed, (u32)status);
		fflush(stdout);
		at = sum->seed + 1;
	}
}

static void report(const struct tally *sum)
{
	printf("# %llu programs, %llu runs, %llu instructions processed, %llu executed and "
	       "checked\n",
	       (unsigned long long)sum->programs, (unsigned long long)sum->runs,
	       (unsigned long long)sum->insns, (unsigned long long)sum->checked);
	for (u32 c = AGREE_ACCEPT; c < ALARM; c++)
		printf("# %llu %s\n", (unsigned long long)sum->count[c], class_text[c]);
	printf("# %llu of those that both accept took the same number of steps\n",
	       (unsigned long long)sum->same_processed);
	for (u32 c = ALARM; c < NR_CLASSES; c++)
		printf("%sok %u - %s (%llu are otherwise)\n", sum->count[c] ? "not " : "",
		       c - ALARM + 1, class_text[c], (unsigned long long)sum->count[c]);
	printf("1..%u\n", NR_CLASSES - ALARM);
}

int main(int argc, char **argv)
{
	struct tally *sum =
		mmap(NULL, sizeof(*sum), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u64 seed = 0, count = 3000;
	time_t stop = time(NULL) + 12;
	bool verbose = false, logs = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:t:vl")) > 0) {
		switch (opt) {
		case 'n': count = strtoull(optarg, NULL, 0); break;
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 't': stop = time(NULL) + atoi(optarg); break;
		case 'v': verbose = true; break;
		case 'l': logs = true; break;
		default: return 2;
		}
	}
	if (sum == MAP_FAILED)
		return 1;
	if (kernel_missing()) {
		printf("1..0 # SKIP %s\n", kernel_missing());
		return 0;
	}
	if (logs)
		return print_logs(sum, seed);
	if (try_all(sum, seed, count, stop, verbose))
		return 1;
	report(sum);
	return 0;
}
