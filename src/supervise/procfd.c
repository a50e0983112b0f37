/* See procfd.h. */
#include "supervise/procfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "supervise/filter.h"
#include "supervise/text_file.h"
#include "syscall/fdinfo.h"

struct proc_name {
	int pid, fd;
	char what[8]; /* "fd" or "fdinfo" */
};

/* Is path /proc/PID/fd/N or /proc/PID/fdinfo/N? PID: also self, thread-self, N/task/N. */
static bool parse(const struct caller *c, const char *path, struct proc_name *out)
{
	const char *p = path;
	int n = 0;

	if (strncmp(p, "/proc/", 6))
		return false;
	p += 6;
	if (sscanf(p, "%d%n", &out->pid, &n) == 1) {
		p += n;
	} else {
		out->pid = (int)c->call->pid;
		n = !strncmp(p, "self/", 5) ? 4 : !strncmp(p, "thread-self/", 12) ? 11 : 0;
		if (!n)
			return false;
		p += n;
	}
	if (sscanf(p, "/task/%d%n", &out->pid, &n) == 1)
		p += n;
	n = 0;
	return sscanf(p, "/%7[a-z]/%d%n", out->what, &out->fd, &n) == 2 && !p[n];
}

/* The object behind the name, NULL: none of ours, or not that kind of name. */
static struct object *find(const struct caller *c, const char *path, const char *what,
			   struct proc_name *name)
{
	struct stat st;
	char fd[48];

	if (!parse(c, path, name) || strcmp(name->what, what))
		return NULL;
	snprintf(fd, sizeof(fd), "/proc/%d/fd/%d", name->pid, name->fd);
	if (stat(fd, &st) < 0 || !caller_alive(c))
		return NULL;
	return files_find(&c->client.skep->files, &(struct file_id){ st.st_dev, st.st_ino });
}

/* What the kernel says of the memfd is right for all files, but for one flag that anonymous inodes lack. */
static void put_common(const struct proc_name *name, struct buf *out)
{
	char path[48], line[128];
	u32 flags;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", name->pid, name->fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "flags: %o", &flags) == 1)
			buf_printf(out, "flags:\t0%o\n",
				   flags & ~0100000u /* the kernel's O_LARGEFILE */);
		else if (!strncmp(line, "pos:", 4) || !strncmp(line, "mnt_id:", 7) ||
			 !strncmp(line, "ino:", 4))
			buf_puts(out, line);
	if (f)
		fclose(f);
}

long procfd_open(struct caller *c, const char *path)
{
	struct proc_name name;
	struct object *o = find(c, path, "fdinfo", &name);
	struct buf text = { 0 };
	long ret;

	if (!o)
		return PASS;
	put_common(&name, &text);
	object_fdinfo(o, &text);
	object_unref(o);
	ret = buf_error(&text) ?: give_text(c, "fdinfo", &text);
	buf_done(&text);
	return ret;
}

long procfd_readlink(struct caller *c, const char *path, u64 buf, u64 size)
{
	struct proc_name name;
	struct object *o = find(c, path, "fd", &name);
	const char *text;
	int err;

	if (!o)
		return PASS;
	text = object_link_text(o);
	size = MIN(size, strlen(text));
	err = client_write(&c->client, buf, text, size);
	object_unref(o);
	return err ?: (long)size;
}
