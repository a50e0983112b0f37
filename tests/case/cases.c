/* usage: cases FILE.t|DIRECTORY…: each case on skep and, where bpf(2) answers, on the kernel. TAP.
 *
 * What a file says must hold on both; beyond that, both must agree on return values, output packets,
 * contents of maps and, with "log exact", on every line of the log. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case/execute.h"
#include "case/logtext.h"
#include "oracle/kernel.h"

static bool failed; /* the case that is being looked at */

static void PRINTF(1, 2) complain(const char *fmt, ...)
{
	va_list ap;

	failed = true;
	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static const char *verdict_text(int err)
{
	return err ? strerrorname_np(-err) ?: "an unnamed errno" : "accept";
}

/* The log's last lines, where the reason of a refusal stands. */
static void show_log(const struct outcome *o)
{
	const char *p = o->log + strlen(o->log);
	int lines = 0;

	while (p > o->log && lines < 8)
		if (*--p == '\n')
			lines++;
	for (const char *q = p; *q; q += strcspn(q, "\n") + (q[strcspn(q, "\n")] != '\0'))
		printf("#   | %.*s\n", (int)strcspn(q, "\n"), q);
}

static void check_log(const struct test_case_file *t, const char *who, const struct outcome *o)
{
	const char *p = o->log;

	for (u32 k = 0; k < t->nr_logs; k++) {
		const char *found = strstr(p, t->logs[k]);

		if (!found) {
			complain("%s: log lacks: %s", who, t->logs[k]);
			show_log(o);
			return;
		}
		p = found + strlen(t->logs[k]);
	}
}

static bool same_bytes(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len));
}

static void check_runs(const struct test_case_file *t, const char *who, const struct outcome *o)
{
	for (u32 k = 0; k < t->nr_runs; k++) {
		if (o->runs[k].err)
			complain("%s: run %u: %s", who, k, verdict_text(o->runs[k].err));
		else if (o->runs[k].ret != t->runs[k].ret)
			complain("%s: run %u returns %d, not %d", who, k, (s32)o->runs[k].ret,
				 (s32)t->runs[k].ret);
		else if (t->runs[k].out.given && !same_bytes(&o->runs[k].out, &t->runs[k].out))
			complain("%s: run %u leaves another packet", who, k);
	}
	for (u32 k = 0; k < t->nr_expects; k++)
		if (!o->found[k].given || !same_bytes(&o->found[k], &t->expects[k].value))
			complain("%s: element %u that is expected is not there, or different", who,
				 k);
}

/* Does what the file says hold? */
static void check_one(const struct test_case_file *t, const char *who, const struct outcome *o)
{
	if (o->verdict != t->verdict) {
		complain("%s: verdict is %s, not %s", who, verdict_text(o->verdict),
			 verdict_text(t->verdict));
		show_log(o);
		return;
	}
	check_log(t, who, o);
	if (!t->verdict)
		check_runs(t, who, o);
}

static void check_agreement(const struct test_case_file *t, const struct outcome *skep,
			    const struct outcome *kernel)
{
	if (skep->verdict || kernel->verdict)
		return;
	for (u32 k = 0; k < t->nr_runs; k++)
		if (!same_bytes(&skep->runs[k].out, &kernel->runs[k].out))
			complain("run %u: the packets left differ", k);
	if (strcmp(buf_str(&skep->maps), buf_str(&kernel->maps)))
		complain("maps differ: skep\n%skernel\n%s", buf_str(&skep->maps),
			 buf_str(&kernel->maps));
}

static void check_logs_equal(u32 level, const struct outcome *skep, const struct outcome *kernel)
{
	char *a, *b;

	log_first_difference(skep->log, kernel->log, &a, &b);
	if (a || b)
		complain("level %u: skep logs \"%s\", the kernel \"%s\"", level, a, b);
	free(a);
	free(b);
}

/* Runs t on the kernel too (unless not to be asked) and compares; skep's outcome is o. */
static void compare_with_kernel(const struct test_case_file *t, u32 level, const struct outcome *o)
{
	struct target kernel;
	struct outcome ko;

	target_kernel(&kernel);
	if (case_execute(t, &kernel, level, &ko)) {
		complain("%s", ko.error);
	} else {
		check_one(t, "kernel", &ko);
		check_agreement(t, o, &ko);
		if (t->exact_log)
			check_logs_equal(level, o, &ko);
	}
	outcome_done(&ko);
}

static void check_at_level(const struct test_case_file *t, u32 level, bool ask_kernel)
{
	struct target skep;
	struct outcome o = { 0 };
	int err = target_skep(&skep, t->unprivileged);

	if (err) {
		complain("no instance: %s", strerror(-err));
		return;
	}
	if (case_execute(t, &skep, level, &o)) {
		complain("%s", o.error);
	} else {
		check_one(t, "skep", &o);
		if (skep.violation[0])
			complain("skep leaves what it claims: %s", skep.violation);
		if (ask_kernel)
			compare_with_kernel(t, level, &o);
	}
	outcome_done(&o);
	target_done(&skep);
}

static int number;

static void check_file(const char *path)
{
	struct test_case_file t;
	const char *missing = kernel_missing();

	failed = false;
	if (case_read(path, &t)) {
		complain("%s", t.error);
	} else {
		check_at_level(&t, t.log_level, !missing && !t.differs && !t.unprivileged);
		if (t.exact_log)
			check_at_level(&t, 1, !missing && !t.differs && !t.unprivileged);
	}
	printf("%s %d - %s\n", failed ? "not ok" : "ok", ++number, t.name);
	fflush(stdout);
	case_done(&t);
}

static char *paths[4096];
static size_t nr_paths;

static int collect(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t n = strlen(path);

	if (type == FTW_F && n > 2 && !strcmp(path + n - 2, ".t") && nr_paths < ARRAY_SIZE(paths))
		paths[nr_paths++] = strdup(path);
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: cases FILE.t|DIRECTORY...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], collect, 16, FTW_PHYS)) {
			perror(argv[i]);
			return 2;
		}
	qsort(paths, nr_paths, sizeof(paths[0]), compare_paths);
	if (kernel_missing())
		printf("# not compared with the kernel: %s\n", kernel_missing());
	for (size_t i = 0; i < nr_paths; i++) {
		check_file(paths[i]);
		free(paths[i]);
	}
	printf("1..%zu\n", nr_paths);
	return 0;
}
