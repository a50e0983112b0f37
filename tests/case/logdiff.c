/* usage: logdiff [-l LEVEL] FILE.t|FILE.o…
 *
 * Loads each program into skep and into the kernel and shows how their verifier logs differ (diff -u,
 * kernel first), after taking out what may differ (logtext.h). Programs of an object are loaded one by
 * one through libbpf, whose bpf(2) calls this file catches. Exit code 0: no differences; 77: no kernel to
 * compare with. */
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case/execute.h"
#include "case/logtext.h"
#include "oracle/kernel.h"

#define LOG_SIZE (16 << 20)

static struct target *answers; /* who gets libbpf's calls; NULL: the kernel */

/* Stands before libc's: libbpf makes its bpf(2) calls with it. */
long syscall(long number, ...)
{
	static long (*libc)(long, ...);
	long a[6], ret;
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_bpf && answers) {
		ret = target_bpf(answers, (int)a[0], (void *)a[1], (u32)a[2]);
		if (ret < 0)
			errno = (int)-ret;
		return ret < 0 ? -1 : ret;
	}
	if (!libc)
		*(void **)&libc = dlsym(RTLD_NEXT, "syscall");
	return libc(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -errno;
	fputs(text, f);
	return fclose(f) ? -errno : 0;
}

/* Verdicts stand at the end of each side, so that they are compared too. */
static int show_difference(const char *title, int kernel_err, const char *kernel, int skep_err,
			   const char *skep)
{
	char dir[] = "/tmp/logdiff.XXXXXX", command[256], a[64], b[64];
	struct buf na = { 0 }, nb = { 0 };
	int status = 0;

	log_normalize(kernel, &na);
	log_normalize(skep, &nb);
	buf_printf(&na, "verdict: %s\n", kernel_err ? strerrorname_np(-kernel_err) : "accept");
	buf_printf(&nb, "verdict: %s\n", skep_err ? strerrorname_np(-skep_err) : "accept");
	if (strcmp(buf_str(&na), buf_str(&nb)) && mkdtemp(dir)) {
		snprintf(a, sizeof(a), "%s/kernel", dir);
		snprintf(b, sizeof(b), "%s/skep", dir);
		printf("=== %s\n", title);
		fflush(stdout);
		if (write_file(a, buf_str(&na)) == 0 && write_file(b, buf_str(&nb)) == 0) {
			snprintf(command, sizeof(command), "diff -u %s %s", a, b);
			status = system(command);
		}
		unlink(a);
		unlink(b);
		rmdir(dir);
		status = 1;
	}
	buf_done(&na);
	buf_done(&nb);
	return status;
}

static int diff_case(const char *path, u32 level, struct target *skep, struct target *kernel)
{
	struct test_case_file t;
	struct outcome a = { 0 }, b = { 0 };
	int status = 1;

	if (case_read(path, &t))
		fprintf(stderr, "%s: %s\n", path, t.error);
	else if (case_execute(&t, kernel, level, &a))
		fprintf(stderr, "%s: %s\n", path, a.error);
	else if (case_execute(&t, skep, level, &b))
		fprintf(stderr, "%s: %s\n", path, b.error);
	else
		status = show_difference(path, a.verdict, a.log, b.verdict, b.log);
	outcome_done(&a);
	outcome_done(&b);
	case_done(&t);
	return status;
}

/* Load the program called name, and no other, of an object. 0 or a negative errno. */
static int load_program(const char *path, const char *name, u32 level, struct target *on, char *log)
{
	struct bpf_object *o = bpf_object__open(path);
	struct bpf_program *p;
	int err;

	log[0] = '\0';
	if (!o)
		return -errno;
	bpf_object__for_each_program(p, o)
	{
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), name));
		bpf_program__set_log_level(p, level);
		bpf_program__set_log_buf(p, log, LOG_SIZE);
	}
	answers = on->skep ? on : NULL;
	err = bpf_object__load(o);
	bpf_object__close(o);
	answers = NULL;
	return err;
}

static int diff_program(const char *path, const char *name, u32 level, struct target *skep,
			struct target *kernel, char *logs[2])
{
	char title[512];
	int a = load_program(path, name, level, kernel, logs[0]);
	int b = load_program(path, name, level, skep, logs[1]);

	snprintf(title, sizeof(title), "%s %s", path, name);
	return show_difference(title, a, logs[0], b, logs[1]);
}

static int diff_object(const char *path, u32 level, struct target *skep, struct target *kernel)
{
	char *logs[2] = { malloc(LOG_SIZE), malloc(LOG_SIZE) };
	struct bpf_object *o = bpf_object__open(path);
	struct bpf_program *p;
	int status = 0;

	if (!o || !logs[0] || !logs[1]) {
		fprintf(stderr, "%s: cannot be opened\n", path);
		status = 1;
	} else {
		bpf_object__for_each_program(p, o) status |=
			diff_program(path, bpf_program__name(p), level, skep, kernel, logs);
	}
	bpf_object__close(o);
	free(logs[0]);
	free(logs[1]);
	return status;
}

static int diff_file(const char *path, u32 level)
{
	struct target skep, kernel;
	size_t n = strlen(path);
	int status;

	target_kernel(&kernel);
	if (target_skep(&skep, false)) {
		fprintf(stderr, "no instance\n");
		return 1;
	}
	if (n > 2 && !strcmp(path + n - 2, ".t"))
		status = diff_case(path, level, &skep, &kernel);
	else
		status = diff_object(path, level, &skep, &kernel);
	target_done(&skep);
	return status;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

int main(int argc, char **argv)
{
	u32 level = 2;
	int status = 0, opt;

	while ((opt = getopt(argc, argv, "l:")) > 0) {
		if (opt != 'l')
			return 2;
		level = (u32)strtoul(optarg, NULL, 0);
	}
	if (optind < argc && kernel_missing()) {
		printf("# SKIP %s\n", kernel_missing());
		return 77; /* what test runners take for "skipped" */
	}
	if (optind == argc) {
		fprintf(stderr, "usage: logdiff [-l LEVEL] FILE.t|FILE.o...\n");
		return 2;
	}
	libbpf_set_print(quiet);
	for (int i = optind; i < argc; i++)
		status |= diff_file(argv[i], level);
	return status;
}
