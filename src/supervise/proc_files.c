/* See proc_files.h. In lists of mounts our file systems have the types that they stand for, as tools look for those. */
#include "supervise/proc_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "supervise/filter.h"
#include "supervise/kallsyms.h"
#include "supervise/notify.h"
#include "supervise/procfd.h"
#include "supervise/sup.h"
#include "supervise/text_file.h"

struct renamed {
	const char *place, *type;
};

static const struct renamed renamed[] = {
	{ TRACEFS, "tracefs" },
	{ DEBUG_TRACEFS, "tracefs" },
	{ DEBUGFS, "debugfs" },
};

/* What a client mounted as bpf is a tmpfs of that source (bpffs_mount.c). */
static bool put_bpffs(struct buf *out, const char *line, const char *place, bool info)
{
	char text[600];
	const char *is;

	snprintf(text, sizeof(text), info ? " - tmpfs bpf " : " %s tmpfs ", place);
	is = strstr(line, text);
	if (!is || (!info && (is != line + 3 || strncmp(line, "bpf", 3) != 0)))
		return false;
	if (info)
		buf_printf(out, "%.*s - bpf bpf %s", (int)(is - line), line, is + strlen(text));
	else
		buf_printf(out, "bpf %s bpf %s", place, is + strlen(text));
	return true;
}

/* "source place type …" of mounts, "id parent dev root place … - type source …" of mountinfo. */
static void put_line(struct buf *out, const char *line, bool info)
{
	char place[512], text[64];
	const char *type;

	if (sscanf(line, info ? "%*s %*s %*s %*s %511s" : "%*s %511s", place) != 1)
		place[0] = '\0';
	if (!strncmp(place, "/proc/sys/", 10) || put_bpffs(out, line, place, info))
		return; /* the former is one of ours (sysctls.h): Linux has nothing there */
	for (u32 i = 0; i < ARRAY_SIZE(renamed); i++) {
		const struct renamed *r = &renamed[i];

		if (strcmp(place, r->place))
			continue;
		snprintf(text, sizeof(text), info ? " - tmpfs %s " : "%s %s tmpfs ", r->type,
			 place);
		type = strstr(line, text);
		if (type && info)
			buf_printf(out, "%.*s - %s %s", (int)(type - line), line, r->type,
				   type + strlen(" - tmpfs "));
		else if (type == line)
			buf_printf(out, "%s %s %s %s", r->type, place, r->type,
				   line + strlen(text));
		else
			continue;
		return;
	}
	buf_puts(out, line);
}

static long open_mounts(struct caller *c, int pid, const char *name)
{
	struct buf text = { 0 };
	char path[64], *line = NULL;
	size_t room = 0;
	long ret;
	FILE *f;

	notify_release(c);
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	f = fopen(path, "re");
	if (!f)
		return PASS; /* the kernel says why */
	while (getline(&line, &room, f) > 0)
		put_line(&text, line, !strcmp(name, "mountinfo"));
	free(line);
	fclose(f);
	ret = buf_error(&text) ?: give_text(c, name, &text);
	buf_done(&text);
	return ret;
}

/* The name below /proc/PID, /proc/self or /proc/thread-self, or NULL. */
static const char *of_process(const struct caller *c, const char *path, int *pid)
{
	int n = 0;

	if (sscanf(path, "/proc/%d%n", pid, &n) == 1)
		return path[n] == '/' ? path + n + 1 : NULL;
	*pid = (int)c->call->pid;
	if (!strncmp(path, "/proc/self/", 11))
		return path + 11;
	return strncmp(path, "/proc/thread-self/", 18) ? NULL : path + 18;
}

long proc_files_open(struct caller *c, const char *path)
{
	const char *name;
	int pid = (int)c->call->pid;

	if (!strcmp(path, "/proc/kallsyms"))
		return kallsyms_open(c);
	name = strcmp(path, "/proc/mounts") ? of_process(c, path, &pid) : "mounts";
	if (!name)
		return PASS;
	if (c->sup->world.mounts && (!strcmp(name, "mounts") || !strcmp(name, "mountinfo")))
		return open_mounts(c, pid, name);
	return procfd_open(c, path);
}
