/* See proc.h. */
#include "iter/proc.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/err.h"

static int add(struct proc_tids *l, u32 tid, u32 tgid)
{
	if (l->n == l->cap) {
		u32 cap = l->cap ? 2 * l->cap : 64;
		struct proc_tid *v = realloc(l->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = (struct proc_tid){ tid, tgid };
	return 0;
}

/* Calls each() for the numbers that are names in a directory; one that we may not read is empty. */
static int for_numbers(const char *path, int (*each)(void *arg, u32 n), void *arg)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int err = 0;

	while (dir && !err && (e = readdir(dir))) {
		char *end;
		unsigned long n = strtoul(e->d_name, &end, 10);

		if (end != e->d_name && !*end)
			err = each(arg, (u32)n);
	}
	if (dir)
		closedir(dir);
	return err;
}

struct listing {
	struct proc_tids *out;
	u32 tgid;
	bool leaders;
};

static int add_thread(void *arg, u32 tid)
{
	struct listing *l = arg;

	return add(l->out, tid, l->tgid);
}

static int add_process(void *arg, u32 tgid)
{
	struct listing *l = arg;
	char path[48];

	if (l->leaders)
		return add(l->out, tgid, tgid);
	l->tgid = tgid;
	snprintf(path, sizeof(path), "/proc/%u/task", tgid);
	return for_numbers(path, add_thread, l);
}

static int compare(const void *a, const void *b)
{
	u32 x = ((const struct proc_tid *)a)->tid, y = ((const struct proc_tid *)b)->tid;

	return (x > y) - (x < y);
}

/* 0: there is no such task. */
static u32 tgid_of(u32 tid)
{
	char path[48], line[128];
	u32 tgid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "Tgid: %u", &tgid) != 1)
		;
	if (f)
		fclose(f);
	return tgid;
}

int proc_tids(u32 tid, u32 tgid, bool leaders, struct proc_tids *out)
{
	struct listing l = { .out = out, .leaders = leaders };

	*out = (struct proc_tids){ 0 };
	if (tid) {
		tgid = tgid_of(tid);
		return tgid ? add(out, tid, tgid) : 0;
	}
	if (tgid)
		return tgid_of(tgid) ? add_process(&l, tgid) : 0;
	TRY(for_numbers("/proc", add_process, &l));
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), compare);
	return 0;
}

static int add_fd(void *arg, u32 fd)
{
	return add(arg, fd, 0);
}

int proc_fds(u32 tgid, u32 **fds, u32 *n)
{
	struct proc_tids list = { 0 };
	char path[48];
	int err;

	snprintf(path, sizeof(path), "/proc/%u/fd", tgid);
	err = for_numbers(path, add_fd, &list);
	*n = list.n;
	*fds = err ? NULL : malloc((list.n + 1) * sizeof(**fds));
	if (!err && !*fds)
		err = -ENOMEM;
	if (!err && list.n)
		qsort(list.v, list.n, sizeof(*list.v), compare);
	for (u32 i = 0; !err && i < list.n; i++)
		(*fds)[i] = list.v[i].tid;
	free(list.v);
	return err;
}

bool proc_vma(FILE *maps, struct proc_vma *out)
{
	char line[4352], mode[5] = "";
	unsigned long long start, end, offset, ino;
	u32 major, minor;

	if (!fgets(line, sizeof(line), maps) ||
	    sscanf(line, "%llx-%llx %4s %llx %x:%x %llu", &start, &end, mode, &offset, &major,
		   &minor, &ino) != 7)
		return false;
	*out = (struct proc_vma){ start, end, offset, ino, 0, (major << 20) | minor };
	out->flags = (mode[0] == 'r') | (mode[1] == 'w') << 1 | (mode[2] == 'x') << 2 |
		     (mode[3] == 's') << 3;
	return true;
}
