/* See proc_task.h. */
#include "base/proc_task.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static int read_file(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	buf[n] = '\0';
	return n ? 0 : -ESRCH;
}

/* "PID (COMM) STATE PPID …": the name may hold anything, so its end is the last parenthesis. */
static int parse_stat(char *text, struct proc_task *out)
{
	unsigned long long utime, stime, start, tick = (unsigned long long)sysconf(_SC_CLK_TCK);
	char *name = strchr(text, '('), *end = strrchr(text, ')');
	long prio, nice;

	if (!name || !end)
		return -ESRCH;
	*end = '\0';
	snprintf(out->comm, sizeof(out->comm), "%s", name + 1);
	if (sscanf(end + 1,
		   " %c %u %*d %*d %*d %*d %u %*u %*u %*u %*u %llu %llu %*d %*d %ld %ld %*d %*d "
		   "%llu %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %*d %*u "
		   "%u",
		   &out->state, &out->ppid, &out->flags, &utime, &stime, &prio, &nice, &start,
		   &out->policy) != 9)
		return -ESRCH;
	out->prio = (u32)(prio + 100);
	out->nice = (u32)(nice + 120);
	out->utime_ns = utime * (1000000000 / tick);
	out->stime_ns = stime * (1000000000 / tick);
	out->start_ns = start * (1000000000 / tick);
	return 0;
}

static int scan_ids(const char *text, u32 ids[NR_PROC_IDS])
{
	return sscanf(text, "%u %u %u %u", &ids[PROC_REAL], &ids[PROC_EFFECTIVE], &ids[PROC_SAVED],
		      &ids[PROC_FS]) == NR_PROC_IDS
		       ? 0
		       : -ESRCH;
}

int proc_task(const struct proc_tid *t, struct proc_task *out)
{
	char path[64], text[4096], *uids, *gids;

	memset(out, 0, sizeof(*out));
	snprintf(path, sizeof(path), "/proc/%u/task/%u/stat", t->tgid, t->tid);
	TRY(read_file(path, text, sizeof(text)));
	TRY(parse_stat(text, out));
	snprintf(path, sizeof(path), "/proc/%u/task/%u/status", t->tgid, t->tid);
	TRY(read_file(path, text, sizeof(text)));
	uids = strstr(text, "\nUid:");
	gids = strstr(text, "\nGid:");
	if (!uids || !gids || scan_ids(uids + strlen("\nUid:"), out->uid) ||
	    scan_ids(gids + strlen("\nGid:"), out->gid))
		return -ESRCH;
	return 0;
}
